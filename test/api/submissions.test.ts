import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseFileName } from '../../shared/ingest/file-name.ts'
import { formats } from '../../shared/ingest/formats/registry.ts'
import { type ApiHome, NOW, openApiHome, principalOf, type Sent } from './home.ts'

const corpus = new URL('../ingest/format-corpus/', import.meta.url)
const files = readdirSync(corpus).filter((name) => name.startsWith('penalties'))
const agency = principalOf.agency

let api: ApiHome
beforeAll(async () => {
  api = await openApiHome()
})
afterAll(() => api.close())

type File = { readonly id: string; readonly type: string; readonly body: Uint8Array | string }

function sendFile({ id, type, body }: File, headers: Sent['headers'] = {}) {
  const query = new URLSearchParams({ submissionId: id, layout: 'penalty-2018', sentAt: NOW })
  const content = typeof body === 'string' ? body : new Uint8Array(body)
  return api.send({
    ...{ method: 'POST', path: `/v1/submissions?${query}`, as: agency },
    headers: { 'content-type': type, ...headers },
    body: content,
  })
}

function readReceipt(id: string, query = '') {
  return api.send({ path: `/v1/receipts/${agency}/${id}${query}`, as: agency })
}

describe('a file', () => {
  test.each(files)(
    'is received as what it is, under its own content type or one that says nothing: %s',
    async (name) => {
      const told = formats.find((format) => format.name === parseFileName(name)?.format)
      const body = readFileSync(new URL(name, corpus))
      const sent = [
        ...(told?.mediaTypes ?? []).map((type) => ({ type, body })),
        { type: 'application/octet-stream', body },
        { type: 'application/gzip', body: gzipSync(body) },
      ]
      for (const [at, each] of sent.entries()) {
        const id = `${name}-${at}`
        expect(await sendFile({ id, ...each })).toMatchObject({ status: 202, body: { status: 'received' } })
        await api.work()
        const { body: answer } = await readReceipt(id)
        expect(answer).toMatchObject({
          status: 'applied',
          receipt: { received: 51, accepted: 48, refused: 3 },
        })
      }
    },
  )

  test('of JSON is an envelope unless its head is in the query', async () => {
    const path = '/v1/submissions'
    const body = readFileSync(new URL('penalties.json', corpus), 'utf8')
    const headers = { 'content-type': 'application/json' }
    const answer = await api.send({ method: 'POST', path, as: agency, headers, body })
    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_MALFORMED' } })
  })

  test('may be larger than what is held whole, and not larger than a file may be', async () => {
    const body = readFileSync(new URL('penalties.csv', corpus))
    const file = (id: string) => ({ id, type: 'text/csv', body })
    const large = { 'content-length': String(2 * 2 ** 30) }
    expect((await sendFile(file('large'), large)).status).toBe(202)
    const tooLarge = { 'content-length': String(8 * 2 ** 30 + 1) }
    expect(await sendFile(file('too-large'), tooLarge)).toMatchObject({
      status: 413,
      body: { code: 'BODY_TOO_LARGE' },
    })
    expect((await readReceipt('too-large')).status).toBe(404)
  })

  test('that cannot be read has a receipt that says where', async () => {
    await sendFile({ id: 'torn', type: 'text/csv', body: 'a,b\r\n1,"2"x\r\n' })
    await api.work()
    const refusal = { code: 'CSV_MALFORMED', path: '/rows/1/columns/1', reason: expect.any(String) }
    expect((await readReceipt('torn')).body).toMatchObject({ receipt: { refusal }, records: [] })
  })
})

describe('the outcomes of more records than a page holds', () => {
  const count = 20_001

  beforeAll(async () => {
    // Every thousandth is no record
    const lines = Array.from({ length: count }, (_, at) => (at % 1_000 === 0 ? 'x' : '{"CF_CFLB":"罚款"}'))
    await sendFile({ id: 'many', type: 'application/x-ndjson', body: lines.join('\n') })
    await api.work()
  })

  test('come page by page', async () => {
    const indexes: number[] = []
    for (let next: unknown = 0; next !== undefined; ) {
      const { body } = await readReceipt('many', `?from=${next}`)
      const records = body['records'] as readonly { readonly index: number }[]
      expect(records.length).toBeLessThanOrEqual(10_000)
      indexes.push(...records.map(({ index }) => index))
      next = body['next']
    }
    expect(indexes).toEqual(Array.from({ length: count }, (_, at) => at))
  })

  test('come by one outcome alone where that is asked for', async () => {
    const { body } = await readReceipt('many', '?outcome=accepted')
    expect(body).toMatchObject({ receipt: { refused: count }, records: [] })
    const refused = (await readReceipt('many', '?outcome=refused&from=20000')).body
    expect(refused['records']).toMatchObject([
      { index: 20_000, code: 'ROW_NOT_JSON', path: '/records/20000' },
    ])
    expect(refused).not.toHaveProperty('next')
  })

  test.each(['?from=-1', '?from=x', '?from=1.5', '?outcome=lost'])(
    'are not asked for by %s',
    async (query) => {
      expect(await readReceipt('many', query)).toMatchObject({
        status: 400,
        body: { code: 'REQUEST_MALFORMED' },
      })
    },
  )
})

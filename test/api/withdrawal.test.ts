import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instantOf } from '../../shared/base/instant.ts'
import { literal, withEngine } from '../../shared/datasets/engine.ts'
import { type ApiHome, NOW, openApiHome, organisation } from './home.ts'

let api: ApiHome
let sent = 0
beforeAll(async () => {
  api = await openApiHome()
  await send('registration', { uni_social_crd_cd: organisation, comp_nm: '合成样本有限公司' })
})
afterAll(() => api.close())

const penaltyOf = (number: string) => ({
  CF_XDR_MC: '合成样本有限公司',
  CF_XDR_SHXYM: organisation,
  CF_WSH: number,
  CF_CFLB: '责令停产停业',
  CF_SY: '合成事实',
  CF_JDRQ: '2026-07-01',
  CF_CFJG: '示例市生态环境局',
})

const noticeOf = (number: string) => ({
  comp_nm: '合成样本有限公司',
  uni_social_crd_cd: organisation,
  record_type: '行政处罚',
  doc_no: number.replace('〔2026〕', '[2026]'),
  original_org: '示例市生态环境局',
})

type From = { readonly as?: string; readonly minutesEarlier?: number }

/** Sends one record, a minute after the one before unless said. */
async function send(layout: string, record: object, from: From = {}): Promise<void> {
  const { as = 'demo-market-regulator', minutesEarlier = 0 } = from
  const submissionId = `w-${++sent}`
  const sentAt = instantOf(Date.parse(NOW) - (100 - sent + minutesEarlier) * 60_000)
  const json = { schemaVersion: '1', submissionId, layout, sentAt, records: [record] }
  const answer = await api.send({ method: 'POST', path: '/v1/submissions', as, json })
  expect(answer.status).toBe(202)
  await api.work()
  const receipt = await api.send({ path: `/v1/receipts/${as}/${submissionId}`, as })
  expect(receipt.body).toMatchObject({ receipt: { accepted: 1 } })
}

/** All that anybody is told of the organisation, and whether that makes another version. */
async function told(): Promise<{
  readonly answer: string
  readonly outcome: unknown
  readonly rows: string
}> {
  const answer = await api.send({ path: `/v1/organisations/${organisation}?provenance=true`, as: 'analyst' })
  const path = '/v1/datasets/organisations/versions'
  const version = await api.send({ method: 'POST', path, as: 'steward', json: {} })
  const { body } = await api.send({ path: `${path}/latest/files`, as: 'analyst' })
  const [file] = body['files'] as readonly { readonly link: string }[]
  const local = literal(fileURLToPath(file?.link ?? ''))
  const rows = await withEngine((engine) => engine.query(`SELECT * FROM read_parquet(${local})`))
  return { answer: answer.text, outcome: version.body['outcome'], rows: JSON.stringify(rows) }
}

describe.each(['withdrawal', 'credit-repair', 'correction'])('a penalty that a %s names', (layout) => {
  const number = `示罚〔2026〕${layout.length}号`
  const [penalty, notice] = [penaltyOf(number), noticeOf(number)]

  test('is in no answer and no later version, until it is stated again later', async () => {
    await send('penalty-2018', penalty)
    const before = await told()
    expect(before).toMatchObject({
      answer: expect.stringContaining(number),
      rows: expect.stringContaining(number),
      outcome: 'published',
    })
    await send(layout, notice)
    const after = await told()
    expect(after.outcome).toBe('published')
    expect(after.answer + after.rows).not.toContain(number)
    await send('penalty-2018', { ...penalty, BZ: 'an older file that comes late' }, { minutesEarlier: 30 })
    const late = await told()
    expect(late.outcome).toBe('unchanged')
    expect(late.answer).not.toContain(number)
    await send('penalty-2018', penalty)
    const again = (await told()).answer
    if (layout === 'credit-repair') expect(again).not.toContain(number)
    else expect(again).toContain(number)
    await send('penalty-2018', { ...penalty, CF_JDRQ: '2026-07-02' })
    const changed = (await told()).answer
    if (layout !== 'credit-repair') return expect(changed).toContain(number)
    expect(changed).not.toContain(number)
    await send('correction', notice)
    await send('penalty-2018', penalty)
    expect((await told()).answer).toContain(number)
  })

  test('is gone where another authority passed it on before', async () => {
    await send('penalty-2018', { ...penalty, CF_JDRQ: '2026-07-03' })
    await send('penalty-2018', penalty, { as: 'demo-environment-bureau' })
    await send(layout, notice)
    expect((await told()).answer).not.toContain(number)
  })
})

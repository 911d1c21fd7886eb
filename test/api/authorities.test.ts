import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Statement, signStatement } from '../../shared/authorities/signature.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { contentSha256 } from '../../shared/ingest/envelope.ts'
import { makeKeyPair } from '../authorities/keys.ts'
import { type ApiHome, caseRequest, NOW, openApiHome, submission } from './home.ts'

const AGENCY = 'demo-market-regulator'
const PATH = `/v1/authorities/${AGENCY}`
const own = await makeKeyPair()
const reason = 'Its machine was broken into'

let api: ApiHome
beforeAll(async () => {
  api = await openApiHome()
})
afterAll(() => api.close())

const post = (step: string, json?: object) =>
  api.send({ method: 'POST', path: `${PATH}/${step}`, as: 'operator', ...(json && { json }) })

describe('a suspended authority', () => {
  beforeAll(async () => {
    await api.send(submission(AGENCY, 'before'))
    await api.send(caseRequest(AGENCY, 'before-1'))
    await api.work()
    expect(await post('suspension', { reason })).toMatchObject({ status: 200 })
  })
  afterAll(async () => {
    expect(await post('resumption')).toMatchObject({ status: 200, body: { status: 'active' } })
    expect(await api.send(submission(AGENCY, 'during'))).toMatchObject({ status: 202 })
  })

  test('is told of as that, with why and by whom', async () => {
    const { text } = await api.send({ path: '/v1/authorities', as: 'auditor' })
    const listed = JSON.parse(text) as readonly { code: string }[]
    expect(listed.find(({ code }) => code === AGENCY)).toMatchObject({
      status: 'suspended',
      suspension: { since: NOW, reason, by: 'operator' },
    })
  })

  test('sends nothing new, and is told why', async () => {
    const answer = await api.send(submission(AGENCY, 'during'))
    expect(answer).toMatchObject({ status: 403, body: { code: 'AUTHORITY_SUSPENDED' } })
    await api.work()
    const path = `/v1/receipts/${AGENCY}/during`
    expect(await api.send({ path, as: AGENCY })).toMatchObject({ status: 404 })
  })

  test('sends no file either', async () => {
    const query = new URLSearchParams({ submissionId: 'file', layout: 'penalty-2018', sentAt: NOW })
    const headers = { 'content-type': 'text/csv' }
    const path = `/v1/submissions?${query}`
    const answer = await api.send({ method: 'POST', path, as: AGENCY, headers, body: 'x' })
    expect(answer).toMatchObject({ status: 403, body: { code: 'AUTHORITY_SUSPENDED' } })
  })

  test('asks for nothing new; what it sent and asked before stands', async () => {
    expect(await api.send(caseRequest(AGENCY, 'during-1'))).toMatchObject({
      status: 403,
      body: { code: 'AUTHORITY_SUSPENDED' },
    })
    expect(await api.send(caseRequest(AGENCY, 'before-1'))).toMatchObject({ status: 200 })
    const path = `/v1/receipts/${AGENCY}/before`
    expect(await api.send({ path, as: AGENCY })).toMatchObject({ status: 200, body: { status: 'applied' } })
  })

  test('is none of the others', async () => {
    expect(await api.send(submission('demo-public-security', 'other'))).toMatchObject({ status: 202 })
  })
})

describe('what is wrong with an order is told', () => {
  test.each([
    ['a reason with somebody’s number', 'suspension', { reason: 'ask 13900000000 about it' }, 400, '/reason'],
    ['no reason', 'suspension', { reason: '  x ' }, 400, '/reason'],
    ['a private key', 'keys', { jwk: { ...own.publicJwk, d: 'A'.repeat(43) } }, 400, '/jwk'],
    ['a key of another curve', 'keys', { jwk: { ...own.publicJwk, crv: 'X25519' } }, 400, '/jwk/crv'],
    [
      'a moment without an offset',
      'keys',
      { jwk: own.publicJwk, notBefore: '2026-01-01' },
      400,
      '/notBefore',
    ],
  ])('%s', async (_, step, json, status, path) => {
    const answer = await post(step, json)
    expect(answer).toMatchObject({ status, body: { code: 'REQUEST_MALFORMED', path } })
    expect(answer.text).not.toMatch(/13900000000|AAAA/)
  })

  test('an authority that there is not', async () => {
    const path = '/v1/authorities/nobody/resumption'
    expect(await api.send({ method: 'POST', path, as: 'operator' })).toMatchObject({
      status: 404,
      body: { code: 'AUTHORITY_UNKNOWN' },
    })
  })
})

describe('a signed file', () => {
  const body = 'comp_nm,uni_social_crd_cd\n'
  const head = { submissionId: 'signed', layout: 'registration', sentAt: NOW }
  const statement: Statement = {
    ...{ schemaVersion: '1', authority: AGENCY, ...head },
    sha256: contentSha256('registration', sha256(body)),
  }

  async function send(content: string, signature: string) {
    const headers = { 'content-type': 'text/csv', 'submission-signature': signature }
    const path = `/v1/submissions?${new URLSearchParams(head)}`
    return api.send({ method: 'POST', path, as: AGENCY, headers, body: content })
  }

  test('is received once the key is known, with its signature in a header', async () => {
    const signature = await signStatement(statement, own.privateJwk)
    expect(await send(body, signature)).toMatchObject({
      status: 422,
      body: { code: 'SIGNATURE_KEY_UNKNOWN', path: '/signature' },
    })
    expect(await post('keys', { jwk: own.publicJwk })).toMatchObject({
      status: 200,
      body: { keys: [{ jwk: own.publicJwk, notBefore: NOW }] },
    })
    expect(await send(`${body}x`, signature)).toMatchObject({
      status: 422,
      body: { code: 'SIGNATURE_REBOUND' },
    })
    expect(await send(body, signature)).toMatchObject({ status: 202 })
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHome, caseRequest, HELD_SUBMISSION, type Held, openHeldHome, submission } from './home.ts'

const own = 'demo-market-regulator'
const other = 'demo-environment-bureau'

let api: ApiHome & { readonly held: Held }
beforeAll(async () => {
  api = await openHeldHome()
})
afterAll(() => api.close())

const bodyOf = async (path: string, as: string) => (await api.send({ path, as })).body

describe('what one authority has is, to another,', () => {
  test('a receipt that may not be read, there or not: the same answer, byte for byte', async () => {
    const path = (id: string) => `/v1/receipts/${own}/${id}`
    expect(await api.send({ path: path(HELD_SUBMISSION), as: own })).toMatchObject({ status: 200 })
    const theirs = await api.send({ path: path(HELD_SUBMISSION), as: other })
    const nothing = await api.send({ path: path('never-sent'), as: other })
    expect(theirs).toMatchObject({ status: 403, text: nothing.text })
  })

  test('a case that does not exist: the same answer, byte for byte', async () => {
    const { caseId } = api.held
    for (const end of ['', '/timeline']) {
      expect(await api.send({ path: `/v1/cases/${caseId}${end}`, as: own })).toMatchObject({ status: 200 })
      const theirs = await api.send({ path: `/v1/cases/${caseId}${end}`, as: other })
      const nothing = await api.send({ path: `/v1/cases/${'0'.repeat(32)}${end}`, as: other })
      expect(theirs).toMatchObject({ status: 404, text: nothing.text })
    }
  })

  test.each(['download', 'withdraw'])('no case to %s', async (step) => {
    const path = `/v1/cases/${api.held.caseId}/${step}`
    const answer = await api.send({ method: 'POST', path, as: other, json: {} })
    expect(answer).toMatchObject({ status: 404, body: { code: 'CASE_NOT_FOUND' } })
    expect(await bodyOf(`/v1/cases/${api.held.caseId}`, own)).toMatchObject({ state: 'Submitted' })
  })

  test('no case in its list', async () => {
    expect(JSON.stringify(await bodyOf('/v1/cases', own))).toContain(api.held.caseId)
    expect(JSON.stringify(await bodyOf('/v1/cases', other))).not.toContain(api.held.caseId)
  })

  test('no name to send under, also where the sender says so', async () => {
    const sent = submission(other, 'in-their-name')
    const theirs = await api.send({ ...sent, path: `${sent.path}?authority=${own}` })
    expect(theirs).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
    expect(await api.send({ ...sent, path: `${sent.path}?authority=${other}` })).toMatchObject({
      status: 202,
    })
  })

  test('no hold on a submission id: both may use the same', async () => {
    await api.send(submission(other, HELD_SUBMISSION))
    await api.work()
    const receipt = (authority: string) => bodyOf(`/v1/receipts/${authority}/${HELD_SUBMISSION}`, authority)
    expect(await receipt(own)).toMatchObject({ receipt: { authority: own } })
    expect(await receipt(other)).toMatchObject({ receipt: { authority: other } })
  })

  test('no hold on an idempotency key: the same key opens a case of its own', async () => {
    const { status, body } = await api.send(caseRequest(other, 'held-case-1'))
    expect(status).toBe(201)
    expect(body['id']).not.toBe(api.held.caseId)
  })
})

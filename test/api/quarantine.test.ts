import { afterAll, beforeAll, expect, test } from 'vitest'
import { rows } from '../ingest/sample.ts'
import { type ApiHome, NOW, openApiHome, principalOf, recordsSent } from './home.ts'

const OWN = principalOf.agency
const OTHER = 'demo-environment-bureau'

let api: ApiHome
/** More records to mend than a page has, of one authority, and one of another. */
beforeAll(async () => {
  api = await openApiHome()
  const nameless = (at: number) => ({ comp_nm: '', uni_social_crd_cd: '', row: at })
  const records = Array.from({ length: 1_500 }, (_, at) => nameless(at))
  const own = { as: OWN, submissionId: 's1', layout: 'registration', records }
  expect(await api.send(recordsSent(own))).toMatchObject({ status: 202 })
  const other = { as: OTHER, submissionId: 's1', layout: 'penalty-2018', records: [{ CF_XDR_MC: '' }] }
  expect(await api.send(recordsSent(other))).toMatchObject({ status: 202 })
  await api.work()
})
afterAll(() => api.close())

async function list(as: string, query = ''): Promise<{ records: readonly object[]; next?: string }> {
  const answer = await api.send({ path: `/v1/quarantine${query}`, as })
  expect(answer.status).toBe(200)
  return answer.body as { records: readonly object[]; next?: string }
}

test('is read page by page, each record once', async () => {
  const first = await list(OWN)
  expect(first).toMatchObject({ next: `${OWN}/s1/1000` })
  const second = await list(OWN, `?from=${first.next}`)
  expect(second.next).toBeUndefined()
  const places = [...first.records, ...second.records].map((each) => (each as { index: number }).index)
  expect(places).toEqual(Array.from({ length: 1_500 }, (_, at) => at))
})

test('an agency sees its own alone, whatever it asks for', async () => {
  expect(await list(OTHER)).toMatchObject({ records: [{ authority: OTHER, index: 0 }] })
  for (const path of [`/v1/quarantine?authority=${OWN}`, `/v1/quarantine/summary?authority=${OWN}`])
    expect(await api.send({ path, as: OTHER })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
  const { records } = await list(OTHER, `?from=${OWN}/s1/0`)
  for (const record of records) expect(record).toMatchObject({ authority: OTHER })
})

test.each(['steward', 'auditor'] as const)('the %s sees those of all, or of one', async (role) => {
  const as = principalOf[role]
  expect(await api.send({ path: '/v1/quarantine/summary', as })).toMatchObject({
    status: 200,
    body: {
      reasons: [
        { authority: OTHER, open: 1 },
        { authority: OWN, open: 1_500 },
      ],
    },
  })
  expect((await list(as, `?authority=${OTHER}`)).records).toHaveLength(1)
  expect((await list(as, `?authority=${OTHER}&state=lapsed`)).records).toHaveLength(0)
})

function mend(submissionId: string, query: string) {
  const sentAt = encodeURIComponent(NOW)
  return api.send({
    ...{ method: 'POST', as: OTHER, headers: { 'content-type': 'text/csv' }, body: 'CF_XDR_MC\r\nx\r\n' },
    path: `/v1/submissions?submissionId=${submissionId}&layout=penalty-2018&sentAt=${sentAt}${query}`,
  })
}

test.each(['', ',', '0,', ',0', '0,,0', '0x10', ' 0', '00', '-1', '1e3', '1.5', 'all', '9999999999'])(
  'of a file that mends records, the places %j are none, and nothing is received',
  async (places) => {
    expect(await mend('m1', `&mends=s1&places=${encodeURIComponent(places)}`)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_MALFORMED', path: '/mends/places' },
    })
  },
)

test('places without the submission that they are of are not passed over', async () => {
  expect(await mend('m1', '&places=0')).toMatchObject({ status: 400, body: { path: '/mends/submissionId' } })
})

test('a file that mends records by their places is received', async () => {
  expect(await mend('m2', '&mends=s1&places=0')).toMatchObject({ status: 202 })
})

test('the same content under the same id for another submission is turned away', async () => {
  const [records, layout] = [[rows['penalty-2018']], 'penalty-2018']
  const { json, ...sent } = recordsSent({ as: OTHER, submissionId: 'm3', layout, records })
  const send = (mends?: object) => api.send({ ...sent, json: { ...(json as object), mends } })
  expect(await send({ submissionId: 's1', places: [0] })).toMatchObject({ status: 202 })
  await api.work()
  expect(await send({ submissionId: 's1', places: [0] })).toMatchObject({ status: 200 })
  for (const other of [{ submissionId: 's1', places: [1] }, { submissionId: 's0', places: [0] }, undefined])
    expect(await send(other)).toMatchObject({ status: 409, body: { code: 'SUBMISSION_ID_REUSED' } })
})

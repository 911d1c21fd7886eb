import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stagesOf } from '../../bin/home-session.ts'
import { createApi } from '../../shared/api/app.ts'
import { problemSchema } from '../../shared/api/problem.ts'
import { Failure } from '../../shared/base/failure.ts'
import { refusalReasons } from '../../shared/ingest/refusal.ts'
import type { Objects } from '../../shared/ports.ts'
import { codeOf } from '../datasets/home.ts'
import {
  type Answer,
  type ApiHome,
  answerOf,
  caseRequest,
  HELD_SUBMISSION,
  type Held,
  NOW,
  openHeldHome,
  organisation,
  requestOf,
  type Sent,
} from './home.ts'

let api: ApiHome & { readonly held: Held }

beforeAll(async () => {
  api = await openHeldHome()
})

afterAll(() => api.close())

const agency = 'demo-market-regulator'
const held = (path: string) => path.replace(':held', api.held.caseId)
const json = { 'content-type': 'application/json' }
const text = { 'content-type': 'text/plain' }
const post = (as: string, path: string, body: Partial<Sent>): Sent => ({ method: 'POST', as, path, ...body })
const envelope = (changes: object) => ({
  ...{ schemaVersion: '1', submissionId: 'p-1', layout: 'registration', sentAt: NOW, records: [{}] },
  ...changes,
})
const deep = JSON.parse('['.repeat(40) + ']'.repeat(40))
const digest = 'a'.repeat(64)
const MALFORMED = 'REQUEST_MALFORMED'

type Row = readonly [title: string, sent: Sent, status: number, code: string, path?: string | undefined]

// biome-ignore format: a table reads by rows
const bodies: readonly Row[] = [
  ['a submission that is no JSON', post(agency, '/v1/submissions', { headers: json, body: '{"records' }), 400, 'BODY_NOT_JSON'],
  ['a case that is no JSON', post(agency, '/v1/cases', { headers: json, body: '{"fields' }), 400, 'BODY_NOT_JSON'],
  ['a command that is no JSON', post('officer-one', '/v1/cases/:held/approve', { headers: json, body: 'approve' }), 400, 'BODY_NOT_JSON'],
  ['a JSON body of no bytes', post('steward', '/v1/datasets/organisations/versions', { headers: json, body: '' }), 400, 'BODY_NOT_JSON'],
  ['a submission of an unknown content type', post(agency, '/v1/submissions', { headers: text, body: 'x' }), 415, 'CONTENT_TYPE_UNKNOWN'],
  ['a submission of a content type named as what objects inherit', post(agency, '/v1/submissions?submissionId=p-2&layout=registration&sentAt=2026-01-01T00:00:00Z', { headers: { 'content-type': 'constructor' }, body: 'x' }), 415, 'CONTENT_TYPE_UNKNOWN'],
  ['a case of an unknown content type', post(agency, '/v1/cases', { headers: text, body: '{}' }), 415, 'CONTENT_TYPE_UNKNOWN'],
  ['a command sent as a form', post('officer-one', '/v1/cases/:held/release', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' }), 415, 'CONTENT_TYPE_UNKNOWN'],
  ['a body larger than one request may be', post(agency, '/v1/submissions', { headers: { ...json, 'content-length': '268435457' }, body: '{}' }), 413, 'BODY_TOO_LARGE'],
  ['JSON that is no object', post(agency, '/v1/submissions', { json: null }), 400, MALFORMED],
  ['an array in the place of an object', post('steward', '/v1/datasets/organisations/versions', { json: [] }), 400, MALFORMED],
  ['a member that is not described', post('steward', '/v1/datasets/organisations/versions', { json: { forced: true } }), 400, MALFORMED],
  ['a member of the wrong type', post('steward', '/v1/datasets/organisations/versions', { json: { force: 'yes' } }), 400, MALFORMED, '/force'],
  ['a member that is missing', post('officer-one', '/v1/cases/:held/approve', { json: {} }), 400, MALFORMED, '/scopeSha256'],
  ['an element of the wrong type', post('officer-one', '/v1/cases/:held/narrow', { json: { scopeSha256: digest, reason: 'r', narrowing: { fields: ['name', 1] } } }), 400, MALFORMED, '/narrowing/fields/1'],
  ['a day that does not exist', post('officer-one', '/v1/cases/:held/narrow', { json: { scopeSha256: digest, reason: 'r', narrowing: { window: { from: '2026-02-30', to: '2026-03-01' } } } }), 400, MALFORMED, '/narrowing/window/from'],
  ['a ground that is not in the table', post('officer-one', '/v1/cases/:held/refuse', { json: { code: 'RC-NONE', reason: 'r' } }), 400, MALFORMED, '/code'],
  ['a reason of nothing but blanks', post('officer-one', '/v1/cases/:held/refuse', { json: { code: 'RC-SCOPE', reason: '  ' } }), 400, MALFORMED, '/reason'],
  ['a case without its members', post(agency, '/v1/cases', { json: {} }), 400, MALFORMED, '/organisations'],
  ['a text with a lone surrogate', post(agency, '/v1/cases', { json: { ...(caseRequest(agency, 'surrogate-1').json as object), purpose: `\ud800${'a'.repeat(20)}` } }), 400, MALFORMED],
  ['a case nested too deep', post(agency, '/v1/cases', { json: { fields: deep } }), 400, MALFORMED],
  ['a record nested too deep', post(agency, '/v1/submissions', { json: envelope({ records: [deep] }) }), 400, MALFORMED, '/records'],
  ['an envelope with a broken time', post(agency, '/v1/submissions', { json: envelope({ sentAt: 'today' }) }), 400, MALFORMED, '/sentAt'],
  ['an envelope with an id of the wrong form', post(agency, '/v1/submissions', { json: envelope({ submissionId: '/' }) }), 400, MALFORMED, '/submissionId'],
  ['a file without its head', post(agency, '/v1/submissions', { headers: { 'content-type': 'text/csv' }, body: 'a,b' }), 400, MALFORMED, '/submissionId'],
  ['a role there is not', post('operator', '/v1/principals', { json: { name: 'somebody', role: 'owner' } }), 400, MALFORMED, '/role'],
  ['a name with a mobile number after letters', post('operator', '/v1/principals', { json: { name: 'tel13900000000', role: 'auditor' } }), 400, MALFORMED, '/name'],
  ['a name of the form of a resident ID', post('operator', '/v1/principals', { json: { name: 'p999999.19700101.0011', role: 'auditor' } }), 400, MALFORMED, '/name'],
  ['an agency without an authority', post('operator', '/v1/principals', { json: { name: 'somebody', role: 'agency' } }), 400, MALFORMED, '/authority'],
]

// biome-ignore format: a table reads by rows
const places: readonly Row[] = [
  ['a route there is not', { path: '/v1/scores', as: 'analyst' }, 404, 'NOT_FOUND'],
  ['a path outside the API', { path: '/admin' }, 404, 'NOT_FOUND'],
  ['a route with a slash too many', { path: '/v1/cases/', as: 'auditor' }, 404, 'NOT_FOUND'],
  ['a method the route does not take', { method: 'DELETE', path: '/v1/cases', as: 'officer-one' }, 404, 'NOT_FOUND'],
  ['another method the route does not take', { method: 'PUT', path: `/v1/organisations/${organisation}`, as: 'steward' }, 404, 'NOT_FOUND'],
  ['a limit that is no number', { path: '/v1/cases?limit=all', as: 'auditor' }, 400, MALFORMED, '/limit'],
  ['a parameter given twice', { path: '/v1/cases?limit=1&limit=2', as: 'auditor' }, 400, MALFORMED, '/limit'],
  ['a choice there is not', { path: `/v1/organisations/${organisation}?provenance=maybe`, as: 'analyst' }, 400, MALFORMED, '/provenance'],
  ['a dataset there is not', { path: '/v1/datasets/people/versions', as: 'analyst' }, 400, MALFORMED, '/dataset'],
  ['a version that is no number', { path: '/v1/datasets/organisations/versions/newest/files', as: 'analyst' }, 400, MALFORMED, '/version'],
  ['a version before the first', { path: '/v1/datasets/organisations/versions/0/files', as: 'analyst' }, 400, MALFORMED, '/version'],
  ['a version there is not', { path: '/v1/datasets/organisations/versions/99/files', as: 'analyst' }, 404, 'NOT_FOUND'],
  ['a code with a wrong check character', { path: `/v1/organisations/${organisation.slice(0, 17)}A`, as: 'analyst' }, 400, 'USCC_INVALID', '/uscc'],
  ['a code that is broken percent encoding', { path: '/v1/organisations/%E0%A4%A', as: 'analyst' }, 400, 'USCC_INVALID', '/uscc'],
  ['an organisation that is not held', { path: `/v1/organisations/${codeOf(999)}`, as: 'analyst' }, 404, 'NOT_FOUND'],
  ['an individual business', { path: `/v1/organisations/${codeOf(1, '92')}`, as: 'analyst' }, 404, 'NOT_FOUND'],
  ['a receipt there is not', { path: `/v1/receipts/${agency}/never-sent`, as: 'auditor' }, 404, 'NOT_FOUND'],
  ['a receipt of an authority there is not', { path: '/v1/receipts/nobody/never-sent', as: 'auditor' }, 404, 'NOT_FOUND'],
  ['a case there is not', { path: `/v1/cases/${'0'.repeat(32)}`, as: 'auditor' }, 404, 'CASE_NOT_FOUND'],
  ['a case whose id has another form', { path: '/v1/cases/..%2Fledger', as: 'auditor' }, 404, 'CASE_NOT_FOUND'],
  ['the timeline of a case there is not', { path: `/v1/cases/${'0'.repeat(32)}/timeline`, as: 'auditor' }, 404, 'CASE_NOT_FOUND'],
  ['a step on a case there is not', post('officer-one', `/v1/cases/${'0'.repeat(32)}/release`, { json: {} }), 404, 'CASE_NOT_FOUND'],
  ['a principal there is not', post('operator', '/v1/principals/nobody/revocation', {}), 404, 'NOT_FOUND'],
]

// biome-ignore format: a table reads by rows
const contents: readonly Row[] = [
  ['other content under a submission id', post(agency, '/v1/submissions', { json: envelope({ submissionId: HELD_SUBMISSION }) }), 409, 'SUBMISSION_ID_REUSED', '/submissionId'],
  ['a submission sent ahead of our clock', post(agency, '/v1/submissions', { json: envelope({ submissionId: 'early-1', sentAt: '2999-01-01T00:00:00Z' }) }), 422, 'SENT_AT_IN_FUTURE', '/sentAt'],
  ['another request under an idempotency key', post(agency, '/v1/cases', { json: { ...(caseRequest(agency, 'held-case-1').json as object), fields: ['name'] } }), 409, 'IDEMPOTENCY_KEY_REUSED', '/idempotencyKey'],
  ['a name that stands for another principal', post('operator', '/v1/principals', { json: { name: 'steward', role: 'auditor' } }), 409, 'PRINCIPAL_NAME_TAKEN', '/name'],
  ['a principal of an unknown authority', post('operator', '/v1/principals', { json: { name: 'somebody', role: 'agency', authority: 'nobody' } }), 400, 'AUTHORITY_UNKNOWN', '/authority'],
  ['a replay of an unknown authority', post('operator', '/v1/ledger/replays', { json: { from: 0, authority: 'nobody' } }), 400, 'AUTHORITY_UNKNOWN', '/authority'],
  ['a case that names a pattern', post(agency, '/v1/cases', { json: { ...(caseRequest(agency, 'pattern-1').json as object), fields: ['name', '*'] } }), 422, 'SCOPE_WILDCARD', '/fields/1'],
  ['a case with half a key pair too many', post(agency, '/v1/cases', { json: { recipientKey: { d: 'x' } } }), 422, 'RECIPIENT_KEY_PRIVATE', '/recipientKey/d'],
  ['an approval of a scope that is not the case’s', post('officer-one', '/v1/cases/:held/approve', { json: { scopeSha256: digest } }), 422, 'SCOPE_CHANGED', '/scopeSha256'],
  ['a release before two approvals', post('officer-one', '/v1/cases/:held/release', { json: {} }), 409, 'NOT_APPROVED'],
  ['a download before the release', post(agency, '/v1/cases/:held/download', {}), 409, 'NOT_RELEASED'],
]

const tables = { 'a body': bodies, 'a place': places, 'a content': contents }

describe.each(Object.entries(tables))('%s that is not taken is answered with a problem:', (_, rows) => {
  for (const [title, sent, status, code, path] of rows) {
    test(title, async () => {
      const answer = await api.send({ ...sent, path: held(sent.path) })
      const told = { status: answer.status, code: answer.body['code'], path: answer.body['path'] }
      expect(told).toEqual({ status, code, path })
      // In the words of the receipt, where there is one: each code is explained once
      const reasons: Readonly<Record<string, string>> = refusalReasons
      if (code in reasons) expect(answer.body['title']).toBe(reasons[code])
      expectProblem(answer)
      expect(api.faults).toEqual([])
    })
  }
})

test('a receipt that is not there says that it may come, and when to ask again', async () => {
  const { headers, body } = await api.send({ path: `/v1/receipts/${agency}/never-sent`, as: agency })
  expect(headers.get('retry-after')).toBe('1')
  expect(body['detail']).toMatch(/once it is accepted/)
})

/** Problem details (RFC 9457), with nothing in them of how things are inside. */
function expectProblem({ status, headers, text, body }: Answer): void {
  expect(headers.get('content-type')).toBe('application/problem+json')
  const problem = problemSchema.strict().parse(body)
  expect(problem.status).toBe(status)
  expect(problem.type).toBe(`urn:credit-fusion:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`)
  // A sentence, not the code again
  expect(problem.title).toMatch(/ /)
  expect(text).not.toContain(api.home.directory)
  expect(text).not.toContain(process.cwd())
  expect(text).not.toMatch(/node_modules|\.ts\b|\bat [\w.<>]+ \(|Error\b|SQL/)
}

describe('a fault of ours', () => {
  const secret = 'what the request held'
  const quoting = () => new Error(`${secret} at /srv/home/store.sqlite`)

  test.each([
    ['one nobody foresaw says nothing of itself', quoting(), 500, 'INTERNAL', undefined],
    [
      'a lasting one says its code',
      new Failure('DISK_BROKEN', { retryable: false, facts: { path: secret }, cause: quoting() }),
      500,
      'INTERNAL',
      'DISK_BROKEN',
    ],
    [
      'a passing one asks to try again',
      new Failure('DISK_BUSY', { retryable: true, facts: { path: secret }, cause: quoting() }),
      503,
      'TEMPORARILY_UNAVAILABLE',
      'DISK_BUSY',
    ],
  ] as const)('%s', async (_title, fault, status, code, detail) => {
    const told: unknown[] = []
    const objects: Objects = { ...api.home.objects, find: () => Promise.reject(fault) }
    const broken = createApi({
      world: { ...api.home, objects },
      verifyToken: async () => 'analyst',
      stages: stagesOf(api.home),
      onFault: (each) => told.push(each),
    })
    const answer = await answerOf(await broken.request(requestOf({ path: '/v1/datasets' }, 'any')))
    expect(answer).toMatchObject({ status, body: { code } })
    expect(answer.body['detail']).toBe(detail)
    expect(answer.text).not.toContain(secret)
    expectProblem(answer)
    expect(told).toEqual([fault])
  })
})

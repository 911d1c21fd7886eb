import type { Role } from '../../shared/base/actor.ts'
import { organisation } from './home.ts'

const ID = '00000000-0000-4000-8000-000000000000'
const versions = '/v1/datasets/organisations/versions'

/** Each route there is, with a request of the right form and the roles that may make it; all others may not. */
const table = [
  ['POST', '/v1/submissions', '', ['agency'], {}],
  [
    'GET',
    '/v1/receipts/{authority}/{submissionId}',
    '/v1/receipts/demo-market-regulator/s1',
    ['agency', 'steward', 'auditor', 'operator'],
  ],
  [
    'GET',
    '/v1/organisations/{uscc}',
    `/v1/organisations/${organisation}`,
    ['dataset-user', 'compliance', 'steward', 'auditor'],
  ],
  ['GET', '/v1/datasets', '', ['dataset-user', 'compliance', 'steward', 'auditor', 'operator']],
  [
    'GET',
    '/v1/datasets/{dataset}/versions',
    versions,
    ['dataset-user', 'compliance', 'steward', 'auditor', 'operator'],
  ],
  [
    'GET',
    '/v1/datasets/{dataset}/versions/{version}/files',
    `${versions}/latest/files`,
    ['dataset-user', 'compliance', 'steward', 'auditor', 'operator'],
  ],
  [
    'GET',
    '/v1/datasets/{dataset}/versions/{version}/manifest',
    `${versions}/latest/manifest`,
    ['dataset-user', 'compliance', 'steward', 'auditor', 'operator'],
  ],
  [
    'GET',
    '/v1/datasets/{dataset}/versions/{version}/quality',
    `${versions}/latest/quality`,
    ['dataset-user', 'compliance', 'steward', 'auditor', 'operator'],
  ],
  ['GET', '/v1/signing-key', '', ['agency', 'dataset-user', 'compliance', 'steward', 'auditor', 'operator']],
  ['POST', '/v1/datasets/{dataset}/versions', versions, ['steward', 'operator'], {}],
  [
    'GET',
    '/v1/datasets/{dataset}/publications/{commitId}',
    `/v1/datasets/organisations/publications/${ID}`,
    ['steward', 'operator'],
  ],
  [
    'GET',
    '/v1/receipts/{authority}/{submissionId}/evidence',
    '/v1/receipts/demo-market-regulator/s1/evidence',
    ['agency', 'steward', 'auditor', 'operator'],
  ],
  ['GET', '/v1/ledger/entries/{entryId}', `/v1/ledger/entries/${ID}`, ['auditor', 'operator']],
  [
    'POST',
    '/v1/ledger/entries/{entryId}/erasure',
    `/v1/ledger/entries/${ID}/erasure`,
    ['operator'],
    { reason: 'An objection was upheld' },
  ],
  ['GET', '/v1/quarantine', '', ['agency', 'steward', 'auditor']],
  ['GET', '/v1/quarantine/summary', '', ['agency', 'steward', 'auditor']],
  ['POST', '/v1/ledger/replays', '', ['operator'], { from: 0 }],
  ['POST', '/v1/cases', '', ['agency'], {}],
  ['GET', '/v1/cases/{caseId}/evidence', `/v1/cases/${ID}/evidence`, ['compliance', 'auditor']],
  ['GET', '/v1/cases', '', ['agency', 'compliance', 'auditor']],
  ['GET', '/v1/cases/{caseId}', `/v1/cases/${ID}`, ['agency', 'compliance', 'auditor']],
  ['GET', '/v1/cases/{caseId}/timeline', `/v1/cases/${ID}/timeline`, ['agency', 'compliance', 'auditor']],
  ['POST', '/v1/cases/{caseId}/download', `/v1/cases/${ID}/download`, ['agency']],
  // An agency's try to decide is answered, and logged, by the case
  [
    'POST',
    '/v1/cases/{caseId}/approve',
    `/v1/cases/${ID}/approve`,
    ['compliance', 'agency'],
    { scopeSha256: 'a'.repeat(64) },
  ],
  [
    'POST',
    '/v1/cases/{caseId}/narrow',
    `/v1/cases/${ID}/narrow`,
    ['compliance', 'agency'],
    { scopeSha256: 'a'.repeat(64), narrowing: { fields: ['name'] }, reason: 'x' },
  ],
  [
    'POST',
    '/v1/cases/{caseId}/refuse',
    `/v1/cases/${ID}/refuse`,
    ['compliance', 'agency'],
    { code: 'RC-SCOPE', reason: 'x' },
  ],
  ['POST', '/v1/cases/{caseId}/release', `/v1/cases/${ID}/release`, ['compliance', 'agency'], {}],
  ['POST', '/v1/cases/{caseId}/withdraw', `/v1/cases/${ID}/withdraw`, ['agency'], {}],
  ['GET', '/v1/principals', '', ['auditor', 'operator']],
  ['POST', '/v1/principals', '', ['operator'], { name: 'somebody', role: 'auditor' }],
  ['POST', '/v1/principals/{name}/revocation', '/v1/principals/nobody/revocation', ['operator']],
  ['GET', '/v1/authorities', '', ['auditor', 'operator']],
  [
    'POST',
    '/v1/authorities/{code}/suspension',
    '/v1/authorities/nobody/suspension',
    ['operator'],
    { reason: 'Its keys were lost' },
  ],
  ['POST', '/v1/authorities/{code}/resumption', '/v1/authorities/nobody/resumption', ['operator']],
  [
    'POST',
    '/v1/authorities/{code}/keys',
    '/v1/authorities/nobody/keys',
    ['operator'],
    { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } },
  ],
] as const

export type Right = {
  readonly method: 'GET' | 'POST'
  readonly route: string
  readonly path: string
  readonly roles: readonly Role[]
  readonly json?: unknown
}

export const rights: readonly Right[] = table.map(([method, route, path, roles, json]) => ({
  ...{ method, route, path: path || route, roles },
  ...(json !== undefined && { json }),
}))

/** The routes of the table, and those that an OpenAPI document describes, in the same words. */
export const routes = rights.map(({ method, route }) => `${method} ${route}`).sort()

export function describedRoutes({ paths }: Readonly<Record<string, unknown>>): readonly string[] {
  const operations = Object.entries(paths as Readonly<Record<string, object>>)
  return operations
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .sort()
}

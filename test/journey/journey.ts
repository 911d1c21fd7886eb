import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { expect } from 'vitest'
import { openPackage } from '../../shared/disclosure/package.ts'

/** Wherever the main job runs: an API that somebody is signed in to. */
export type Place = {
  call(request: {
    method: 'GET' | 'POST'
    path: string
    as: string
    json?: unknown
    file?: { contentType: string; bytes: Uint8Array<ArrayBuffer> }
  }): Promise<{ status: number; body: unknown }>
  /** Sends one of the example files and answers once it is applied. */
  push(file: { authority: string; layout: string; name: string }): Promise<Pushed>
  /** Publishes as the steward and answers how it ended. */
  publish(): Promise<{ status: number; body: unknown }>
  readonly verifierKey: Uint8Array
}

export type Pushed = Readonly<
  Record<'received' | 'accepted' | 'repeated' | 'refused' | 'unresolved', number>
> & {
  readonly entry: number
  readonly applied: { readonly new: number; readonly known: number }
  readonly records: readonly { readonly outcome: string; readonly code?: string | undefined }[]
}

export const publishOrder = {
  method: 'POST',
  path: '/v1/datasets/organisations/versions',
  as: 'steward',
  json: {},
} as const

/** In the examples: registered, licensed and penalised. */
const ORGANISATION = '91330203YY0000079F'
const REQUESTER = 'demo-public-security'

export const exampleFiles = [
  { authority: 'demo-market-regulator', layout: 'registration', name: 'registration.csv' },
  { authority: 'demo-housing-bureau', layout: 'licence-2018', name: 'licences-2018.csv' },
  { authority: 'demo-environment-bureau', layout: 'penalty-2018', name: 'penalties-2018.csv' },
] as const

export function readExample(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return readFile(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))).then(
    (bytes) => new Uint8Array(bytes),
  )
}

/** Three agencies push; every record has an outcome, and the sums hold. */
export async function agenciesPush(place: Place): Promise<void> {
  for (const file of exampleFiles) {
    const pushed = await place.push(file)
    const { received, accepted, repeated, refused, unresolved, applied, records } = pushed
    expect(accepted + repeated + refused + unresolved).toBe(received)
    expect(applied.new + applied.known).toBe(accepted + unresolved)
    expect(records).toHaveLength(received)
    expect(refused).toBeGreaterThan(0)
    expect(
      records.filter(({ outcome }) => outcome === 'refused').every(({ code }) => code !== undefined),
    ).toBe(true)
    expect(await place.push(file)).toEqual(pushed)
  }
}

/** One organisation, joined from three authorities, each field with its origin, nothing narrative. */
export async function analystReads(place: Place): Promise<void> {
  const { status, body } = await place.call({
    method: 'GET',
    path: `/v1/organisations/${ORGANISATION}`,
    as: 'analyst',
  })
  expect(status).toBe(200)
  const { record, provenance } = body as {
    record: { sources: string[]; licences: unknown[]; penalties: unknown[] }
    provenance: Record<string, { won: { authority: string }[] }>
  }
  expect(record.sources).toEqual(['demo-environment-bureau', 'demo-housing-bureau', 'demo-market-regulator'])
  expect(record.licences).toHaveLength(1)
  expect(record.penalties).toHaveLength(1)
  expect(provenance['name']?.won[0]?.authority).toBe('demo-market-regulator')
  expect(record).not.toHaveProperty('penalty_grounds')
}

/** A version is published, its files open elsewhere, and publishing again changes nothing. */
export async function stewardPublishes(place: Place): Promise<void> {
  expect(await place.publish()).toMatchObject({
    status: 200,
    body: { outcome: 'published', version: { version: 1, rows: 240 } },
  })
  expect(await place.publish()).toMatchObject({
    status: 200,
    body: { outcome: 'unchanged', version: { version: 1 } },
  })
  const path = '/v1/datasets/organisations/versions/latest/files'
  const { body } = await place.call({ method: 'GET', path, as: 'analyst' })
  const directory = await mkdtemp(join(tmpdir(), 'journey-'))
  const { files } = body as { files: { link: string }[] }
  const paths = await Promise.all(files.map(({ link }, at) => follow(link, join(directory, `${at}.parquet`))))
  const connection = await (await DuckDBInstance.create()).connect()
  const reader = await connection.runAndReadAll(
    `SELECT count(*)::INTEGER, count(DISTINCT uscc)::INTEGER, sum(len(licences))::INTEGER FROM read_parquet([${paths.map((path) => `'${path}'`)}])`,
  )
  expect(reader.getRows()).toEqual([[240, 240, 120]])
  await rm(directory, { recursive: true })
}

async function follow(link: string, path: string): Promise<string> {
  if (link.startsWith('file:')) return fileURLToPath(link)
  const response = await fetch(link)
  expect(response.status).toBe(200)
  await writeFile(path, Buffer.from(await response.arrayBuffer()))
  return path
}

/** A case is narrowed, approved by two, released and handed out once; each short cut is refused. */
export async function officersDisclose(place: Place): Promise<void> {
  const { privateKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true })
  const privateJwk = await exportJWK(privateKey)
  const act = actor(place)
  const submitted = await act(REQUESTER, '', requestFor(privateJwk))
  expect(submitted.status).toBe(201)
  const { id, scopeSha256 } = submitted.body
  expect(await act('officer-one', `/${id}/approve`, { scopeSha256 })).toMatchObject({ status: 200 })
  expect(await act('officer-one', `/${id}/approve`, { scopeSha256 })).toMatchObject({
    status: 409,
    body: { code: 'SAME_OFFICER' },
  })
  expect(await act('officer-two', `/${id}/approve`, { scopeSha256 })).toMatchObject({
    body: { state: 'Approved' },
  })
  const narrowing = {
    scopeSha256,
    narrowing: { fields: ['name', 'licences'] },
    reason: 'penalties are not needed',
  }
  const narrowed = await act('officer-two', `/${id}/narrow`, narrowing)
  expect(narrowed.body.state).toBe('Submitted')
  expect(await act('officer-two', `/${id}/release`, {})).toMatchObject({
    status: 409,
    body: { code: 'NOT_APPROVED' },
  })
  expect(await act('officer-one', `/${id}/approve`, { scopeSha256 })).toMatchObject({
    body: { code: 'SCOPE_CHANGED' },
  })
  const again = { scopeSha256: narrowed.body.scopeSha256 }
  await act('officer-one', `/${id}/approve`, again)
  await act('officer-two', `/${id}/approve`, again)
  expect(await act('officer-two', `/${id}/release`, {})).toMatchObject({ body: { state: 'Released' } })
  await requesterCollects(place, id, privateJwk)
  const timeline = await place.call({ method: 'GET', path: `/v1/cases/${id}/timeline`, as: 'auditor' })
  expect((timeline.body as { events: { action: string }[] }).events.map(({ action }) => action)).toEqual([
    'submitted',
    'approved',
    'attempt-refused',
    'approved',
    'narrowed',
    'attempt-refused',
    'attempt-refused',
    'approved',
    'approved',
    'released',
    'downloaded',
    'attempt-refused',
  ])
}

async function requesterCollects(place: Place, id: string, privateJwk: JWK): Promise<void> {
  const path = `/v1/cases/${id}/download`
  const twice = await Promise.all([1, 2].map(() => place.call({ method: 'POST', path, as: REQUESTER })))
  expect(twice.map(({ status }) => status).sort()).toEqual([200, 409])
  const sealed = String(twice.find(({ status }) => status === 200)?.body)
  const key = await place.call({ method: 'GET', path: '/v1/signing-key', as: REQUESTER })
  const x = Buffer.from((key.body as { x: string }).x, 'base64url')
  expect(x).toEqual(Buffer.from(place.verifierKey))
  const opened = await openPackage(sealed, privateJwk, x)
  if (opened.outcome !== 'opened') throw new Error(opened.code)
  expect(opened.package.organisations).toHaveLength(1)
  const [organisation] = opened.package.organisations as readonly { fields: object }[]
  expect(Object.keys(organisation?.fields ?? {}).sort()).toEqual(['licences', 'name'])
}

/** What nobody may do: a wrong role on each route, another authority's things. */
export async function strangersAreTurnedAway(place: Place): Promise<void> {
  const forbidden = [
    ['demo-market-regulator', 'GET', `/v1/organisations/${ORGANISATION}`],
    ['demo-market-regulator', 'GET', '/v1/datasets'],
    ['analyst', 'GET', '/v1/cases'],
    ['analyst', 'POST', '/v1/datasets/organisations/versions'],
    ['officer-one', 'GET', '/v1/receipts/demo-market-regulator/any'],
    ['demo-housing-bureau', 'GET', '/v1/receipts/demo-market-regulator/any'],
    ['demo-housing-bureau', 'GET', '/v1/receipts/demo-market-regulator/journey-registration/evidence'],
    [
      'demo-housing-bureau',
      'GET',
      '/v1/ledger/entries/submission:demo-market-regulator:journey-registration',
    ],
    ['officer-one', 'POST', '/v1/cases'],
    ['operator', 'GET', '/v1/cases'],
    ['steward', 'GET', '/v1/principals'],
  ] as const
  for (const [as, method, path] of forbidden) {
    const answer = await place.call({ method, path, as, ...(method === 'POST' ? { json: {} } : {}) })
    expect({ as, path, status: answer.status, code: (answer.body as { code: string }).code }).toEqual({
      as,
      path,
      status: 403,
      code: 'FORBIDDEN',
    })
  }
  expect((await place.call({ method: 'GET', path: '/v1/datasets', as: 'nobody' })).status).toBe(401)
}

type CaseAnswer = { status: number; body: { id: string; state: string; scopeSha256: string; code?: string } }

function actor(place: Place) {
  return (as: string, step: string, json: unknown) =>
    place.call({ method: 'POST', path: `/v1/cases${step}`, as, json }) as Promise<CaseAnswer>
}

function requestFor({ d: _, ...recipientKey }: JWK): unknown {
  return {
    organisations: [ORGANISATION],
    fields: ['name', 'licences', 'penalties'],
    window: { from: '2024-01-01', to: '2026-06-30' },
    legalBasis: { code: 'CN-DSL-35' },
    instrument: {
      number: '示公调〔2026〕1号',
      sha256: 'a'.repeat(64),
      issuedBy: '示例市公安局',
      issuedOn: '2026-06-01',
      expiresOn: '2036-05-31',
    },
    purpose: 'The journey of the tests',
    recipientKey,
    idempotencyKey: 'journey-1',
  }
}

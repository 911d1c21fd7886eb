import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../shared/base/canonical.ts'
import { parseBase64 } from '../../shared/ledger/encoding.ts'
import { commitmentOf } from '../../shared/ledger/leaf.ts'
import { entryKey, listPending } from '../../shared/ledger/outbox.ts'
import { findLedgerSize, findNumber } from '../../shared/ledger/sealed.ts'
import type { Entry, Item, Store, Write } from '../../shared/ports.ts'
import {
  type Answer,
  type ApiHome,
  caseRequest,
  openApiHome,
  organisation,
  principalOf,
  submission,
} from '../api/home.ts'
import { codeOf } from '../records/world.ts'

const AGENCY = principalOf.agency

/** A commit, with what it left in the store by the time its caller was told. */
type Committed = {
  readonly entry: Entry
  readonly writes: readonly Write[]
  readonly stored: Item
  readonly pending: readonly Item[]
  readonly written: readonly (Item | undefined)[]
}

/** The same store, which keeps what every commit that was one left behind. */
function recording<S extends Store>(store: S, into: Committed[]): S {
  return {
    ...store,
    commit: async (writes: readonly Write[], entry: Entry) => {
      const result = await store.commit(writes, entry)
      if (result !== 'committed') return result
      const stored = await store.find(entryKey(entry.id))
      if (stored === undefined) throw new Error('a commit without its entry')
      const pending = await Array.fromAsync(listPending(store, 1))
      const written = await Promise.all(writes.map(({ key }) => store.find(key)))
      into.push({
        entry,
        writes,
        stored,
        pending: pending.filter(({ key }) => key.sort.endsWith(`#${entry.id}`)),
        written,
      })
      return result
    },
  }
}

const committed: Committed[] = []
const kinds = () => new Set(committed.map(({ entry }) => entry.kind))
let api: ApiHome
let admitsIndividualBusinesses = false

beforeAll(async () => {
  api = await openApiHome({}, (home) => ({
    ...home,
    store: recording(home.store, committed),
    settings: {
      ...home.settings,
      get policy() {
        return { ...home.settings.policy, admitIndividualBusinesses: admitsIndividualBusinesses }
      },
    },
  }))
  await principalsComeAndGo()
  await operatorsMindAuthorities()
  await agenciesSend()
  await stewardsPublishAndUsersRead()
  await officersDecide()
  await operatorsErase()
  await agenciesMend()
  await operatorsReplay()
  await api.work()
})
afterAll(() => api.close())

async function post(as: string, path: string, json: unknown = {}): Promise<Answer> {
  return api.send({ method: 'POST', path: `/v1${path}`, as, json })
}

async function principalsComeAndGo(): Promise<void> {
  await post('operator', '/principals', { name: 'newcomer', role: 'auditor' })
  await post('operator', '/principals', { name: 'desk', role: 'agency', authority: AGENCY })
  await post('operator', '/principals/newcomer/revocation')
}

async function operatorsMindAuthorities(): Promise<void> {
  const path = '/authorities/demo-housing-bureau'
  await post('operator', `${path}/suspension`, { reason: 'Its machine was broken into' })
  await post('operator', `${path}/resumption`)
  await post('operator', `${path}/keys`, { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } })
}

async function agenciesSend(): Promise<void> {
  await api.send(submission(AGENCY, 'first'))
  const { json, ...refused } = submission(AGENCY, 'refused')
  await api.send({ ...refused, json: { ...(json as object), layout: 'registration-1999' } })
  await api.work()
}

async function stewardsPublishAndUsersRead(): Promise<void> {
  await post('steward', '/datasets/organisations/versions')
  await api.send({ path: `/v1/organisations/${organisation}`, as: 'analyst' })
  await api.send({ path: '/v1/datasets/organisations/versions/latest/files', as: 'analyst' })
}

async function officersDecide(): Promise<void> {
  const [released, refused, withdrawn] = await Promise.all(
    ['case-one', 'case-two', 'case-three'].map(submitCase),
  )
  if (released === undefined || refused === undefined || withdrawn === undefined) throw new Error('no case')
  await post(AGENCY, `/cases/${released.id}/approve`, { scopeSha256: released.scopeSha256 })
  const narrowing = { fields: ['name'] }
  const narrowed = await post('officer-one', `/cases/${released.id}/narrow`, {
    ...{ scopeSha256: released.scopeSha256, narrowing, reason: 'The name alone answers it' },
  })
  const approval = { scopeSha256: narrowed.body['scopeSha256'] }
  for (const officer of ['officer-one', 'officer-two'])
    await post(officer, `/cases/${released.id}/approve`, approval)
  expect(await post('officer-two', `/cases/${released.id}/release`)).toMatchObject({ status: 200 })
  expect(await post(AGENCY, `/cases/${released.id}/download`)).toMatchObject({ status: 200 })
  await post('officer-one', `/cases/${refused.id}/refuse`, {
    code: 'RC-SCOPE',
    reason: 'It asks for too much',
  })
  await post(AGENCY, `/cases/${withdrawn.id}/withdraw`)
}

async function submitCase(
  idempotencyKey: string,
): Promise<{ readonly id: string; readonly scopeSha256: string }> {
  const { body } = await api.send(caseRequest(AGENCY, idempotencyKey))
  return { id: String(body['id']), scopeSha256: String(body['scopeSha256']) }
}

async function operatorsErase(): Promise<void> {
  await api.work()
  const path = `/ledger/entries/${encodeURIComponent(`submission:${AGENCY}:first`)}/erasure`
  const erasing = post('operator', path, { reason: 'An objection was upheld' })
  // It answers once it is applied, and nobody works here but the test
  while (!kinds().has('entry-erased')) await sleep(1)
  await api.work()
  expect(await erasing).toMatchObject({ status: 200, body: { records: 1 } })
}

async function agenciesMend(): Promise<void> {
  const { json, ...rest } = submission(AGENCY, 'to-mend')
  const [row] = (json as { readonly records: readonly object[] }).records
  await api.send({ ...rest, json: { ...(json as object), records: [{ ...row, comp_nm: '' }] } })
  await api.work()
  const { json: mended, ...again } = submission(AGENCY, 'mended')
  const mends = { submissionId: 'to-mend', places: [0] }
  await api.send({ ...again, json: { ...(mended as object), mends } })
  await api.work()
}

async function operatorsReplay(): Promise<void> {
  const sent = submission(AGENCY, 'individual')
  const { json, ...rest } = sent
  const [row] = (json as { readonly records: readonly object[] }).records
  const records = [{ ...row, uni_social_crd_cd: codeOf(1, '92') }]
  admitsIndividualBusinesses = true
  await api.send({ ...rest, json: { ...(json as object), records } })
  await api.work()
  admitsIndividualBusinesses = false
  for (let next: unknown = 0; next !== undefined; ) {
    const { body } = await post('operator', '/ledger/replays', { from: next, dryRun: false })
    next = body['next']
  }
}

describe('every commit of every room', () => {
  test('brought what it changed, its entry and the entry’s place in the outbox', () => {
    expect(committed.length).toBeGreaterThan(15)
    for (const { entry, writes, stored, pending, written } of committed) {
      const { id, kind, at } = entry
      const { salt, commitment, ...rest } = stored.value as Record<string, string>
      expect(rest, kind).toEqual({ id, kind, at, payload: JSON.parse(JSON.stringify(entry.payload)) })
      expect({ salt, commitment }, kind).toEqual({
        salt: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
        commitment: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      })
      // The pointer says what the sealer needs, and not what the entry says
      expect(
        pending.map(({ value }) => value),
        kind,
      ).toEqual([{ id, kind, at, commitment }])
      expect(
        written.filter((item) => item === undefined),
        kind,
      ).toEqual([])
      expect(written, kind).toHaveLength(writes.length)
    }
  })

  test('was committed to by SHA-256 over its salt and all of the entry', () => {
    for (const { entry, stored } of committed) {
      const { salt = '', commitment } = stored.value as Record<string, string>
      const { id, kind, at } = entry
      const payload = JSON.parse(canonicalJson(entry.payload)) as Json
      const expected = commitmentOf(parseBase64(salt) ?? new Uint8Array(), { id, kind, at, payload })
      expect(commitment, kind).toBe(Buffer.from(expected).toString('base64'))
    }
  })

  test('has a salt of its own', () => {
    const salts = committed.map(({ stored }) => (stored.value as Record<string, string>)['salt'])
    expect(new Set(salts).size).toBe(committed.length)
  })

  test('has a number in the end, and nothing waits', async () => {
    const numbers = new Set<number | undefined>()
    for (const { entry } of committed) numbers.add(await findNumber(api.home.store, entry.id))
    expect(numbers).not.toContain(undefined)
    expect(numbers.size).toBe(committed.length)
    expect(await Array.fromAsync(listPending(api.home.store, 1))).toEqual([])
    expect(await findLedgerSize(api.home.store)).toBeGreaterThan(committed.length)
  })
})

/** What docs/ledger-events.md says: for each kind the members of its payload, those that may lack marked by `?`. */
async function readEvents(): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(new URL('../../docs/ledger-events.md', import.meta.url), 'utf8')
  const rows = text.split('\n').flatMap((line) => {
    const [, kind, , members = ''] = /^\| `([a-z-]+)` +\|([^|]*)\|([^|]*)\|/.exec(line) ?? []
    const named = [...members.matchAll(/`([A-Za-z0-9]+\??)`/g)].map(([, name = '']) => name)
    return kind === undefined ? [] : [[kind, named] as const]
  })
  expect(new Set(rows.map(([kind]) => kind)).size, 'a kind twice').toBe(rows.length)
  return new Map(rows)
}

describe('docs/ledger-events.md', () => {
  test('has a row for every kind of entry, and no other', async () => {
    expect([...(await readEvents()).keys()].toSorted()).toEqual([...kinds()].toSorted())
  })

  test('names the members of every payload, and no other', async () => {
    const events = await readEvents()
    const seen = new Map<string, Set<string>>()
    for (const { entry, stored } of committed) {
      const { payload } = stored.value as { readonly payload: object }
      const members = events.get(entry.kind) ?? []
      const allowed = members.map((name) => name.replace('?', ''))
      expect(allowed, entry.kind).toEqual(expect.arrayContaining(Object.keys(payload)))
      const required = members.filter((name) => !name.endsWith('?'))
      expect(Object.keys(payload), entry.kind).toEqual(expect.arrayContaining(required))
      const before = seen.get(entry.kind) ?? new Set()
      seen.set(entry.kind, new Set([...before, ...Object.keys(payload)]))
    }
    for (const [kind, members] of events) {
      expect([...(seen.get(kind) ?? [])].toSorted(), kind).toEqual(
        members.map((name) => name.replace('?', '')).toSorted(),
      )
    }
  })
})

test('no entry says what a case must keep to itself', () => {
  const about = committed.filter(({ entry }) => entry.kind.startsWith('case-'))
  expect(about.length).toBeGreaterThan(8)
  for (const { entry } of about) {
    const text = JSON.stringify(entry)
    for (const kept of [
      organisation,
      '核实许可情况',
      '宁公（经）',
      'The name alone',
      'too much',
      '"x":',
      '"y":',
    ])
      expect(text, entry.kind).not.toContain(kept)
  }
})

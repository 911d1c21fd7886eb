import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createApi } from '../../shared/api/app.ts'
import { Failure } from '../../shared/base/failure.ts'
import { parseCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { parseNote } from '../../shared/ledger/note.ts'
import { findLedgerSize, findSealedEntry, type SealedEntry } from '../../shared/ledger/sealed.ts'
import type { SealingStore } from '../../shared/ports.ts'
import {
  type ApiHome,
  answerOf,
  HELD_SUBMISSION,
  openHeldHome,
  organisation,
  principalOf,
  requestOf,
} from './home.ts'

let api: ApiHome
beforeAll(async () => {
  api = await openHeldHome()
  await api.work()
})
afterAll(() => api.close())

const FIXED = 'public, max-age=31536000, immutable'
const FILES = '/v1/datasets/organisations/versions/latest/files'

describe('the public log', () => {
  test('is served to anybody, file by file, as it lies there', async () => {
    const root = join(api.home.directory, 'ledger')
    const listed = await readdir(root, { recursive: true, withFileTypes: true })
    const paths = listed.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
    expect(paths.length).toBeGreaterThan(5)
    for (const path of paths.map((each) => each.slice(root.length + 1))) {
      const { status, headers } = await api.send({ path: `/ledger/${path}` })
      expect({
        path,
        status,
        type: headers.get('content-type'),
        cache: headers.get('cache-control'),
      }).toEqual({
        path,
        status: 200,
        type: path.startsWith('tile/') ? 'application/octet-stream' : 'text/plain; charset=utf-8',
        cache: path === 'checkpoint' ? 'public, max-age=5' : FIXED,
      })
    }
  })

  test('has a checkpoint that anybody reads without a token, and a wrong token does not matter', async () => {
    const headers = { authorization: 'Bearer none' }
    const { text, status } = await api.send({ path: '/ledger/checkpoint', headers })
    const note = parseNote(Buffer.from(text))
    expect(status).toBe(200)
    if (note.outcome === 'refused') expect.fail(note.code)
    expect(parseCheckpoint(note.note.text)).toMatchObject({
      checkpoint: { origin: api.home.settings.ledger.origin, size: await findLedgerSize(api.home.store) },
    })
  })

  test('gives bytes as they are', async () => {
    const size = await findLedgerSize(api.home.store)
    const response = await api.api.request(`/ledger/tile/entries/000.p/${size}`)
    const stored = await api.home.objects.find({ area: 'ledger', path: `tile/entries/000.p/${size}` })
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.from(stored?.body ?? []))
  })

  test.each([
    ['another file in its directory', 'notes.txt'],
    ['a key in its directory', 'ledger.pem'],
    ['a file with a name like a tile’s', 'tile/0/0'],
    ['a file beside a tile', 'tile/0/000.tmp'],
    ['a tile that there is not', 'tile/0/999'],
    ['a checkpoint that there is not', 'checkpoints/999999999999'],
    ['a checkpoint under another name', 'checkpoints/1'],
    ['a directory', 'tile/0'],
    ['itself', ''],
    ['what lies above it', '../ledger.pem'],
    ['what lies above it, encoded', '%2e%2e/ledger.pem'],
    ['what lies above it, the slash encoded too', '..%2fledger.pem'],
    ['what lies above a tile', 'tile/../../ledger.pem'],
    ['a path from the root', '/etc/passwd'],
    ['a name with a zero byte', 'checkpoint%00'],
    ['the signer of packages', '../signer.pem'],
    ['the database', '../store.sqlite'],
    ['what lies beside it', '../objects/archive'],
  ])('gives nobody %s', async (_, path) => {
    await mkdir(join(api.home.directory, 'ledger/tile/0'), { recursive: true })
    for (const planted of ['notes.txt', 'ledger.pem', 'tile/0/0', 'tile/0/000.tmp'])
      await writeFile(join(api.home.directory, 'ledger', planted), 'planted')
    const answer = await api.send({ path: `/ledger/${path}` })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.text).not.toMatch(/planted|PRIVATE|SQLite|root:/)
    expect(api.faults).toEqual([])
  })

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('is not there to %s', async (method) => {
    const answer = await api.send({ method, path: '/ledger/checkpoint' })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })

  test('is not there before the first entry is sealed', async () => {
    const objects = { ...api.home.objects, find: async () => undefined }
    const fresh = createApi({
      world: { ...api.home, objects },
      verifyToken: async () => undefined,
      stages: { publish: async () => expect.fail(), release: async () => expect.fail() },
    })
    expect((await fresh.request('/ledger/checkpoint')).status).toBe(404)
  })
})

/** The newest entry, once all that waits is sealed. */
async function newest(): Promise<SealedEntry | undefined> {
  await api.work()
  return findSealedEntry(api.home.store, (await findLedgerSize(api.home.store)) - 1)
}

describe('whoever is given', () => {
  test.each([
    ['', true],
    ['?provenance=false', false],
  ])('an organisation%s is in the ledger', async (query, provenance) => {
    const answer = await api.send({ path: `/v1/organisations/${organisation}${query}`, as: 'analyst' })
    const entry = await newest()
    expect(answer.status).toBe(200)
    expect(entry).toMatchObject({ kind: 'organisation-read', at: api.home.now() })
    expect(entry?.payload).toEqual({
      ...{ actor: { name: 'analyst', role: 'dataset-user' }, uscc: organisation, provenance },
      ...(answer.body['asOf'] as object),
    })
  })

  test('links to a dataset’s files is in the ledger, and the links are not', async () => {
    const answer = await api.send({ path: FILES, as: 'analyst' })
    const entry = await newest()
    expect(answer.status).toBe(200)
    expect(entry).toMatchObject({
      kind: 'dataset-files-linked',
      payload: {
        ...{ actor: { name: 'analyst', role: 'dataset-user' }, dataset: 'organisations', version: 1 },
        ...{ manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/), ttlSeconds: expect.any(Number) },
      },
    })
    const [file] = answer.body['files'] as readonly { readonly link: string }[]
    expect(JSON.stringify(entry?.payload)).not.toContain(file?.link)
  })

  test('the same twice is in the ledger twice', async () => {
    const before = await findLedgerSize(api.home.store)
    for (let time = 0; time < 2; time++) await api.send({ path: FILES, as: 'analyst' })
    await newest()
    expect(await findLedgerSize(api.home.store)).toBe(before + 2)
  })

  test.each([
    ['an organisation that nobody told of', '/v1/organisations/91310000YY0000999H', 'analyst'],
    ['an organisation, to an operator', `/v1/organisations/${organisation}`, 'operator'],
    ['files of a version that there is not', '/v1/datasets/organisations/versions/9/files', 'analyst'],
  ])('nothing is not in the ledger: %s', async (_, path, as) => {
    const before = await findLedgerSize(api.home.store)
    expect((await api.send({ path, as })).status).toBeGreaterThanOrEqual(400)
    await newest()
    expect(await findLedgerSize(api.home.store)).toBe(before)
  })
})

describe('nothing is given, and the answer is no success, when the ledger can not be told because', () => {
  const faults: unknown[] = []
  afterEach(() => void faults.splice(0))

  async function sendOver(commit: SealingStore['commit'], path: string) {
    const store = { ...api.home.store, commit }
    const failing = createApi({
      world: { ...api.home, store },
      verifyToken: async () => 'analyst',
      stages: { publish: async () => expect.fail(), release: async () => expect.fail() },
      onFault: (fault) => faults.push(fault),
    })
    return answerOf(await failing.request(requestOf({ path }, 'token')))
  }

  const causes: readonly (readonly [string, SealingStore['commit'], number])[] = [
    ['the disk is full', () => Promise.reject(new Failure('STORE_FULL', { retryable: true })), 503],
    ['the store is broken', () => Promise.reject(new Error('SQLITE_CORRUPT of something secret')), 500],
    ['a condition did not hold', async () => 'conflict', 503],
    ['another entry has the id', async () => 'repeated', 503],
  ]
  const table = causes.flatMap(([cause, commit, status]) =>
    [`/v1/organisations/${organisation}`, FILES].map((path) => [cause, path, commit, status] as const),
  )

  test.each(table)('%s: %s', async (_, path, commit, status) => {
    const answer = await sendOver(commit, path)
    expect(answer.status).toBe(status)
    expect(answer.text).not.toMatch(/合成样本|secret|bucket=/)
    expect(Object.keys(answer.body).toSorted()).toEqual(
      expect.arrayContaining(['code', 'status', 'title', 'type']),
    )
    expect(faults).toHaveLength(1)
    expect((await api.send({ path, as: 'analyst' })).status, 'once it is mended').toBe(200)
  })
})

describe('the evidence of an entry', () => {
  const path = `/v1/receipts/${principalOf.agency}/${HELD_SUBMISSION}/evidence`

  test('is the same by its receipt and by its id', async () => {
    const byReceipt = await api.send({ path, as: principalOf.agency })
    const id = String(byReceipt.body['id'])
    const byId = await api.send({ path: `/v1/ledger/entries/${encodeURIComponent(id)}`, as: 'auditor' })
    expect(byReceipt.status).toBe(200)
    expect(byId.body).toEqual(byReceipt.body)
  })

  test('waits for the entry to be sealed, and is not there for one that there is not', async () => {
    await api.home.store.commit([], { id: 'waits', kind: 'test', at: api.home.now(), payload: {} })
    expect(await api.send({ path: '/v1/ledger/entries/waits', as: 'auditor' })).toMatchObject({
      ...{ status: 409, body: { code: 'ENTRY_PENDING' } },
    })
    await api.work()
    expect((await api.send({ path: '/v1/ledger/entries/waits', as: 'auditor' })).status).toBe(200)
    expect((await api.send({ path: '/v1/ledger/entries/none', as: 'auditor' })).status).toBe(404)
  })
})

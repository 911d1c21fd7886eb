import { afterEach, beforeEach, expect, test } from 'vitest'
import { latestKey } from '../../shared/datasets/keys.ts'
import { findParent, publish } from '../../shared/datasets/publish.ts'
import { rollForward } from '../../shared/datasets/roll-forward.ts'
import {
  findLatest,
  findVersion,
  listVersions,
  readManifest,
  readQuality,
} from '../../shared/datasets/store.ts'
import { entryKey } from '../../shared/ledger/outbox.ts'
import { Crash, faultsFrom, faulty, type Schedule } from '../faults.ts'
import { day, licence, registration } from '../fusion/records.ts'
import { codeOf, collect, type Home, listObjects, openTestHome } from './home.ts'

let home: Home
beforeEach(async () => {
  home = await openTestHome(2)
  await home.submit(
    'scjg',
    [1, 2, 3].map((n) => registration({}, { uscc: codeOf(n) })),
  )
  await publish(home, { dataset: 'organisations', commitId: 'first' })
  await home.submit('xk', [licence({ validTo: day('2027-01-01') }, { uscc: codeOf(1), authority: 'xk' })])
})
afterEach(() => home.close())

/** One life of a publisher; answers how many writes it made, whether or not it lived through them. */
async function life(schedule: Schedule): Promise<number> {
  const faults = faultsFrom(schedule)
  try {
    await publish(faulty(home, faults), { dataset: 'organisations', commitId: `life-${schedule.crashAt}` })
  } catch (fault) {
    if (!(fault instanceof Crash)) throw fault
  }
  return faults.writes
}

async function expectWhole(): Promise<void> {
  const versions = await collect(listVersions(home.store, 'organisations'))
  expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index + 1))
  expect((await findLatest(home.objects, 'organisations'))?.version).toBe(versions.length)
  const objects = await listObjects(home.objects, 'organisations')
  for (const row of versions) {
    expect(await home.store.find(entryKey(`dataset-published:organisations:${row.version}`))).toBeDefined()
    const path = `organisations/versions/0000000${row.version}`
    expect(objects[`${path}/manifest.json`]).toBe(row.manifestSha256)
    expect(objects[`${path}/quality.json`]).toBe(row.qualitySha256)
    expect((await readQuality(home.objects, 'organisations', row)).version).toBe(row.version)
    for (const file of (await readManifest(home.objects, 'organisations', row)).files) {
      expect(objects[file.path]).toBe(file.sha256)
    }
  }
}

// A life without faults: one changed file, two staged documents, the commit, two documents, the pointer
const WRITES = 7

test('a publication of one changed bucket makes seven writes', async () => {
  expect(await life({})).toBe(WRITES)
})

test.for(
  Array.from({ length: WRITES }, (_, index) => index + 1).flatMap((crashAt) => [
    { crashAt, mode: 'failed' as const },
    { crashAt, mode: 'stored' as const },
  ]),
)('a crash at write $crashAt ($mode) leaves what the next publication completes', async (schedule) => {
  await life(schedule)
  const outcome = await publish(home, { dataset: 'organisations', commitId: 'next' })
  const wasCommitted = schedule.crashAt > 4 || (schedule.crashAt === 4 && schedule.mode === 'stored')
  expect(outcome.outcome).toBe(wasCommitted ? 'unchanged' : 'published')
  expect(outcome).toMatchObject({ version: { version: 2 } })
  await expectWhole()
})

test.for([4, 5, 6, 7])(
  'a crash after the commit, at write %i, heals by rolling forward alone',
  async (crashAt) => {
    await life({ crashAt, mode: 'stored' })
    await rollForward(home)
    await rollForward(home)
    await expectWhole()
    expect((await findLatest(home.objects, 'organisations'))?.version).toBe(2)
  },
)

test('before the commit nobody sees anything of a version', async () => {
  await life({ crashAt: 4, mode: 'failed' })
  await rollForward(home)
  expect((await findLatest(home.objects, 'organisations'))?.version).toBe(1)
  expect(await collect(listVersions(home.store, 'organisations'))).toHaveLength(1)
})

test('a commit that is refused though nobody was first is a fault to try again', async () => {
  const world = faulty(home, faultsFrom({ conflictAt: [4] }))
  await expect(publish(world, { dataset: 'organisations', commitId: 'unlucky' })).rejects.toMatchObject({
    code: 'VERSION_CONTENDED',
    retryable: true,
  })
  expect((await publish(home, { dataset: 'organisations', commitId: 'again' })).outcome).toBe('published')
  await expectWhole()
})

test('a pointer that somebody else moved is looked at again', async () => {
  const world = faulty(home, faultsFrom({ conflictAt: [7] }))
  expect((await publish(world, { dataset: 'organisations', commitId: 'second' })).outcome).toBe('published')
  await expectWhole()
})

test.for([
  ['cut off', '{"dataset":"organis'],
  ['empty', ''],
  ['another document', '{"version":1}'],
])('a pointer that is %s is none: it is written anew from the versions there are', async ([, text = '']) => {
  const key = latestKey('organisations')
  const written = await home.objects.find(key)
  await home.objects.put(key, Buffer.from(text), { tag: written?.tag ?? '' })
  expect(await findVersion(home, 'organisations', 'latest')).toMatchObject({ version: 1 })
  await rollForward(home)
  expect((await home.objects.find(key))?.body).toEqual(written?.body)
  await publish(home, { dataset: 'organisations', commitId: 'second' })
  await expectWhole()
})

test.for([false, true])('a damaged file is put right by a full build (forced: %s)', async (force) => {
  await publish(home, { dataset: 'organisations', commitId: 'second' })
  const { manifest } = (await findParent(home, 'organisations')) ?? {}
  for (const { path } of manifest?.files ?? []) await damage(path)
  await publish(home, { dataset: 'organisations', commitId: 'full', full: true, force })
  await expectWhole()
})

test('a damaged document that waits for its version is put right by whoever stages it again', async () => {
  const before = await listObjects(home.objects, 'organisations/staged')
  await life({ crashAt: 4, mode: 'failed' })
  const staged = Object.keys(await listObjects(home.objects, 'organisations/staged'))
  for (const path of staged.filter((each) => !(each in before))) await damage(path)
  await publish(home, { dataset: 'organisations', commitId: 'life-4' })
  await expectWhole()
})

test('a version stands on either of the two places that its documents lie in, and not on neither', async () => {
  const staged = Object.keys(await listObjects(home.objects, 'organisations/staged'))
  for (const path of staged) await damage(path)
  expect(await publish(home, { dataset: 'organisations', commitId: 'second' })).toMatchObject({
    version: { version: 2 },
  })
  await damage('organisations/versions/00000002/manifest.json')
  expect((await findParent(home, 'organisations'))?.manifest.version).toBe(2)
  await damage('organisations/versions/00000001/manifest.json')
  const [first] = await collect(listVersions(home.store, 'organisations'))
  const read = first && readManifest(home.objects, 'organisations', first)
  await expect(read).rejects.toMatchObject({ code: 'VERSION_DOCUMENT_CORRUPT' })
})

test('a damaged document of a version is put right by whoever rolls it forward', async () => {
  await damage('organisations/versions/00000001/manifest.json')
  await damage('organisations/latest.json')
  await rollForward(home)
  await expectWhole()
})

async function damage(path: string): Promise<void> {
  const key = { area: 'datasets', path } as const
  await home.objects.put(key, Buffer.from('{'), { tag: (await home.objects.find(key))?.tag ?? '' })
}

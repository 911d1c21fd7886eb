import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { instantOf } from '../../shared/base/instant.ts'
import { findPublication } from '../../shared/datasets/publication.ts'
import { type PublishingWorld, publish } from '../../shared/datasets/publish.ts'
import {
  abandonSteps,
  buildStep,
  commitStep,
  planStep,
  type StepsOptions,
  stepsOptionsSchema,
} from '../../shared/datasets/steps.ts'
import { findVersion, listVersions, readManifest } from '../../shared/datasets/store.ts'
import { Crash, faultsFrom, faulty, type Schedule } from '../faults.ts'
import { registration } from '../fusion/records.ts'
import { codeOf, collect, type Home, openTestHome } from './home.ts'

let home: Home
beforeEach(async () => {
  home = await openTestHome(4)
  await home.submit(
    'scjg',
    Array.from({ length: 12 }, (_, n) => registration({}, { uscc: codeOf(n) })),
  )
})
afterEach(() => home.close())

function options(some: Partial<StepsOptions> = {}): StepsOptions {
  return stepsOptionsSchema.parse({ dataset: 'organisations', commitId: randomUUID(), ...some })
}

async function inSteps(world: PublishingWorld, wanted: StepsOptions) {
  for (const bucket of await planStep(world, wanted)) await buildStep(world, wanted, bucket)
  return commitStep(world, wanted)
}

async function filesOf(version: number): Promise<readonly string[]> {
  const row = await findVersion(home, 'organisations', version)
  if (row === undefined) throw new Error(`there is no version ${version}`)
  return (await readManifest(home.objects, 'organisations', row)).files.map((file) => file.sha256)
}

describe('a publication in steps', () => {
  test('gives the files that one in one go gives, the first time and after a change', async () => {
    expect(await inSteps(home, options())).toMatchObject({ outcome: 'published', version: { version: 1 } })
    await home.submit('scjg', [registration({ name: '示例三号有限公司' }, { uscc: codeOf(3) })])
    expect(await inSteps(home, options())).toMatchObject({ built: 'incremental', version: { version: 2 } })
    await publish(home, { dataset: 'organisations', commitId: 'whole', full: true, force: true })
    expect(await filesOf(2)).toEqual(await filesOf(3))
    expect(await filesOf(2)).not.toEqual(await filesOf(1))
  })

  test('is unchanged where nothing has, and leaves its outcome to be read', async () => {
    const [first, second] = [options(), options()]
    const published = await inSteps(home, first)
    expect(await findPublication(home.objects, second)).toBeUndefined()
    expect(await inSteps(home, second)).toMatchObject({ outcome: 'unchanged', version: { version: 1 } })
    expect(await findPublication(home.objects, first)).toEqual(published)
    expect(await findPublication(home.objects, second)).toMatchObject({ outcome: 'unchanged' })
  })

  test('each step of which is run twice is one publication', async () => {
    const wanted = options()
    const buckets = await planStep(home, wanted)
    // What comes in between the runs is for the next version
    await home.submit('scjg', [registration({}, { uscc: codeOf(99) })])
    expect(await planStep(home, wanted)).toEqual(buckets)
    for (const bucket of [...buckets, ...buckets]) await buildStep(home, wanted, bucket)
    const first = await commitStep(home, wanted)
    expect(await commitStep(home, wanted)).toEqual(first)
    expect(first).toMatchObject({ outcome: 'published', version: { version: 1, rows: 12 } })
    expect(await collect(listVersions(home.store, 'organisations'))).toHaveLength(1)
  })

  test('is superseded where another publisher was first', async () => {
    const wanted = options()
    const buckets = await planStep(home, wanted)
    for (const bucket of buckets) await buildStep(home, wanted, bucket)
    await publish(home, { dataset: 'organisations', commitId: 'other' })
    expect(await commitStep(home, wanted)).toMatchObject({
      outcome: 'superseded',
      version: { commitId: 'other' },
    })
    await expect(buildStep(home, wanted, buckets[0] ?? 0)).rejects.toMatchObject({ code: 'PARENT_MOVED' })
  })

  test('believes a clock, and takes one back, as one in one go does', async () => {
    const now = home.at
    await inSteps(home, options())
    home.at = instantOf(Date.parse('2031-01-01T00:00:00Z'))
    expect(await inSteps(home, options())).toMatchObject({ findings: [{ id: 'clock-ahead' }] })
    const believed = await inSteps(home, options({ acceptClock: true, force: true }))
    expect(believed).toMatchObject({ outcome: 'published', version: { validAt: home.at } })
    home.at = now
    const mended = await inSteps(home, options({ full: true, force: true }))
    expect(mended).toMatchObject({ outcome: 'published', version: { validAt: now } })
  })

  test('that was given up says so, unless its version stands after all', async () => {
    const lost = options()
    await planStep(home, lost)
    expect(await abandonSteps(home, lost)).toEqual({ outcome: 'failed' })
    expect(await findPublication(home.objects, lost)).toEqual({ outcome: 'failed' })
    const wanted = options()
    const outcome = await inSteps(home, wanted)
    expect(await abandonSteps(home, wanted)).toMatchObject({ outcome: 'published', version: { version: 1 } })
    expect(await findPublication(home.objects, wanted)).toEqual(outcome)
  })

  test('that was given up while its commit was under way is published all the same, whoever speaks last', async () => {
    const wanted = options()
    for (const bucket of await planStep(home, wanted)) await buildStep(home, wanted, bucket)
    await abandonSteps(home, wanted)
    const published = await commitStep(home, wanted)
    expect(published).toMatchObject({ outcome: 'published' })
    expect(await findPublication(home.objects, wanted)).toEqual(published)
    await abandonSteps(home, wanted)
    expect(await findPublication(home.objects, wanted)).toEqual(published)
  })

  test('builds no bucket that was not planned, and commits nothing that was not built', async () => {
    const wanted = options()
    await expect(buildStep(home, wanted, 0)).rejects.toMatchObject({ code: 'PUBLICATION_DOCUMENT_MISSING' })
    await planStep(home, wanted)
    await expect(buildStep(home, wanted, 77)).rejects.toMatchObject({ code: 'BUCKET_NOT_PLANNED' })
    await expect(commitStep(home, wanted)).rejects.toMatchObject({ code: 'PUBLICATION_DOCUMENT_MISSING' })
    expect(await findVersion(home, 'organisations', 'latest')).toBeUndefined()
  })
})

describe('a publication in steps that dies at a write and is run again', () => {
  const modes = ['failed', 'stored'] as const

  test.each(modes)('is published once, whichever write it %s at', async (mode) => {
    const writes = await livesUntilPublished({})
    for (let crashAt = 1; crashAt <= writes; crashAt++) {
      await home.submit('scjg', [registration({ name: `示例${mode}${crashAt}` }, { uscc: codeOf(1) })])
      const before = (await findVersion(home, 'organisations', 'latest'))?.version ?? 0
      await livesUntilPublished({ crashAt, mode })
      const versions = await collect(listVersions(home.store, 'organisations'))
      expect(versions).toHaveLength(before + 1)
    }
  })
})

/** Runs one publication, which dies once, to its end; answers how many writes the first life made. */
async function livesUntilPublished(schedule: Schedule): Promise<number> {
  const wanted = options()
  const faults = faultsFrom(schedule)
  try {
    await inSteps(faulty(home, faults), wanted)
  } catch (fault) {
    if (!(fault instanceof Crash)) throw fault
    // A later life finds other things to publish than the one that died
    home.at = new Date(Date.parse(home.at) + 1_000).toISOString() as typeof home.at
    const again = await inSteps(home, wanted).catch((later: unknown) => later)
    if (!isOutcome(again)) expect(again).toMatchObject({ code: 'PARENT_MOVED' })
    expect((await commitStep(home, wanted)).outcome).toBe('published')
  }
  return faults.writes
}

function isOutcome(value: unknown): value is { outcome: string } {
  return typeof value === 'object' && value !== null && 'outcome' in value
}

import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { addDays, type Instant, startOfChinaDay } from '../../shared/base/instant.ts'
import { literal, withEngine } from '../../shared/datasets/engine.ts'
import { linkFiles } from '../../shared/datasets/linked-version.ts'
import { type Publication, type PublishOptions, publish, type Step } from '../../shared/datasets/publish.ts'
import {
  findLatest,
  findVersion,
  listVersions,
  readManifest,
  readQuality,
  type VersionRow,
} from '../../shared/datasets/store.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findNumber, findSealedEntry } from '../../shared/ledger/sealed.ts'
import type { FactRecord } from '../../shared/records/record.ts'
import { anyRecord, day, instant, licence, penalty, registration } from '../fusion/records.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { codeOf, collect, type Home, listObjects, openTestHome } from './home.ts'

let home: Home
beforeEach(async () => {
  home = await openTestHome()
})
afterEach(() => home.close())

let attempts = 0
function publishOrganisations(options: Partial<PublishOptions> = {}): Promise<Publication> {
  return publish(home, { dataset: 'organisations', commitId: `attempt-${++attempts}`, ...options })
}

async function published(options: Partial<PublishOptions> = {}): Promise<VersionRow> {
  const publication = await publishOrganisations(options)
  if (publication.outcome !== 'published') throw new Error(publication.outcome)
  return publication.version
}

/** The rows of a version, by code, as anybody reads them. */
async function rowsOf(version: VersionRow): Promise<Readonly<Record<string, Record<string, unknown>>>> {
  const { files } = await linkFiles(home.objects, 'organisations', { row: version, ttlSeconds: 60 })
  if (files.length === 0) return {}
  const paths = files.map(({ link }) => literal(new URL(link).pathname)).join(', ')
  const rows = await withEngine((engine) => engine.query(`SELECT * FROM read_parquet([${paths}])`))
  return Object.fromEntries(rows.map((row) => [row['uscc'], row]))
}

const registrations = (...numbers: readonly number[]): readonly FactRecord[] =>
  numbers.map((n) => registration({ name: `第${n}公司` }, { uscc: codeOf(n) }))

describe('a version', () => {
  test('holds a row for each organisation, in the columns of the published edition', async () => {
    await home.submit('scjg', registrations(1, 2, 3))
    await home.submit('cf', [penalty({ fineYuan: '1200.5', grounds: '某某' }, { uscc: codeOf(2) })])
    const version = await published()
    const rows = await rowsOf(version)
    expect(Object.keys(rows).sort()).toEqual([codeOf(1), codeOf(2), codeOf(3)].sort())
    expect(rows[codeOf(2)]).toMatchObject({
      name: '第2公司',
      licences: [],
      penalties: [
        {
          document_number: '罚字1号',
          kinds: ['责令停产停业'],
          fine_yuan: '1200.5',
          decided_on: '2025-01-01',
          published_to: '2028-01-01',
        },
      ],
      sources: ['cf', 'scjg'],
      next_change_at: '2028-01-01 16:00:00+00',
    })
    expect(JSON.stringify(rows)).not.toContain('某某')
  })

  test('says in its manifest what it was made from, and in the ledger what it is', async () => {
    await home.submit('scjg', registrations(1, 2))
    await home.submit('scjg', registrations(3), instant('2025-12-01T00:00:00.000Z'))
    const version = await published()
    const manifest = await readManifest(home.objects, 'organisations', version)
    expect(manifest).toMatchObject({
      version: 1,
      parent: null,
      ledgerSize: 2,
      validAt: home.at,
      bucketCount: 4,
      rows: 3,
      sources: [{ authority: 'scjg', submissions: 2, latestSentAt: '2026-01-01T00:00:00.000Z' }],
    })
    await sealPending(home)
    const number = (await findNumber(home.store, 'dataset-published:organisations:1')) ?? -1
    expect(await findSealedEntry(home.store, number)).toMatchObject({
      kind: 'dataset-published',
      payload: {
        version: 1,
        manifestSha256: version.manifestSha256,
        ledgerSize: 2,
        rows: 3,
        acceptedDrop: false,
      },
    })
  })

  test('gives Iceberg the id of every column, member and element', async () => {
    await home.submit('scjg', registrations(1))
    const { files } = await linkFiles(home.objects, 'organisations', {
      row: await published(),
      ttlSeconds: 60,
    })
    const path = literal(new URL(files[0]?.link ?? '').pathname)
    const schema = await withEngine((engine) =>
      engine.query(
        `SELECT name, field_id::INTEGER AS id FROM parquet_schema(${path}) WHERE field_id IS NOT NULL`,
      ),
    )
    const ids = schema.map(({ id }) => Number(id))
    expect(ids).toEqual([...new Set(ids)])
    expect(schema).toEqual(
      expect.arrayContaining([
        { name: 'uscc', id: 1 },
        { name: 'kinds', id: 29 },
        { name: 'element', id: 30 },
      ]),
    )
    // Groups that only make a list of what is inside have none
    expect(ids.length).toBeGreaterThan(35)
  })

  test('leaves out individual businesses, whatever is stored of them', async () => {
    await home.submit('scjg', [
      ...registrations(1),
      registration({}, { uscc: codeOf(2, '92') }),
      registration({ registrationNumber: '310000600000011' }, { uscc: codeOf(3) }),
      registration({ registrationNumber: '３１００００-600000011' }, { uscc: codeOf(4) }),
      registration({ organisationType: '个 体 工 商 户' }, { uscc: codeOf(5) }),
    ])
    await home.submit('xk', [{ ...licence({}, { uscc: codeOf(6) }), individualBusiness: true }])
    expect(Object.keys(await rowsOf(await published()))).toEqual([codeOf(1)])
  })

  test('keeps an organisation of which another authority says so, without that record', async () => {
    await home.submit('scjg', registrations(1))
    await home.submit('xk', [
      { ...licence({ documentNumber: '误1号' }, { uscc: codeOf(1) }), individualBusiness: true },
      licence({ documentNumber: '许1号' }, { uscc: codeOf(1) }),
    ])
    const { [codeOf(1)]: row } = await rowsOf(await published())
    expect(row).toMatchObject({ licences: [{ document_number: '许1号' }] })
  })

  test('leaves out an organisation of which nothing stands, and empties its bucket', async () => {
    await home.submit('cf', [penalty({ publishedTo: day('2026-01-31') }, { uscc: codeOf(1) })])
    expect((await published()).rows).toBe(1)
    home.at = instant('2026-02-01T00:00:00.000Z')
    expect(await published({ acceptDrop: true })).toMatchObject({ version: 2, rows: 0, files: 0 })
  })

  test('leaves no temporary directory behind, published or not', async () => {
    // Its own: other tests' publishers work in the machine's, and some of them are killed
    const own = await temporaryDirectory()
    vi.stubEnv('TMPDIR', own)
    onTestFinished(() => void vi.unstubAllEnvs())
    await home.submit('scjg', registrations(1))
    await published()
    await expect(
      publishOrganisations({
        full: true,
        onStep: ({ name }) => {
          if (name === 'build') throw new Error('stop')
        },
      }),
    ).rejects.toThrow('stop')
    expect(await readdir(own)).toEqual([])
  })

  test('removes what a publisher left that was killed, and nothing of one that may live', async () => {
    const own = await temporaryDirectory()
    vi.stubEnv('TMPDIR', own)
    onTestFinished(() => void vi.unstubAllEnvs())
    const ages = { 'credit-fusion-dataset-dead': 61, 'credit-fusion-dataset-live': 59, 'another-program': 61 }
    for (const [name, minutes] of Object.entries(ages)) {
      await mkdir(join(own, name))
      await writeFile(join(own, name, 'rows-0.ndjson'), '{}')
      const at = new Date(Date.now() - minutes * 60_000)
      await utimes(join(own, name), at, at)
    }
    await home.submit('scjg', registrations(1))
    await published()
    expect((await readdir(own)).sort()).toEqual(['another-program', 'credit-fusion-dataset-live'])
  })

  test('tells how far it has come', async () => {
    await home.submit('scjg', registrations(1))
    const steps: Step[] = []
    await published({ onStep: (step) => steps.push(step) })
    expect([...new Set(steps.map(({ name }) => name))]).toEqual(['plan', 'build', 'check', 'store', 'commit'])
    expect(steps.filter(({ name }) => name === 'build').at(-1)).toEqual({ name: 'build', done: 1, total: 1 })
  })
})

describe('the next version', () => {
  test('writes the buckets that changed and shares the others', async () => {
    await home.submit('scjg', registrations(1, 2, 3, 4, 5, 6, 7, 8))
    const first = await readManifest(home.objects, 'organisations', await published())
    await home.submit('scjg', [
      registration({ name: '新名', approvedOn: day('2025-05-05') }, { uscc: codeOf(1) }),
    ])
    const version = await published()
    const second = await readManifest(home.objects, 'organisations', version)
    expect(second.parent?.version).toBe(1)
    expect(second.files.filter((file) => !first.files.some(({ path }) => path === file.path))).toHaveLength(1)
    expect((await rowsOf(version))[codeOf(1)]?.['name']).toBe('新名')
    expect(Object.keys(await rowsOf(version))).toHaveLength(8)
  })

  test('comes when time alone has changed a row, at the instant the row said', async () => {
    await home.submit('scjg', registrations(1))
    await home.submit('xk', [licence({ validTo: day('2026-03-31') }, { uscc: codeOf(1), authority: 'xk' })])
    await published()
    home.at = instant('2026-03-31T15:59:59.999Z')
    expect((await publishOrganisations()).outcome).toBe('unchanged')
    home.at = instant('2026-03-31T16:00:00.000Z')
    expect((await rowsOf(await published()))[codeOf(1)]).toMatchObject({ licences: [], next_change_at: null })
  })

  test('does not come when nothing has changed, and the pointer tells since when that is known', async () => {
    await home.submit('scjg', registrations(1))
    await published()
    home.at = instant('2026-01-05T00:00:00.000Z')
    await home.submit('scjg', registrations(1))
    expect(await publishOrganisations()).toMatchObject({ outcome: 'unchanged', version: { version: 1 } })
    expect(await findLatest(home.objects, 'organisations')).toMatchObject({
      version: 1,
      confirmed: { at: '2026-01-05T00:00:00.000Z' },
    })
  })

  test('comes all the same when it is forced, with the files there are', async () => {
    await home.submit('scjg', registrations(1, 2))
    const first = await readManifest(home.objects, 'organisations', await published())
    const version = await published({ force: true })
    expect(version.version).toBe(2)
    expect((await readManifest(home.objects, 'organisations', version)).files).toEqual(first.files)
  })

  test('is built anew when the policy has changed', async () => {
    await home.submit('scjg', registrations(1, 2, 3))
    await published()
    const policy = { ...home.settings.policy, bucketCount: 1 }
    const publication = await publish(
      { ...home, settings: { ...home.settings, policy } },
      { dataset: 'organisations', commitId: 'other' },
    )
    expect(publication).toMatchObject({
      outcome: 'published',
      built: 'full',
      version: { version: 2, files: 1, rows: 3 },
    })
  })

  test('takes no step back when the clock was set back', async () => {
    await home.submit('scjg', registrations(1))
    await published()
    home.at = instant('2025-06-01T00:00:00.000Z')
    expect((await published({ force: true })).validAt).toBe('2026-01-01T00:00:00.000Z')
  })

  test('takes part in no entry that is not applied', async () => {
    await home.submit('scjg', registrations(1))
    await home.store.commit([], {
      id: 'waiting',
      kind: 'submission-received',
      at: home.at,
      payload: {
        authority: 'xk',
        submissionId: 'waiting',
        sentAt: home.at,
        parts: [{ sha256: 'none', records: 1 }],
      },
    })
    await sealPending(home)
    expect((await published()).ledgerSize).toBe(1)
  })
})

describe('gates', () => {
  test('a fall in rows keeps the version back, and nothing of it is stored', async () => {
    await home.submit(
      'cf',
      [1, 2, 3].map((n) => penalty({ publishedTo: day('2026-01-31') }, { uscc: codeOf(n) })),
    )
    await home.submit('scjg', registrations(4))
    await published()
    const before = await listObjects(home.objects, 'organisations')
    home.at = instant('2026-02-01T00:00:00.000Z')
    expect(await publishOrganisations()).toEqual({
      outcome: 'gated',
      findings: [{ id: 'rows-fallen', failing: 3 }],
    })
    expect(await listObjects(home.objects, 'organisations')).toEqual(before)
    expect((await findVersion(home, 'organisations', 'latest'))?.version).toBe(1)
  })

  test('whoever accepts the fall has it recorded', async () => {
    await home.submit(
      'cf',
      [1, 2].map((n) => penalty({ publishedTo: day('2026-01-31') }, { uscc: codeOf(n) })),
    )
    await home.submit('scjg', registrations(4))
    await published()
    home.at = instant('2026-02-01T00:00:00.000Z')
    const version = await published({ acceptDrop: true })
    const { checks } = await readQuality(home.objects, 'organisations', version)
    expect(checks.find(({ id }) => id === 'rows-fallen')).toMatchObject({ failing: 2, accepted: true })
    await sealPending(home)
    const number = (await findNumber(home.store, 'dataset-published:organisations:2')) ?? -1
    expect((await findSealedEntry(home.store, number))?.payload).toMatchObject({ acceptedDrop: true })
  })

  test('a code that is none keeps the version back', async () => {
    await home.submit('scjg', [registration({}, { uscc: '91310000YY000001X8' })])
    expect(await publishOrganisations()).toEqual({
      outcome: 'gated',
      findings: [{ id: 'code-invalid', failing: 1 }],
    })
  })

  test('a name of spaces keeps the version back', async () => {
    await home.submit('scjg', [registration({ name: ' ' }, { uscc: codeOf(1) })])
    expect(await publishOrganisations()).toEqual({
      outcome: 'gated',
      findings: [{ id: 'name-absent', failing: 1 }],
    })
  })

  test('what is only to be reported is counted, and carried with the file it is in', async () => {
    const reversed = { operatingFrom: day('2026-01-01'), operatingTo: day('2025-01-01') }
    await home.submit('scjg', [...registrations(1, 2, 3), registration(reversed, { uscc: codeOf(4) })])
    await published()
    await home.submit('xk', [licence({}, { uscc: codeOf(5), authority: 'xk' })])
    const { checks } = await readQuality(home.objects, 'organisations', await published())
    expect(checks.find(({ id }) => id === 'operating-period-reversed')?.failing).toBe(1)
    expect(checks.find(({ id }) => id === 'registration-absent')?.failing).toBe(5)
  })
})

describe('a clock that is wrong', () => {
  const AHEAD = instant('2031-01-01T00:00:00.000Z')
  const penalties = () => [1, 2, 3].map((n) => penalty({}, { uscc: codeOf(n) }))

  test('far ahead keeps the version back, and confirms nothing of the one that stands', async () => {
    await home.submit('cf', penalties())
    await home.submit('scjg', registrations(4))
    await published()
    const before = await listObjects(home.objects, 'organisations')
    home.at = AHEAD
    const findings = [{ id: 'clock-ahead', failing: 1826 }]
    const fallen = { id: 'rows-fallen', failing: 3 }
    expect(await publishOrganisations()).toEqual({ outcome: 'gated', findings: [fallen, ...findings] })
    expect(await publishOrganisations({ acceptDrop: true })).toEqual({ outcome: 'gated', findings })
    expect(await listObjects(home.objects, 'organisations')).toEqual(before)
  })

  test('far ahead confirms nothing where no row would change', async () => {
    await home.submit('scjg', registrations(1))
    await published()
    home.at = AHEAD
    expect(await publishOrganisations()).toMatchObject({ findings: [{ id: 'clock-ahead' }] })
    home.at = instant('2026-01-02T00:00:00.000Z')
    expect(await publishOrganisations()).toMatchObject({ outcome: 'unchanged', confirmed: { at: home.at } })
  })

  test('far ahead at the first version is seen by what was received before', async () => {
    await home.submit('scjg', registrations(1))
    home.at = AHEAD
    expect(await publishOrganisations()).toMatchObject({ findings: [{ id: 'clock-ahead' }] })
  })

  test('is not suspected where nothing was received yet', async () => {
    home.at = AHEAD
    expect((await published()).rows).toBe(0)
  })

  test('is not suspected after half a year of rest, nor after years in which somebody looked', async () => {
    await home.submit('scjg', registrations(1))
    await published()
    for (const at of ['2026-06-30', '2026-12-27', '2027-06-25']) {
      home.at = instant(`${at}T00:00:00.000Z`)
      expect((await publishOrganisations()).outcome).toBe('unchanged')
    }
    home.at = instant('2028-06-01T00:00:00.000Z')
    await home.submit('scjg', registrations(2))
    expect((await published()).version).toBe(2)
  })

  test('that is none is let through, and recorded', async () => {
    await home.submit('scjg', registrations(1))
    await published()
    home.at = AHEAD
    const version = await published({ acceptClock: true, force: true })
    const { checks } = await readQuality(home.objects, 'organisations', version)
    expect(checks.find(({ id }) => id === 'clock-ahead')).toMatchObject({ failing: 1826, accepted: true })
    await sealPending(home)
    const number = (await findNumber(home.store, 'dataset-published:organisations:2')) ?? -1
    expect((await findSealedEntry(home.store, number))?.payload).toMatchObject({
      acceptedClock: true,
      acceptedDrop: false,
    })
  })

  test('and was believed is taken back by a full build that is forced, and by nothing else', async () => {
    await home.submit('cf', penalties())
    await published()
    const now = home.at
    home.at = AHEAD
    expect((await published({ acceptClock: true, acceptDrop: true })).rows).toBe(0)
    home.at = now
    expect((await published({ force: true })).validAt).toBe(AHEAD)
    expect(await publishOrganisations({ full: true })).toMatchObject({ confirmed: { at: AHEAD } })
    const mended = await published({ full: true, force: true })
    expect(mended).toMatchObject({ validAt: now, rows: 3 })
    expect(await findLatest(home.objects, 'organisations')).toMatchObject({
      version: mended.version,
      confirmed: { at: now },
    })
    home.at = instant('2026-01-02T00:00:00.000Z')
    await home.submit('scjg', registrations(1))
    expect(await published()).toMatchObject({ validAt: home.at, rows: 3 })
  })

  test('by less than a day is two machines’, and takes nothing back', async () => {
    await home.submit('scjg', registrations(1))
    await published()
    home.at = instant('2025-12-31T01:00:00.000Z')
    expect((await published({ full: true, force: true })).validAt).toBe('2026-01-01T00:00:00.000Z')
  })
})

describe('two publishers at once', () => {
  test('one version comes of it, and the other publisher is told which', async () => {
    await home.submit('scjg', registrations(1, 2))
    const both = await Promise.all([publishOrganisations(), publishOrganisations()])
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['published', 'superseded'])
    const [left, right] = both.map((each) => ('version' in each ? each.version : undefined))
    expect(left).toEqual(right)
    const versions = await collect(listVersions(home.store, 'organisations'))
    expect(versions.map(({ version }) => version)).toEqual([1])
  })
})

type Event = { readonly records: readonly FactRecord[]; readonly days: number }

describe('for any history', () => {
  const anOrganisation = fc.integer({ min: 1, max: 12 }).map((n) => codeOf(n))
  const anEvent: fc.Arbitrary<Event> = fc.record({
    records: fc.array(anOrganisation.chain(anyRecord), { maxLength: 6 }),
    days: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 })),
  })

  test('what was built step by step is byte for byte what a full build makes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anEvent, { minLength: 1, maxLength: 5 }), async (events) => {
        const own = await openTestHome(3)
        try {
          for (const { records, days } of events) {
            await submitByAuthority(own, records)
            own.at = laterBy(own.at, days)
            const step = await publish(own, {
              dataset: 'organisations',
              commitId: `c${++attempts}`,
              acceptDrop: true,
              acceptClock: true,
            })
            expect(['published', 'unchanged']).toContain(step.outcome)
            const again = await publish(own, {
              dataset: 'organisations',
              commitId: `c${++attempts}`,
              full: true,
            })
            expect(again.outcome).toBe('unchanged')
          }
        } finally {
          await own.close()
        }
      }),
      { numRuns: 14 },
    )
  })
})

async function submitByAuthority(own: Home, records: readonly FactRecord[]): Promise<void> {
  const documents = new Map<string, FactRecord[]>()
  for (const record of records) {
    documents.set(record.authority, [...(documents.get(record.authority) ?? []), record])
  }
  for (const [authority, some] of documents) await own.submit(authority, some)
}

function laterBy(at: Instant, days: number): Instant {
  return startOfChinaDay(addDays(day(at.slice(0, 10)), days + 1))
}

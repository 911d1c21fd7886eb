import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type CalendarDate, instantOf } from '../shared/base/instant.ts'
import { jsonColumns } from '../shared/datasets/columns.ts'
import { literal, withEngine } from '../shared/datasets/engine.ts'
import { publicationId, versionKey } from '../shared/datasets/keys.ts'
import {
  type Publication,
  type PublishingWorld,
  type PublishOptions,
  publish,
} from '../shared/datasets/publish.ts'
import { rowOf } from '../shared/datasets/row.ts'
import { openDatabase } from '../shared/embedded/database.ts'
import { openObjects } from '../shared/embedded/objects.ts'
import { openStore } from '../shared/embedded/store.ts'
import { completeUscc } from '../shared/identity/uscc.ts'
import { entryKey } from '../shared/ledger/outbox.ts'
import { findLedgerSize } from '../shared/ledger/sealed.ts'
import type { Objects, SealingStore } from '../shared/ports.ts'
import { PART_RECORD_LIMIT } from '../shared/records/part.ts'
import type { FactRecord } from '../shared/records/record.ts'
import { listStanding } from '../shared/records/store.ts'
import { ledgerSettingsSchema, policySchema } from '../shared/settings.ts'
import { holdSubmission } from '../test/records/held.ts'
import { median } from './median.ts'

export type PublishBenchOptions = {
  readonly organisations?: number
  /** Each figure is the median of so many runs. */
  readonly rounds?: number
  readonly report?: (line: string) => void
}

export type PublishBench = {
  readonly organisations: number
  readonly rows: number
  /** Seconds, medians; `ratio` is of a publication to one plain COPY of the same rows. */
  readonly fullSeconds: number
  readonly changedSeconds: number
  readonly plainCopySeconds: number
  readonly fullRatio: number
  readonly changedRatio: number
}

type Bench = {
  readonly directory: string
  readonly store: SealingStore
  readonly archive: Objects
  readonly organisations: number
  readonly report: (line: string) => void
}

const DATASET = 'organisations'
const START = Date.parse('2026-06-01T00:00:00Z')
const settings = { authorities: [], policy: policySchema.parse({}), ledger: ledgerSettingsSchema.parse({}) }
// What the benchmark's ledger is signed with matters to nobody
const signer = { verifierKey: new Uint8Array(32), sign: async () => new Uint8Array(64) }
const nowhere = { send: async () => undefined }

/** Times publications of synthetic organisations beside plain DuckDB, in one run. */
export async function benchPublish(options: PublishBenchOptions = {}): Promise<PublishBench> {
  const { organisations = 100_000, rounds = 3, report = console.log } = options
  const directory = await mkdtemp(join(tmpdir(), 'credit-fusion-bench-'))
  const database = openDatabase(join(directory, 'home.sqlite'))
  try {
    const archive = await openObjects(join(directory, 'archive'))
    const bench: Bench = { directory, store: openStore(database), archive, organisations, report }
    await load(bench)
    return await measure(bench, rounds)
  } finally {
    database.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure(bench: Bench, rounds: number): Promise<PublishBench> {
  const { report, organisations } = bench
  const plain = await preparePlainCopy(bench)
  const times = { full: [] as number[], changed: [] as number[], plain: [] as number[] }
  let rows = 0
  for (let round = 0; round < rounds; round++) {
    times.plain.push(await plain.copy())
    const world = await freshWorld(bench, round)
    const full = await publishTimed(world, { dataset: DATASET, commitId: `full-${round}` })
    times.full.push(full.seconds)
    if (full.publication.outcome === 'published') rows = full.publication.version.rows
    await change(bench, round)
    const changed = await publishTimed(world, { dataset: DATASET, commitId: `changed-${round}` })
    times.changed.push(changed.seconds)
    report(`  round ${round + 1}: ${full.publication.outcome}, ${changed.publication.outcome}`)
    await forgetVersions(bench, 2)
  }
  const [fullSeconds, changedSeconds, plainCopySeconds] = [
    median(times.full),
    median(times.changed),
    median(times.plain),
  ]
  const [fullRatio, changedRatio] = [fullSeconds / plainCopySeconds, changedSeconds / plainCopySeconds]
  report(`plain DuckDB COPY of ${rows} rows: ${plainCopySeconds.toFixed(2)} s`)
  report(`full publication: ${fullSeconds.toFixed(2)} s, ${fullRatio.toFixed(1)} × plain`)
  report(`0.1 % changed: ${changedSeconds.toFixed(2)} s, ${changedRatio.toFixed(1)} × plain`)
  return { organisations, rows, fullSeconds, changedSeconds, plainCopySeconds, fullRatio, changedRatio }
}

async function publishTimed(
  world: PublishingWorld,
  options: PublishOptions,
): Promise<{ seconds: number; publication: Publication }> {
  const start = performance.now()
  const publication = await publish(world, options)
  return { seconds: (performance.now() - start) / 1000, publication }
}

// Each round publishes a first version: without a parent, and with nowhere to find an object that is there already
async function freshWorld({ directory, store }: Bench, round: number): Promise<PublishingWorld> {
  const objects = await openObjects(join(directory, `objects-${round}`))
  return { store, objects, settings, now: () => instantOf(START + 1000) }
}

async function forgetVersions({ store }: Bench, versions: number): Promise<void> {
  for (let version = 1; version <= versions; version++) {
    await store.remove([versionKey(DATASET, version), entryKey(publicationId(DATASET, version))])
  }
}

async function preparePlainCopy({
  directory,
  store,
  organisations,
}: Bench): Promise<{ copy: () => Promise<number> }> {
  const source = join(directory, 'plain.ndjson')
  const ledgerSize = await findLedgerSize(store)
  const lines = async function* (): AsyncGenerator<string> {
    for (let n = 0; n < organisations; n++) {
      const uscc = codeOf(n)
      const records = await listStanding(store, { kind: 'uscc', value: uscc }, ledgerSize)
      const line = rowOf({ uscc, records, policy: settings.policy, validAt: instantOf(START + 1000) })
      if (line !== undefined) yield line
    }
  }
  await pipeline(lines, createWriteStream(source))
  const copy = (): Promise<number> =>
    withEngine(async (engine) => {
      const start = performance.now()
      await engine.run(
        `COPY (SELECT * FROM read_json(${literal(source)}, format = 'newline_delimited', columns = ${jsonColumns}))
         TO ${literal(join(engine.directory, 'plain.parquet'))} (FORMAT parquet, COMPRESSION zstd)`,
      )
      return (performance.now() - start) / 1000
    })
  // Once before it counts: the file is in the page cache, the library loaded
  await copy()
  return { copy }
}

async function load(bench: Bench): Promise<void> {
  const { organisations, report } = bench
  const start = performance.now()
  let part: FactRecord[] = []
  let records = 0
  for (let n = 0; n < organisations; n++) {
    part.push(...recordsOf(n))
    if (part.length < PART_RECORD_LIMIT && n < organisations - 1) continue
    records += part.length
    await submit(bench, part, `load-${n}`)
    part = []
  }
  report(
    `loaded ${records} records of ${organisations} organisations in ${((performance.now() - start) / 1000).toFixed(1)} s`,
  )
}

/** Every thousandth organisation gets a registration of a later day. */
async function change(bench: Bench, round: number): Promise<void> {
  const changed: FactRecord[] = []
  for (let n = 0; n < bench.organisations; n += 1000) changed.push(registrationOf(n, `2026-05-${10 + round}`))
  await submit(bench, changed, `change-${round}`)
}

async function submit(
  { store, archive }: Bench,
  records: readonly FactRecord[],
  submissionId: string,
): Promise<void> {
  const world = {
    store,
    objects: archive,
    queues: { inbox: nowhere, sealed: nowhere },
    now: () => instantOf(START),
    ...{ settings, signer },
  }
  const sentAt = instantOf(START)
  await holdSubmission(world, { authority: 'scjg', submissionId, sentAt, parts: [records] })
}

function codeOf(n: number): string {
  return completeUscc({ prefix: '91', division: '310000', body: `YY${String(n).padStart(6, '0')}` })
}

function recordsOf(n: number): readonly FactRecord[] {
  const licences = Array.from({ length: n % 3 }, (_, index) => licenceOf(n, index))
  return [registrationOf(n, '2020-03-04'), ...licences, ...(n % 4 === 0 ? [penaltyOf(n)] : [])]
}

function base(n: number, authority: string, document: string) {
  const subject = { kind: 'uscc' as const, value: codeOf(n) }
  return { authority, subject, otherIdentifiers: [], document, revision: '', layout: 'bench@1' }
}

function registrationOf(n: number, approvedOn: string): FactRecord {
  return {
    type: 'registration',
    ...base(n, 'scjg', codeOf(n)),
    revision: approvedOn,
    facts: {
      name: `某某市第${n}号示例实业有限公司`,
      registrationNumber: `31000000${String(n).padStart(6, '0')}0`,
      organisationType: '有限责任公司(自然人投资或控股)',
      status: '存续',
      registrationAuthority: `某某区市场监督管理局第${n % 50}分局`,
      address: `某某路${n % 900}号`,
      registeredCapital: String((n % 500) * 10_000),
      capitalCurrency: '人民币',
      businessScope: '一般项目：技术服务、技术开发、技术咨询、技术交流、技术转让、技术推广；日用百货销售。',
      approvedOn: date(approvedOn),
      establishedOn: date(`20${String(n % 20).padStart(2, '0')}-0${1 + (n % 9)}-15`),
      operatingFrom: date(`20${String(n % 20).padStart(2, '0')}-0${1 + (n % 9)}-15`),
    },
  }
}

function licenceOf(n: number, index: number): FactRecord {
  const documentNumber = `某许字〔2025〕第${n}-${index}号`
  return {
    type: 'licence',
    ...base(n, 'xk', documentNumber),
    facts: {
      subjectName: `某某市第${n}号示例实业有限公司`,
      documentNumber,
      category: '普通',
      certificateName: '食品经营许可证',
      certificateNumber: `JY1310000${String(n).padStart(7, '0')}`,
      content: '食品销售（含冷藏冷冻食品）',
      decidedOn: date('2025-03-01'),
      validFrom: date('2025-03-01'),
      validTo: date(`2030-0${1 + (n % 9)}-28`),
      licensingAuthority: `某某区市场监督管理局第${n % 50}分局`,
      status: 'valid',
    },
  }
}

function penaltyOf(n: number): FactRecord {
  const documentNumber = `某罚字〔2025〕第${n}号`
  return {
    type: 'penalty',
    ...base(n, 'cf', documentNumber),
    facts: {
      subjectName: `某某市第${n}号示例实业有限公司`,
      documentNumber,
      grounds: '未按规定公示年度报告。',
      kinds: ['责令停产停业'],
      fineYuan: String(1000 + (n % 90) * 100),
      decidedOn: date(`2025-0${1 + (n % 9)}-11`),
      publishedTo: date(`2027-0${1 + (n % 9)}-11`),
      penaltyAuthority: `某某区市场监督管理局第${n % 50}分局`,
    },
  }
}

// Written by this file, not read from anywhere
function date(text: string): CalendarDate {
  return text as CalendarDate
}

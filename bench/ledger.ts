import { hash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Home, openHome } from '../shared/embedded/home.ts'
import { growLog, publishCheckpoint, putFiles } from '../shared/ledger/log.ts'
import { sealPending } from '../shared/ledger/seal.ts'
import { median } from './median.ts'
import { openTessera } from './tessera.ts'

const TEMPLATE = fileURLToPath(new URL('../examples/deployment/', import.meta.url))

/** As many as the sealer numbers at once. */
const BATCH = 5_000
/** Commits asked for at once by many writers: they share a transaction. */
const TOGETHER = 500
const HASH_BYTES = 32

export type LedgerBenchOptions = {
  readonly entries: number
  readonly rounds: number
  readonly report: (line: string) => void
}

/** Entries, hashes or fsyncs a second. */
type Speeds = {
  readonly toFiles: number
  /** One writer, who waits for each entry to be durable before the next. */
  readonly oneByOne: number
  readonly together: number
  /** Absent where there is no Go to build it with. */
  readonly tessera?: number
  readonly hashes: number
  readonly fsyncs: number
}

/**
 * Entries a second into the durable files of the log, with a checkpoint for each batch, and from the commit in SQLite
 * until the log shows them; beside the bare limits, one SHA-256 of a leaf for each and one fsync for each, and beside
 * Tessera's POSIX log with as many entries as long as ours.
 */
export async function benchLedger(options: LedgerBenchOptions): Promise<object> {
  const tessera = await openTessera()
  try {
    return await benchBeside(tessera, options)
  } finally {
    if ('close' in tessera) await tessera.close()
  }
}

async function benchBeside(
  tessera: Awaited<ReturnType<typeof openTessera>>,
  { entries, rounds, report }: LedgerBenchOptions,
): Promise<object> {
  const runs: Speeds[] = []
  for (let round = 0; round < rounds; round++) {
    const run = {
      hashes: entries / timeHashes(entries),
      fsyncs: await inDirectory((directory) => measureFsyncs(directory)),
      toFiles: entries / (await withHome((home) => timeFiles(home, entries))),
      ...('time' in tessera && { tessera: entries / (await tessera.time(entries, BATCH)) }),
      together: entries / (await withHome((home) => timeEndToEnd(home, entries, TOGETHER))),
      oneByOne: ONE_BY_ONE / (await withHome((home) => timeEndToEnd(home, ONE_BY_ONE, 1))),
    }
    runs.push(run)
    report(`  round ${round + 1}: ${JSON.stringify(rounded(run))}`)
  }
  const of = (name: keyof Speeds) => median(runs.map((run) => run[name] ?? Number.NaN))
  const speeds = {
    ...{ toFiles: of('toFiles'), together: of('together'), oneByOne: of('oneByOne') },
    ...{ hashes: of('hashes'), fsyncs: of('fsyncs') },
    ...('time' in tessera && { tessera: of('tessera') }),
  }
  return {
    ...{ entries, rounds, perSecond: rounded(speeds), load: loadavg().map(Math.round) },
    toFilesOfHashes: speeds.toFiles / speeds.hashes,
    oneByOneOfFsyncs: speeds.oneByOne / speeds.fsyncs,
    ...('missing' in tessera
      ? { withoutTessera: tessera.missing }
      : { toFilesOfTessera: speeds.toFiles / (speeds.tessera ?? Number.NaN) }),
  }
}

/** Each takes an fsync or more. */
const ONE_BY_ONE = 5_000

function rounded(speeds: Speeds): object {
  return Object.fromEntries(Object.entries(speeds).map(([name, value]) => [name, Math.round(value)]))
}

async function timeFiles({ objects, ledgerSigner, settings }: Home, entries: number): Promise<number> {
  const commitments = Array.from({ length: entries }, () => randomBytes(HASH_BYTES))
  const signing = { origin: settings.ledger.origin, signer: ledgerSigner }
  return timed(async () => {
    for (let size = 0; size < entries; size += BATCH) {
      const growth = await growLog(objects, { size }, commitments.slice(size, size + BATCH))
      await putFiles(objects, growth.files)
      await publishCheckpoint(objects, growth, signing)
    }
  })
}

async function timeEndToEnd(home: Home, entries: number, atOnce: number): Promise<number> {
  const world = { ...home, signer: home.ledgerSigner }
  while ((await sealPending(world)) > 0);
  return timed(async () => {
    for (let begin = 0; begin < entries; begin += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, (_, at) => commitOne(home, begin + at)))
    }
    let sealed = 0
    while (sealed < entries) sealed += await sealPending(world)
  })
}

async function commitOne({ store, now }: Home, n: number): Promise<void> {
  const payload = { authority: 'demo-market-regulator', submissionId: `bench-${n}`, received: 1_000 }
  await store.commit([], { id: `bench:${n}`, kind: 'bench', at: now(), payload })
}

function timeHashes(entries: number): number {
  const leaf = randomBytes(1 + 58)
  const begin = performance.now()
  for (let n = 0; n < entries; n++) hash('sha256', leaf, 'buffer')
  return (performance.now() - begin) / 1_000
}

const FSYNCS = 200

async function measureFsyncs(directory: string): Promise<number> {
  const file = await open(join(directory, 'bare'), 'w')
  const seconds = await timed(async () => {
    for (let n = 0; n < FSYNCS; n++) {
      await file.write(randomBytes(58))
      await file.sync()
    }
  })
  await file.close()
  return FSYNCS / seconds
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now()
  await work()
  return (performance.now() - begin) / 1_000
}

async function withHome<T>(work: (home: Home) => Promise<T>): Promise<T> {
  return inDirectory(async (directory) => {
    const home = await openHome({ directory, template: TEMPLATE })
    try {
      return await work(home)
    } finally {
      home.close()
    }
  })
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-ledger-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

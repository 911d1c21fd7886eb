import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../base/digest.ts'
import { chinaDate, type Instant, instantOf } from '../base/instant.ts'
import type { World } from '../ports.ts'
import { listStanding } from '../records/store.ts'
import type { BuiltFile, CheckedFile } from './checked-file.ts'
import { columnNames, fieldIds, jsonColumns } from './columns.ts'
import { type Engine, literal } from './engine.ts'
import { countFailing } from './failing-rows.ts'
import { fetchFile } from './files.ts'
import { type DatasetName, dataKey } from './keys.ts'
import type { DataFile, Manifest, Pins } from './manifest.ts'
import type { Plan } from './plan.ts'
import { rowOf } from './row.ts'

/** All files of the version by bucket, and which of them were built now. */
export type Build<File extends CheckedFile = CheckedFile> = {
  readonly files: readonly DataFile[]
  readonly built: readonly File[]
}

export type BuildInput = {
  readonly dataset: DatasetName
  readonly version: number
  readonly plan: Plan
  readonly parent: Manifest | undefined
  /** How many of the buckets that are to be built are. */
  readonly onBucket: (done: number) => void
}

/** One bucket to be built: the organisations that may have changed, and the file that holds the others. */
export type BucketJob = {
  readonly dataset: DatasetName
  readonly version: number
  readonly pins: Pins
  readonly bucket: number
  /** Ascending. */
  readonly codes: readonly string[]
  /** The parent's file; undefined where it has none, or where the bucket is built anew. */
  readonly parentFile: DataFile | undefined
}

type BuildWorld = Pick<World, 'store' | 'objects' | 'settings'>

/**
 * Builds the buckets that hold something changed: the parent's rows without those that may have changed, and these
 * as they are now. A bucket's bytes follow from its rows alone, so they are those of a full build, and a bucket that
 * comes out as it was stays the parent's file.
 */
export async function buildFiles(
  world: BuildWorld,
  engine: Engine,
  input: BuildInput,
): Promise<Build<BuiltFile>> {
  const results: BucketResult<BuiltFile>[] = []
  for await (const gathered of ahead(gatherBuckets(world, engine, input))) {
    results.push(await writeBucket(engine, gathered, parentFileOf(input.parent, gathered.job.bucket)))
    input.onBucket(results.length)
  }
  return assembleBuild(input.plan.kind, input.parent, results)
}

/** What a bucket came to; no `built` where it has no rows. */
export type BucketResult<File extends CheckedFile> = {
  readonly bucket: number
  readonly built: File | undefined
}

/** The files of the version: those built now, and the parent's where nothing was. */
export function assembleBuild<File extends CheckedFile>(
  kind: Plan['kind'],
  parent: Manifest | undefined,
  results: readonly BucketResult<File>[],
): Build<File> {
  const files = new Map(kind === 'full' ? [] : parent?.files.map((file) => [file.bucket, file]))
  for (const { bucket, built } of results) {
    files.delete(bucket)
    if (built !== undefined) files.set(bucket, built.file)
  }
  const built = results.flatMap((result) => (result.built === undefined ? [] : [result.built]))
  return { files: [...files.values()].sort((left, right) => left.bucket - right.bucket), built }
}

/** Builds one bucket by itself; `before` is the parent's file, which it stays where it comes out the same. */
export async function buildBucket(
  world: BuildWorld,
  engine: Engine,
  { job, before }: { readonly job: BucketJob; readonly before: DataFile | undefined },
): Promise<BucketResult<BuiltFile>> {
  return writeBucket(engine, await gatherBucket(world, engine, job), before)
}

function parentFileOf(parent: Manifest | undefined, bucket: number): DataFile | undefined {
  return parent?.files.find((file) => file.bucket === bucket)
}

/** One bucket's changed rows as lines of JSON, and the file that holds the others. */
type GatheredBucket = {
  readonly job: BucketJob
  readonly rows: string
  readonly longestLineBytes: number
  readonly parent: { readonly local: string; readonly changed: string } | undefined
}

async function* gatherBuckets(
  world: BuildWorld,
  engine: Engine,
  { dataset, version, plan, parent }: BuildInput,
): AsyncGenerator<GatheredBucket> {
  for (const [bucket, codes] of plan.changed) {
    const parentFile = plan.kind === 'full' ? undefined : parentFileOf(parent, bucket)
    yield gatherBucket(world, engine, { dataset, version, pins: plan.pins, bucket, codes, parentFile })
  }
}

async function gatherBucket(world: BuildWorld, engine: Engine, job: BucketJob): Promise<GatheredBucket> {
  const { bucket, codes, parentFile } = job
  const rows = join(engine.directory, `rows-${bucket}.ndjson`)
  const longestLineBytes = await writeLines(rows, readLines(world, job))
  if (parentFile === undefined) return { job, rows, longestLineBytes, parent: undefined }
  const changed = join(engine.directory, `changed-${bucket}.ndjson`)
  await writeLines(changed, [codes.map((uscc) => `${JSON.stringify({ uscc })}\n`)])
  const local = await fetchFile(world.objects, parentFile, engine.directory)
  return { job, rows, longestLineBytes, parent: { local, changed } }
}

/** Gathers the next bucket while the engine writes this one: one reads the store, the other is DuckDB's own threads. */
async function* ahead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next()
  try {
    for (;;) {
      const result = await next
      if (result.done === true) return
      next = items.next()
      // If nobody gets to await it, the loop's own fault is the one to be told of
      next.catch(() => undefined)
      yield result.value
    }
  } finally {
    // Whoever removes the directory next is not to find somebody writing in it
    await next.catch(() => undefined)
  }
}

/** The lines of the organisations that have a row, a batch at a time: a store over a network answers many at once. */
async function* readLines(world: BuildWorld, { pins, codes }: BucketJob): AsyncGenerator<string[]> {
  const { policy } = world.settings
  for (let at = 0; at < codes.length; at += READS_AT_ONCE) {
    const lines = await Promise.all(
      codes.slice(at, at + READS_AT_ONCE).map(async (uscc) => {
        const records = await listStanding(world.store, { kind: 'uscc', value: uscc }, pins.ledgerSize)
        return rowOf({ uscc, records, policy, validAt: pins.validAt })
      }),
    )
    yield lines.filter((line) => line !== undefined)
  }
}

const READS_AT_ONCE = 64

/** Writes lines to a new file; answers an upper bound of the longest one's bytes. */
async function writeLines(
  path: string,
  batches: AsyncIterable<string[]> | Iterable<string[]>,
): Promise<number> {
  const file = await open(path, 'wx')
  try {
    let longest = 0
    for await (const lines of batches) {
      for (const line of lines) longest = Math.max(longest, line.length)
      await file.write(lines.join(''))
    }
    return longest * UTF8_BYTES_PER_UNIT
  } finally {
    await file.close()
  }
}

// A UTF-16 unit is at most three bytes of UTF-8
const UTF8_BYTES_PER_UNIT = 3

/** Sorts a bucket's rows into a Parquet file. */
async function writeBucket(
  engine: Engine,
  gathered: GatheredBucket,
  before: DataFile | undefined,
): Promise<BucketResult<BuiltFile>> {
  const { bucket, pins } = gathered.job
  const local = join(engine.directory, `built-${bucket}.parquet`)
  await engine.run(
    `COPY (${selectRows(gathered)} ORDER BY uscc) TO ${literal(local)}
     (FORMAT parquet, COMPRESSION zstd, FIELD_IDS ${fieldIds})`,
  )
  // The lines of a whole dataset are eight times its files
  await rm(gathered.rows)
  if (gathered.parent !== undefined) await rm(gathered.parent.changed)
  const after = await describeFile(engine, local, gathered.job)
  if (after === undefined) return { bucket, built: undefined }
  const isNew = before?.sha256 !== after.sha256
  const failing = await countFailing(engine, local, chinaDate(pins.validAt))
  return { bucket, built: { file: isNew ? after : before, local, isNew, failing } }
}

async function describeFile(
  engine: Engine,
  local: string,
  { dataset, version, bucket }: BucketJob,
): Promise<DataFile | undefined> {
  const [found] = await engine.query(
    `SELECT count(*)::INTEGER AS rows, epoch_ms(min(next_change_at))::VARCHAR AS next FROM read_parquet(${literal(local)})`,
  )
  const rows = Number(found?.['rows'])
  if (rows === 0) return undefined
  const body = await readFile(local)
  const sha = sha256(body)
  const { path } = dataKey(dataset, { bucket, version, sha256: sha })
  return {
    bucket,
    path,
    sha256: sha,
    sizeBytes: body.length,
    rows,
    nextChangeAt: instantFrom(found?.['next']),
  }
}

function selectRows({ rows, longestLineBytes, parent }: GatheredBucket): string {
  const limit = Math.max(DEFAULT_OBJECT_BYTES, longestLineBytes)
  const now = `SELECT ${columnNames} FROM read_json(${literal(rows)}, format = 'newline_delimited',
    maximum_object_size = ${limit}, columns = ${jsonColumns})`
  if (parent === undefined) return now
  const changed = `SELECT uscc FROM read_json(${literal(parent.changed)}, format = 'newline_delimited',
    columns = {uscc: 'VARCHAR'})`
  return `SELECT ${columnNames} FROM read_parquet(${literal(parent.local)}) WHERE uscc NOT IN (${changed})
    UNION ALL ${now}`
}

// DuckDB's own default, and what it allots a buffer by: raised only for an organisation that needs it
const DEFAULT_OBJECT_BYTES = 16 * 1024 * 1024

function instantFrom(epochMs: unknown): Instant | null {
  return typeof epochMs === 'string' ? instantOf(Number(epochMs)) : null
}

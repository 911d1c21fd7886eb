import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../base/digest.ts'
import { chinaDate, type Instant, instantOf } from '../base/instant.ts'
import type { World } from '../ports.ts'
import { listStanding } from '../records/store.ts'
import { columnNames, fieldIds, jsonColumns } from './columns.ts'
import { type Engine, literal } from './engine.ts'
import { fetchFile } from './files.ts'
import { type DatasetName, dataKey } from './keys.ts'
import type { DataFile, Manifest } from './manifest.ts'
import type { Plan } from './plan.ts'
import { countFailing } from './quality.ts'
import { rowOf } from './row.ts'

/** A file as it lies on disk; `isNew` where it is not the parent's and waits to be stored. */
export type BuiltFile = {
  readonly file: DataFile
  readonly local: string
  readonly isNew: boolean
  /** By quality rule. */
  readonly failing: ReadonlyMap<string, number>
}

/** All files of the version by bucket, and which of them were built now. */
export type Build = { readonly files: readonly DataFile[]; readonly built: readonly BuiltFile[] }

export type BuildInput = {
  readonly dataset: DatasetName
  readonly version: number
  readonly plan: Plan
  readonly parent: Manifest | undefined
  /** How many of the buckets that are to be built are. */
  readonly onBucket: (done: number) => void
}

type BuildWorld = Pick<World, 'store' | 'objects' | 'settings'>

/**
 * Builds the buckets that hold something changed: the parent's rows without those that may have changed, and these
 * as they are now. A bucket's bytes follow from its rows alone, so they are those of a full build, and a bucket that
 * comes out as it was stays the parent's file.
 */
export async function buildFiles(world: BuildWorld, engine: Engine, input: BuildInput): Promise<Build> {
  const { plan, parent } = input
  const files = new Map(plan.kind === 'full' ? [] : parent?.files.map((file) => [file.bucket, file]))
  const built: BuiltFile[] = []
  let done = 0
  for await (const staged of ahead(stageBuckets(world, engine, input))) {
    const before = parent?.files.find(({ bucket }) => bucket === staged.bucket)
    const after = await writeBucket(engine, input, staged)
    files.delete(staged.bucket)
    if (after !== undefined) {
      const isNew = before?.sha256 !== after.file.sha256
      const file = isNew ? after.file : before
      files.set(staged.bucket, file)
      const failing = await countFailing(engine, after.local, chinaDate(plan.pins.validAt))
      built.push({ file, local: after.local, isNew, failing })
    }
    input.onBucket(++done)
  }
  return { files: [...files.values()].sort((left, right) => left.bucket - right.bucket), built }
}

/** One bucket's changed rows as lines of JSON, and the file that holds the others. */
type StagedBucket = {
  readonly bucket: number
  readonly rows: string
  readonly longestLineBytes: number
  readonly parent: { readonly local: string; readonly changed: string } | undefined
}

async function* stageBuckets(
  world: BuildWorld,
  engine: Engine,
  input: BuildInput,
): AsyncGenerator<StagedBucket> {
  const { plan, parent } = input
  for (const [bucket, codes] of plan.changed) {
    const rows = join(engine.directory, `rows-${bucket}.ndjson`)
    const longestLineBytes = await writeLines(rows, readLines(world, plan, codes))
    const file = plan.kind === 'full' ? undefined : parent?.files.find((each) => each.bucket === bucket)
    if (file === undefined) {
      yield { bucket, rows, longestLineBytes, parent: undefined }
      continue
    }
    const changed = join(engine.directory, `changed-${bucket}.ndjson`)
    await writeLines(changed, [codes.map((uscc) => `${JSON.stringify({ uscc })}\n`)])
    const local = await fetchFile(world.objects, file, engine.directory)
    yield { bucket, rows, longestLineBytes, parent: { local, changed } }
  }
}

/** Stages the next bucket while the engine writes this one: one reads the store, the other is DuckDB's own threads. */
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
async function* readLines(
  world: BuildWorld,
  { pins }: Plan,
  codes: readonly string[],
): AsyncGenerator<string[]> {
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

/** Sorts a bucket's rows into a Parquet file; undefined when it has none. */
async function writeBucket(
  engine: Engine,
  { dataset, version }: BuildInput,
  staged: StagedBucket,
): Promise<Pick<BuiltFile, 'file' | 'local'> | undefined> {
  const local = join(engine.directory, `built-${staged.bucket}.parquet`)
  await engine.run(
    `COPY (${selectRows(staged)} ORDER BY uscc) TO ${literal(local)}
     (FORMAT parquet, COMPRESSION zstd, FIELD_IDS ${fieldIds})`,
  )
  // The lines of a whole dataset are eight times its files
  await rm(staged.rows)
  if (staged.parent !== undefined) await rm(staged.parent.changed)
  const [found] = await engine.query(
    `SELECT count(*)::INTEGER AS rows, epoch_ms(min(next_change_at))::VARCHAR AS next FROM read_parquet(${literal(local)})`,
  )
  const rows = Number(found?.['rows'])
  if (rows === 0) return undefined
  const body = await readFile(local)
  const sha = sha256(body)
  const { path } = dataKey(dataset, { bucket: staged.bucket, version, sha256: sha })
  const nextChangeAt = instantFrom(found?.['next'])
  return {
    local,
    file: { bucket: staged.bucket, path, sha256: sha, sizeBytes: body.length, rows, nextChangeAt },
  }
}

function selectRows({ rows, longestLineBytes, parent }: StagedBucket): string {
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

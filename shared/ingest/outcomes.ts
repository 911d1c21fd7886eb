import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import { sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { ObjectKey, Objects } from '../ports.ts'
import { type Refusal, type RefusalCode, refusalCodes, refusalReasons } from './refusal.ts'

export const outcomes = ['accepted', 'repeated', 'refused', 'unresolved'] as const
export type Outcome = (typeof outcomes)[number]

export const recordOutcomeSchema = z.strictObject({
  /** The record's place in the submission, from 0; blank lines and what stands above the header don't count. */
  index: z.int().min(0),
  outcome: z.enum(outcomes),
  code: z.enum(refusalCodes).optional(),
  path: z.string().optional(),
  reason: z.string().optional(),
})
export type RecordOutcome = z.infer<typeof recordOutcomeSchema>

/** What a record came to; the path of a refusal begins at the record. */
export type RecordResult = Exclude<Outcome, 'refused'> | Refusal

/** Consecutive records of one outcome: how many, and which, or why they are refused. */
const runSchema = z.union([
  z.tuple([z.int().min(1), z.enum(outcomes).exclude(['refused'])]),
  z.tuple([z.int().min(1), z.enum(refusalCodes), z.string()]),
])
type Run = z.infer<typeof runSchema>

/** A chunk of a submission's outcomes in the archive, named by the SHA-256 of its compressed body. */
export type OutcomesReference = { readonly sha256: string; readonly records: number }

/** At worst, when no record comes to what the one before it did, some 6 MB while the next chunk is filled. */
const CHUNK_RECORDS = 100_000

export type Counts = Record<Outcome | 'received', number>

/** Collects outcomes in the order of the records, in chunks that are to be stored as they fill up. */
export type OutcomeList = {
  readonly counts: Readonly<Counts>
  /** How many were refused for each reason. */
  readonly refusals: Readonly<Partial<Record<RefusalCode, number>>>
  add(result: RecordResult): void
  isFull(): boolean
  /** The chunk so far, which ends here; undefined where it is empty. */
  take(): { readonly body: Uint8Array; readonly reference: OutcomesReference } | undefined
}

export function openOutcomes(): OutcomeList {
  const counts: Counts = { received: 0, accepted: 0, repeated: 0, refused: 0, unresolved: 0 }
  const refusals: Partial<Record<RefusalCode, number>> = {}
  let runs: Run[] = []
  let records = 0
  return {
    counts,
    refusals,
    add(result) {
      counts.received++
      counts[typeof result === 'string' ? result : 'refused']++
      if (typeof result !== 'string') refusals[result.code] = (refusals[result.code] ?? 0) + 1
      records++
      const last = runs.at(-1)
      if (last !== undefined && continues(last, result)) last[0]++
      else runs.push(typeof result === 'string' ? [1, result] : [1, result.code, result.path])
    },
    isFull: () => records >= CHUNK_RECORDS,
    take() {
      if (records === 0) return undefined
      const body = zstdCompressSync(JSON.stringify(runs))
      const chunk = { body, reference: { sha256: sha256(body), records } }
      runs = []
      records = 0
      return chunk
    },
  }
}

function continues([, told, path]: Run, result: RecordResult): boolean {
  return typeof result === 'string' ? told === result : told === result.code && path === result.path
}

export function outcomesKey(sha: string): ObjectKey {
  return { area: 'archive', path: `outcomes/${sha.slice(0, 2)}/${sha}` }
}

export type OutcomesWanted = {
  /** The first record that is asked for. */
  readonly from?: number | undefined
  readonly outcomes?: readonly Outcome[] | undefined
  readonly limit?: number
}

/** Outcomes of records in their order, refusals with their reason; `next` is the record to go on from, if there are more. */
export type OutcomesPage = { readonly records: readonly RecordOutcome[]; readonly next?: number }

/** Throws `OUTCOMES_MISSING` or `OUTCOMES_CORRUPT`. */
export async function readOutcomes(
  objects: Objects,
  { outcomes: chunks = [] }: { readonly outcomes?: readonly OutcomesReference[] | undefined },
  { from = 0, outcomes: wanted, limit = Number.POSITIVE_INFINITY }: OutcomesWanted = {},
): Promise<OutcomesPage> {
  const records: RecordOutcome[] = []
  let end = 0
  for (const chunk of chunks) {
    const start = end
    end += chunk.records
    if (end <= from) continue
    for (const found of listWanted(await readRuns(objects, chunk), { start, from, wanted })) {
      if (records.length === limit) return { records, next: found.index }
      records.push(found)
    }
  }
  return { records }
}

async function readRuns(objects: Objects, chunk: OutcomesReference): Promise<readonly Run[]> {
  const found = await objects.find(outcomesKey(chunk.sha256))
  if (found === undefined) throw new Failure('OUTCOMES_MISSING', { retryable: true })
  if (sha256(found.body) !== chunk.sha256) throw new Failure('OUTCOMES_CORRUPT', { retryable: false })
  return z.array(runSchema).parse(JSON.parse(zstdDecompressSync(found.body).toString('utf8')))
}

type RunsWanted = {
  readonly start: number
  readonly from: number
  readonly wanted: readonly Outcome[] | undefined
}

function* listWanted(runs: readonly Run[], { start, from, wanted }: RunsWanted): Generator<RecordOutcome> {
  let end = start
  for (const run of runs) {
    const first = end
    end += run[0]
    const result = run.length === 2 ? run[1] : { code: run[1], path: run[2] }
    if (wanted?.includes(typeof result === 'string' ? result : 'refused') === false) continue
    for (let index = Math.max(first, from); index < end; index++) yield outcomeOf(result, index)
  }
}

/** Tells of the record with this index. */
export function outcomeOf(result: RecordResult, index: number): RecordOutcome {
  if (typeof result === 'string') return { index, outcome: result }
  const { code, path } = result
  return { index, outcome: 'refused', code, path: `/records/${index}${path}`, reason: refusalReasons[code] }
}

import { canonicalJson, type Json } from '../base/canonical.ts'
import { digestOf, sha256 } from '../base/digest.ts'
import { chinaDate } from '../base/instant.ts'
import { findNumber, type SealedEntry } from '../ledger/sealed.ts'
import type { Item, World } from '../ports.ts'
import { putContent } from '../records/content-addressed.ts'
import { REPLAY_ENTRY, type ReplayPayload, type SubmissionPayload, submissionOf } from '../records/entry.ts'
import { recordKey } from '../records/keys.ts'
import {
  type ArchivedRecord,
  encodePart,
  PART_RECORD_LIMIT,
  type PartReference,
  partKey,
  readPart,
} from '../records/part.ts'
import type { FactRecord } from '../records/record.ts'
import { findReplays, lastReplayKey, readParts } from '../records/replays.ts'
import { findWatermark } from '../records/watermark.ts'
import { openDigestSet } from './digest-set.ts'
import type { Layout } from './layouts/layout.ts'
import { findLayout, layoutId, layoutNameOf } from './layouts/registry.ts'
import { minimiseRow, type RowContext } from './minimise.ts'
import type { Refusal } from './refusal.ts'
import { recordRows } from './rows.ts'

export type ReplayingWorld = Pick<World, 'store' | 'objects' | 'now' | 'settings'>

export type ReplayOrder = {
  readonly entry: SealedEntry
  /** The principal who orders it. */
  readonly by: string
  /** Compares, and writes nothing. */
  readonly dryRun: boolean
  /** Asked before each row; without it there is all the time it takes. */
  readonly hasTime?: () => boolean
}

/** What the rows of a submission come to now, beside what is held of them: counts and names of ours, no value. */
export type ReplayReport = {
  readonly authority: string
  readonly submissionId: string
  /** The version of the layout that they were read by. */
  readonly layout: string
  readonly unchanged: number
  readonly changed: number
  /** No record any more, by the reasons below or because it is equal to one before it now. */
  readonly refused: number
  readonly repeated: number
  /** A record again, which an earlier replay had none of. */
  readonly accepted: number
  /** Erased, or from before rows were kept. */
  readonly missing: number
  /** Of the changed ones, in how many each member of the record or fact differs. */
  readonly differences: Readonly<Record<string, number>>
  /** Of the refused ones, how many for each reason. */
  readonly reasons: Readonly<Record<string, number>>
}

export type Replayed =
  | { readonly outcome: 'none' }
  /** The submission, or a replay of it, is still to be sealed and applied. */
  | { readonly outcome: 'pending' }
  /** It has more rows than there was time for. Nothing is written; the same again, with as much time, ends the same. */
  | { readonly outcome: 'too-large' }
  | { readonly outcome: 'compared' | 'unchanged'; readonly report: ReplayReport }
  | { readonly outcome: 'replayed'; readonly report: ReplayReport; readonly entryId: string }

/**
 * Reads a submission's rows again, as the archive keeps them, by the mappings and the policy of today and as of the day
 * of receipt. What comes to something else is committed as an entry of its own, and takes the place of what the row was
 * held to be once that is applied; nothing is written where all is as it was. Holds one part and what it writes.
 */
export async function replaySubmission(world: ReplayingWorld, order: ReplayOrder): Promise<Replayed> {
  // The version it came in may be another by now
  const layout = findLayout(layoutNameOf(submissionOf(order.entry)?.layout ?? ''))
  return layout === undefined ? { outcome: 'none' } : replayBy(world, order, layout)
}

/** The same by a layout that is given. */
export async function replayBy(world: ReplayingWorld, order: ReplayOrder, layout: Layout): Promise<Replayed> {
  const submission = submissionOf(order.entry)
  if (submission === undefined) return { outcome: 'none' }
  const last = await world.store.find(lastReplayKey(submission))
  const isSealed = last === undefined || (await findNumber(world.store, String(last.value))) !== undefined
  if (!isSealed || (await findWatermark(world.store)) <= order.entry.number) return { outcome: 'pending' }
  const replays = await findReplays(world.store, last)
  const tally = openTally({ authority: submission.authority, submissionId: submission.submissionId, layout })
  const writers = openWriters(order.dryRun ? undefined : world.objects)
  const { policy } = world.settings
  const context = { layout, authority: submission.authority, policy, today: chinaDate(order.entry.at) }
  for await (const compared of compareRows(world, { submission, replays, context })) {
    if (order.hasTime?.() === false) return { outcome: 'too-large' }
    tally.count(compared)
    if (compared.outcome === 'unchanged' || compared.outcome === 'missing') continue
    if (compared.held !== undefined) await writers.lost.add(compared.held)
    if (compared.record !== undefined) await writers.gained.add(compared.record)
  }
  const report = tally.report()
  if (order.dryRun) return { outcome: 'compared', report }
  const written = { gained: await writers.gained.finish(), lost: await writers.lost.finish() }
  if (written.gained.length + written.lost.length === 0) return { outcome: 'unchanged', report }
  return commitReplay(world, { order, submission, last, report, written })
}

type Commit = {
  readonly order: ReplayOrder
  readonly submission: SubmissionPayload
  readonly last: Item | undefined
  readonly report: ReplayReport
  readonly written: Pick<ReplayPayload, 'gained' | 'lost'>
}

// The id says what it follows, by which version, and what it came to: the same again is the same entry
async function commitReplay(world: ReplayingWorld, commit: Commit): Promise<Replayed> {
  const { order, submission, last, report, written } = commit
  const { authority, submissionId, sentAt } = submission
  const follows = last === undefined ? order.entry.id : String(last.value)
  const { layout, unchanged, changed, refused, repeated, accepted } = report
  const of = { follows, layout, ...written }
  const entryId = `replay:${authority}:${submissionId}:${digestOf(of).slice(0, 32)}`
  const payload = {
    ...{ authority, submissionId, sentAt, number: order.entry.number, by: order.by, ...of },
    ...{ unchanged, changed, refused, repeated, accepted },
  }
  const outcome = await world.store.commit(
    [
      {
        key: lastReplayKey(submission),
        value: entryId,
        when: last === undefined ? 'absent' : { revision: last.revision },
      },
    ],
    { id: entryId, kind: REPLAY_ENTRY, at: world.now(), payload },
  )
  // Somebody else read it again at the same time, by another version: that is to be applied first
  return outcome === 'conflict' ? { outcome: 'pending' } : { outcome: 'replayed', report, entryId }
}

type Compared = {
  readonly outcome: 'unchanged' | 'changed' | 'refused' | 'repeated' | 'accepted' | 'missing'
  /** What the row is held to be. */
  readonly held?: ArchivedRecord | undefined
  /** What it comes to now. */
  readonly record?: ArchivedRecord
  readonly code?: Refusal['code']
  readonly differences?: readonly string[]
}

type Rows = {
  readonly submission: SubmissionPayload
  readonly replays: readonly ReplayPayload[]
  readonly context: RowContext
}

async function* compareRows(
  { objects }: Pick<World, 'objects'>,
  { submission, replays, context }: Rows,
): AsyncGenerator<Compared> {
  const later = replays.map(({ gained, lost }) => ({
    gained: openCursor(readParts(objects, gained)),
    lost: openCursor(readParts(objects, lost)),
  }))
  const seen = openDigestSet()
  for (const part of submission.parts) {
    const records = await readPart(objects, part)
    const rows = recordRows(context.layout, records.map(cellsOf))
    for (const [at, first] of records.entries()) {
      let held: ArchivedRecord | undefined = first
      for (const { gained, lost } of later) {
        const [lostHere, gainedHere] = [await lost.at(first.row), await gained.at(first.row)]
        if (lostHere !== undefined) held = undefined
        held = gainedHere ?? held
      }
      const row = rows[at]
      if (row === undefined || !first.source?.text) yield { outcome: 'missing' }
      else yield compareRow({ first, held, read: readAgain(first, minimiseRow(row, context), context) }, seen)
    }
  }
}

function cellsOf({ source }: ArchivedRecord): unknown {
  return source?.text ? JSON.parse(source.text) : {}
}

/** Finds a row's record in a list that ascends by rows, asked for ascending ones. */
function openCursor(list: AsyncGenerator<ArchivedRecord>) {
  let next: IteratorResult<ArchivedRecord> | undefined
  return {
    async at(row: number): Promise<ArchivedRecord | undefined> {
      next ??= await list.next()
      while (!next.done && next.value.row < row) next = await list.next()
      return !next.done && next.value.row === row ? next.value : undefined
    },
  }
}

// What told that it is about an individual business may not be kept; that it was told stays
function readAgain(
  first: ArchivedRecord,
  read: ReturnType<typeof minimiseRow>,
  { policy }: RowContext,
): FactRecord | Refusal {
  if ('code' in read) return read
  const told = (JSON.parse(first.text) as FactRecord).individualBusiness
  if (told && !policy.admitIndividualBusinesses) return { code: 'SUBJECT_INDIVIDUAL_BUSINESS', path: '' }
  return told ? { ...read.record, individualBusiness: told } : read.record
}

type RowToCompare = {
  readonly first: ArchivedRecord
  readonly held: ArchivedRecord | undefined
  readonly read: FactRecord | Refusal
}

function compareRow({ first, held, read }: RowToCompare, seen: ReturnType<typeof openDigestSet>): Compared {
  if ('code' in read)
    return held === undefined ? { outcome: 'unchanged' } : { outcome: 'refused', held, code: read.code }
  // By whichever version, the same is the same
  if (!seen.add(digestOf({ ...read, layout: '' })))
    return held === undefined ? { outcome: 'unchanged' } : { outcome: 'repeated', held }
  const before = held && (JSON.parse(held.text) as FactRecord)
  const differences = before && differencesOf(before, read)
  if (differences?.length === 0) return { outcome: 'unchanged' }
  const text = canonicalJson(read)
  const { partition, sort } = recordKey(read, sha256(text))
  const record = { row: first.row, partition, sort, text }
  return differences === undefined
    ? { outcome: 'accepted', record }
    : { outcome: 'changed', held, record, differences }
}

/** The members and facts in which two records differ, the version of the layout aside. */
function differencesOf(before: FactRecord, after: FactRecord): readonly string[] {
  const [left, right] = [before, after].map(({ facts, layout: _, ...rest }) => ({ ...rest, ...facts }))
  const names = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])
  const textOf = (of: unknown, name: string) =>
    canonicalJson((of as Readonly<Record<string, Json | undefined>>)[name] ?? null)
  return [...names].filter((name) => textOf(left, name) !== textOf(right, name))
}

function openTally(of: {
  readonly authority: string
  readonly submissionId: string
  readonly layout: Layout
}) {
  const counts = { unchanged: 0, changed: 0, refused: 0, repeated: 0, accepted: 0, missing: 0 }
  const [differences, reasons] = [new Map<string, number>(), new Map<string, number>()]
  const add = (to: Map<string, number>, name: string) => void to.set(name, (to.get(name) ?? 0) + 1)
  return {
    count(compared: Compared): void {
      counts[compared.outcome]++
      for (const name of compared.differences ?? []) add(differences, name)
      if (compared.code !== undefined) add(reasons, compared.code)
    },
    report: (): ReplayReport => ({
      ...{ ...of, layout: layoutId(of.layout), ...counts },
      ...{ differences: Object.fromEntries(differences), reasons: Object.fromEntries(reasons) },
    }),
  }
}

function openWriters(objects: World['objects'] | undefined) {
  return { gained: openWriter(objects), lost: openWriter(objects) }
}

/** Puts records into parts as they fill up; without a store nowhere. */
function openWriter(objects: World['objects'] | undefined) {
  const parts: PartReference[] = []
  let waiting: ArchivedRecord[] = []
  const put = async (): Promise<void> => {
    if (objects === undefined || waiting.length === 0) return
    // The row itself stays where it was received
    const { body, reference } = encodePart(waiting.map(({ source: _, ...record }) => record))
    await putContent(objects, partKey(reference.sha256), body)
    parts.push(reference)
    waiting = []
  }
  return {
    async add(record: ArchivedRecord): Promise<void> {
      if (objects === undefined) return
      waiting.push(record)
      if (waiting.length === PART_RECORD_LIMIT) await put()
    },
    async finish(): Promise<readonly PartReference[]> {
      await put()
      return parts
    },
  }
}

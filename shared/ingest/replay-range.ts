import { type CalendarDate, startOfChinaDay } from '../base/instant.ts'
import { findHead, findSealedEntry } from '../ledger/sealed.ts'
import type { Store } from '../ports.ts'
import { submissionOf } from '../records/entry.ts'
import { type Replayed, type ReplayingWorld, type ReplayOrder, replaySubmission } from './replay.ts'

/** A day in China stands for the first entry sealed on it or later. */
export type EntryOrDay = number | CalendarDate

export type ReplayRange = {
  readonly from: EntryOrDay
  /** Left out; the end of the ledger where it is not given. */
  readonly to?: EntryOrDay | undefined
  readonly authority?: string | undefined
}

export type ReplayStep = {
  /** Undefined where nothing of what was looked at is to be replayed. */
  readonly replayed?: Replayed
  /** The entry of that submission. */
  readonly entry?: number
  /** Where to go on; undefined at the end of the range. */
  readonly next?: number
}

/** Entries looked at in one step, each two reads: of a ledger without submissions a step is still an answer. */
const STEP_ENTRIES = 500

/** Replays the first submission of a range, if it holds one; as long as `next` is told there may be another. */
export async function replayNext(
  world: ReplayingWorld,
  { from, to, authority }: ReplayRange,
  order: Omit<ReplayOrder, 'entry'>,
): Promise<ReplayStep> {
  const end = to === undefined ? (await findHead(world.store)).head.size : await numberOf(world.store, to)
  const start = await numberOf(world.store, from)
  for (let number = start; number < end; number++) {
    if (number === start + STEP_ENTRIES) return { next: number }
    const entry = await findSealedEntry(world.store, number)
    const submission = entry && submissionOf(entry)
    if (submission === undefined || entry === undefined) continue
    if (authority !== undefined && submission.authority !== authority) continue
    const replayed = await replaySubmission(world, { ...order, entry })
    if (replayed.outcome === 'pending') return { replayed, entry: number, next: number }
    return { replayed, entry: number, ...(number + 1 < end && { next: number + 1 }) }
  }
  return {}
}

// No entry is sealed before the one before it
async function numberOf(store: Store, at: EntryOrDay): Promise<number> {
  const { size } = (await findHead(store)).head
  if (typeof at === 'number') return Math.min(at, size)
  const begins = startOfChinaDay(at)
  let [low, high] = [0, size]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const entry = await findSealedEntry(store, middle)
    if (entry !== undefined && entry.sealedAt < begins) low = middle + 1
    else high = middle
  }
  return low
}

import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import { findSealedEntry } from '../ledger/sealed.ts'
import type { World } from '../ports.ts'
import { isPartApplied, markApplied } from './applied.ts'
import { ERASURE_ENTRY, type ReplayPayload, replayOf, submissionOf } from './entry.ts'
import { applyErasure, eraseAgain } from './erase.ts'
import { type SightingMark, sightingMark } from './keys.ts'
import { type PartReference, readPart } from './part.ts'
import { findWatermark } from './watermark.ts'

/** Parts of a submission, from one (included) to another (left out). */
export type Stretch = { readonly from: number; readonly to: number }

export type Share = {
  /** These parts alone of a submission; all where it is left out. */
  readonly parts?: Stretch | undefined
  /** Has others apply stretches of a submission that is more than one of them can in its time. */
  readonly handOn?: (stretches: readonly Stretch[]) => Promise<void>
}

/**
 * What a function on AWS applies at once: 100,000 records take 76 s of a processor of which it has 0.58 (bench/README.md),
 * so 131 of its 300 s.
 */
const STRETCH_PARTS = 50

/**
 * Adds a sealed submission's records, each with its sighting, or what a replay came to, or erases what an erasure names.
 * Right in any order, any number of times and beside others doing the same: records are only ever added, and what was
 * erased is not there to be added again. Entries of other kinds have nothing to apply. Throws `ENTRY_NOT_SEALED`, or
 * what the archive throws.
 */
export async function applyEntry(
  world: Pick<World, 'store' | 'objects'>,
  number: number,
  { parts: stretch, handOn }: Share = {},
): Promise<void> {
  const entry = await findSealedEntry(world.store, number)
  if (entry === undefined) throw new Failure('ENTRY_NOT_SEALED', { retryable: true, facts: { number } })
  if (entry.kind === ERASURE_ENTRY) return applyErasure(world, entry)
  const replay = replayOf(entry)
  if (replay !== undefined) return applyReplay(world, number, replay)
  const { parts, sentAt } = submissionOf(entry) ?? NOTHING
  const seen = { entry: number, sentAt }
  const { from, to } = stretch ?? { from: 0, to: parts.length }
  // A crash amid it has all of them handed on again, and what is applied by then is known by its marks
  if (handOn !== undefined && to - from > STRETCH_PARTS) return handOn(stretchesOf(to))
  for (const [part, reference] of parts.entries()) {
    if (part >= from && part < to) await applyPart(world, { number, part, reference, seen })
  }
}

function stretchesOf(parts: number): readonly Stretch[] {
  return Array.from({ length: Math.ceil(parts / STRETCH_PARTS) }, (_, n) => ({
    from: n * STRETCH_PARTS,
    to: Math.min((n + 1) * STRETCH_PARTS, parts),
  }))
}

const NOTHING = { parts: [], sentAt: '' as Instant }

type PartToApply = {
  readonly number: number
  readonly part: number
  readonly reference: PartReference
  /** What the sightings of its records have in common. */
  readonly seen: Omit<SightingMark, 'row'>
}

// What was erased after its rows were read for the replay must not come back by it. Until every entry before it is
// applied it waits, as erasures do: so neither of two is halfway through while the other looks
async function applyReplay(
  world: Pick<World, 'store' | 'objects'>,
  number: number,
  replay: ReplayPayload,
): Promise<void> {
  if ((await findWatermark(world.store)) < number)
    throw new Failure('REPLAY_AHEAD', { retryable: true, facts: { number } })
  const { gained, lost, number: entry, sentAt } = replay
  const parts = [
    ...gained.map((reference) => ({ reference, holds: true })),
    ...lost.map((reference) => ({ reference, holds: false })),
  ]
  await eraseAgain(world, replay)
  for (const [part, { reference, holds }] of parts.entries()) {
    const seen = { entry, sentAt, replay: { entry: number, holds } }
    await applyPart(world, { number, part, reference, seen })
  }
}

async function applyPart(world: Pick<World, 'store' | 'objects'>, part: PartToApply): Promise<void> {
  if (await isPartApplied(world.store, part)) return
  const archived = await readPart(world.objects, part.reference)
  const records = archived.filter(({ text }) => text !== '')
  const created = await world.store.add(
    records.map(({ row, partition, sort, text }) => ({
      key: { table: 'records', partition, sort },
      value: text,
      mark: sightingMark({ ...part.seen, row }),
    })),
  )
  const fresh = created.filter(Boolean).length
  const subjects = [...new Set(records.map((record) => record.partition))]
  const erased = archived.length - records.length
  const counts = { new: fresh, known: records.length - fresh, ...(erased > 0 && { erased }) }
  await markApplied(world.store, part, { subjects, counts })
}

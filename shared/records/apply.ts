import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import { findSealedEntry } from '../ledger/sealed.ts'
import type { World } from '../ports.ts'
import { isPartApplied, markApplied } from './applied.ts'
import { ERASURE_ENTRY, submissionOf } from './entry.ts'
import { applyErasure } from './erase.ts'
import { sightingMark } from './keys.ts'
import { type PartReference, readPart } from './part.ts'

/**
 * Adds a sealed submission's records, each with its sighting, or erases what an erasure names. Right in any order, any
 * number of times and beside others doing the same: records are only ever added, and what was erased is not there to be
 * added again. Entries of other kinds have nothing to apply. Throws `ENTRY_NOT_SEALED`, or what the archive throws.
 */
export async function applyEntry(world: Pick<World, 'store' | 'objects'>, number: number): Promise<void> {
  const entry = await findSealedEntry(world.store, number)
  if (entry === undefined) throw new Failure('ENTRY_NOT_SEALED', { retryable: true, facts: { number } })
  if (entry.kind === ERASURE_ENTRY) return applyErasure(world, entry)
  const { parts, sentAt } = submissionOf(entry) ?? NOTHING
  for (const [part, reference] of parts.entries()) await applyPart(world, { number, part, reference, sentAt })
}

const NOTHING = { parts: [], sentAt: '' as Instant }

type PartToApply = {
  readonly number: number
  readonly part: number
  readonly reference: PartReference
  readonly sentAt: Instant
}

async function applyPart(world: Pick<World, 'store' | 'objects'>, part: PartToApply): Promise<void> {
  const { number, sentAt } = part
  if (await isPartApplied(world.store, part)) return
  const archived = await readPart(world.objects, part.reference)
  const records = archived.filter(({ text }) => text !== '')
  const created = await world.store.add(
    records.map(({ row, partition, sort, text }) => ({
      key: { table: 'records', partition, sort },
      value: text,
      mark: sightingMark({ entry: number, row, sentAt }),
    })),
  )
  const fresh = created.filter(Boolean).length
  const subjects = [...new Set(records.map((record) => record.partition))]
  const erased = archived.length - records.length
  const counts = { new: fresh, known: records.length - fresh, ...(erased > 0 && { erased }) }
  await markApplied(world.store, part, { subjects, counts })
}

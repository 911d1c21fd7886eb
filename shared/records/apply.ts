import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import { findSealedEntry, type SealedEntry } from '../ledger/sealed.ts'
import type { Key, Range, Store, World } from '../ports.ts'
import { padEntry, sightingMark } from './keys.ts'
import { type PartReference, readPart } from './part.ts'

/** What the ledger tells of an accepted submission; only this is needed to compute its records again. */
export type SubmissionPayload = {
  readonly authority: string
  readonly submissionId: string
  readonly sentAt: Instant
  readonly parts: readonly PartReference[]
}

export const SUBMISSION_ENTRY = 'submission-received'

/** How many records of a submission (or a part of it) were not held before, and how many were. */
export type Applied = { readonly new: number; readonly known: number }

/**
 * Adds a sealed submission's records, each with its sighting. Right in any order, any number of times and beside
 * others doing the same: it only ever adds. Entries of other kinds have nothing to apply.
 * Throws `ENTRY_NOT_SEALED`, or what reading the archive throws.
 */
export async function applyEntry(world: Pick<World, 'store' | 'objects'>, number: number): Promise<void> {
  const entry = await findSealedEntry(world.store, number)
  if (entry === undefined) throw new Failure('ENTRY_NOT_SEALED', { retryable: true, facts: { number } })
  const submission = submissionOf(entry)
  for (const [part, reference] of (submission?.parts ?? []).entries()) {
    await applyPart(world, { number, part, reference, sentAt: (submission as SubmissionPayload).sentAt })
  }
}

/** The submission an entry tells of; undefined for an entry of another kind, and for a submission refused whole. */
export function submissionOf(entry: SealedEntry): SubmissionPayload | undefined {
  return entry.kind === SUBMISSION_ENTRY ? (entry.payload as unknown as SubmissionPayload) : undefined
}

type PartToApply = {
  readonly number: number
  readonly part: number
  readonly reference: PartReference
  readonly sentAt: Instant
}

async function applyPart(world: Pick<World, 'store' | 'objects'>, part: PartToApply): Promise<void> {
  const { number, sentAt } = part
  const applied = appliedKey(number, part.part)
  if ((await world.store.find(applied)) !== undefined) return
  const records = await readPart(world.objects, part.reference)
  const created = await world.store.add(
    records.map(({ row, partition, sort, text }) => ({
      key: { table: 'records', partition, sort },
      value: text,
      mark: sightingMark({ entry: number, row, sentAt }),
    })),
  )
  const fresh = created.filter(Boolean).length
  const subjects = [...new Set(records.map((record) => record.partition))]
  // Last, and after the records are durable: the marker says that all of the part is there to be read
  await world.store.add([
    { key: touchedKey(number, part.part), value: subjects, mark: 'applied' },
    { key: applied, value: { new: fresh, known: records.length - fresh }, mark: 'applied' },
  ])
}

/** The sums over a submission's parts; undefined while any part is still to be applied. */
export async function findApplied(store: Store, number: number, parts: number): Promise<Applied | undefined> {
  const sum = { new: 0, known: 0 }
  let seen = 0
  for await (const item of store.list({ table: 'ledger', partition: appliedKey(number, 0).partition })) {
    const applied = item.value as Applied
    sum.new += applied.new
    sum.known += applied.known
    seen++
  }
  return seen === parts ? sum : undefined
}

/** The partitions that applying the entries from `from` (included) to `to` (left out) touched, each once. */
export async function listTouched(store: Store, from: number, to: number): Promise<ReadonlySet<string>> {
  const touched = new Set<string>()
  const range: Range = { table: 'records', partition: 'touched', from: padEntry(from), to: padEntry(to) }
  for await (const item of store.list(range)) {
    for (const partition of item.value as readonly string[]) touched.add(partition)
  }
  return touched
}

function appliedKey(number: number, part: number): Key {
  return { table: 'ledger', partition: `applied#${padEntry(number)}`, sort: String(part).padStart(6, '0') }
}

function touchedKey(number: number, part: number): Key {
  return {
    table: 'records',
    partition: 'touched',
    sort: `${padEntry(number)}#${String(part).padStart(6, '0')}`,
  }
}

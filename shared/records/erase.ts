import { digestOf, type Sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import { entryKey } from '../ledger/outbox.ts'
import { findSealedEntry, findSealedReference, type SealedEntry } from '../ledger/sealed.ts'
import type { Key, Store, World, Write } from '../ports.ts'
import { markApplied } from './applied.ts'
import { ERASURE_ENTRY, submissionOf } from './entry.ts'
import { parseSightingMark } from './keys.ts'
import { type ArchivedRecord, eraseRows, readPart } from './part.ts'
import type { Sighting } from './record.ts'
import { findWatermark } from './watermark.ts'

/** Rows of one part of the archive. */
type ErasedPart = { readonly sha256: Sha256; readonly rows: readonly number[] }

export type ErasureOrder = {
  /** The id of the entry. */
  readonly entry: string
  /** Of a submission, the records at these places alone; all of the entry where it is left out. */
  readonly rows?: readonly number[]
  readonly reason: string
  /** The principal who orders it. */
  readonly by: string
}

export type Erasure =
  | { readonly outcome: 'erased'; readonly erasure: string; readonly records: number }
  | { readonly outcome: 'unknown' | 'not-applied' | 'no-such-rows' | 'not-erasable' }

/**
 * Orders an erasure. A whole entry loses payload and salt in the transaction that tells of it: of its leaf, nothing is
 * left but what reveals nothing. Records leave the archive and the records table when the erasure's own entry is
 * applied, wherever the same record was seen before it. The log stays as it is, and verifies. Repeatable.
 * Answers how many records, each once however often it was sent. Throws `ERASURE_CONTENDED`.
 */
export async function orderErasure(
  world: Pick<World, 'store' | 'objects' | 'now'>,
  order: ErasureOrder,
): Promise<Erasure> {
  const { store } = world
  const reference = await findSealedReference(store, order.entry)
  const item = await store.find(entryKey(order.entry))
  if (item === undefined) return { outcome: 'unknown' }
  // What was erased, and why, is what is left to be shown
  if (reference?.kind === ERASURE_ENTRY) return { outcome: 'not-erasable' }
  // Only what is applied is whole: before that, the same record might be added again behind the erasure's back
  if (reference === undefined || (await findWatermark(store)) <= reference.number)
    return { outcome: 'not-applied' }
  const parts = await partsToErase(world, await findSealedEntry(store, reference.number), order.rows)
  if (parts === undefined) return { outcome: 'no-such-rows' }
  const { entry, reason, by, rows } = order
  const id = `${ERASURE_ENTRY}:${entry}${rows === undefined ? '' : `:${digestOf(rows).slice(0, 16)}`}`
  const { payload: _, salt: __, ...stub } = item.value as Readonly<Record<string, never>>
  const writes: readonly Write[] =
    rows === undefined
      ? [{ key: entryKey(entry), value: { ...stub, erasedBy: id }, when: { revision: item.revision } }]
      : []
  const payload = { entry, whole: rows === undefined, parts, reason, by }
  const outcome = await store.commit(writes, { id, kind: ERASURE_ENTRY, at: world.now(), payload })
  if (outcome === 'conflict') throw new Failure('ERASURE_CONTENDED', { retryable: true, facts: { entry } })
  return { outcome: 'erased', erasure: id, records: keysOf(await readErased(world, parts)).length }
}

/** Where the records of an entry lie, those of other entries that are the same records included; undefined for rows there are not. */
async function partsToErase(
  world: Pick<World, 'store' | 'objects'>,
  entry: SealedEntry | undefined,
  rows: readonly number[] | undefined,
): Promise<readonly ErasedPart[] | undefined> {
  const submission = entry && submissionOf(entry)
  if (submission === undefined) return rows === undefined ? [] : undefined
  const wanted = rows && new Set(rows)
  const records = (await Promise.all(submission.parts.map((part) => readPart(world.objects, part))))
    .flat()
    .filter(({ row }) => wanted === undefined || wanted.has(row))
  if (wanted !== undefined && records.length < wanted.size) return undefined
  const sightings = await Promise.all(keysOf(records).map((key) => findSightings(world.store, key)))
  return partsSeen(world, sightings.flat())
}

async function findSightings(store: Store, key: Key): Promise<readonly Sighting[]> {
  return ((await store.find(key))?.marks ?? []).map(parseSightingMark)
}

function keysOf(records: readonly ArchivedRecord[]): readonly Key[] {
  const keys = new Map(records.map(({ partition, sort }) => [`${partition} ${sort}`, { partition, sort }]))
  return [...keys.values()].map((key) => ({ table: 'records', ...key }))
}

async function partsSeen(
  world: Pick<World, 'store' | 'objects'>,
  sightings: readonly Sighting[],
): Promise<readonly ErasedPart[]> {
  const rowsOf = new Map<number, Set<number>>()
  for (const { entry, row } of sightings) rowsOf.set(entry, (rowsOf.get(entry) ?? new Set()).add(row))
  const parts: ErasedPart[] = []
  for (const [number, rows] of rowsOf) parts.push(...(await partsWith(world, number, rows)))
  return parts
}

async function partsWith(
  { store, objects }: Pick<World, 'store' | 'objects'>,
  number: number,
  rows: ReadonlySet<number>,
): Promise<readonly ErasedPart[]> {
  const entry = await findSealedEntry(store, number)
  const parts: ErasedPart[] = []
  for (const part of (entry && submissionOf(entry)?.parts) ?? []) {
    const within = (await readPart(objects, part)).filter(({ row }) => rows.has(row))
    if (within.length > 0) parts.push({ sha256: part.sha256, rows: within.map(({ row }) => row) })
  }
  return parts
}

async function readErased(
  { objects }: Pick<World, 'objects'>,
  parts: readonly ErasedPart[],
): Promise<readonly ArchivedRecord[]> {
  const records: ArchivedRecord[] = []
  for (const { sha256, rows } of parts) {
    const wanted = new Set(rows)
    records.push(...(await readPart(objects, { sha256 })).filter(({ row }) => wanted.has(row)))
  }
  return records
}

/**
 * Erases the records that a sealed erasure names, wherever an entry before it has them: some may have been sealed, and
 * not applied, when it was ordered. One that was reported again after that stays, as what is reported then. First goes
 * what the records would be computed from again, all of it, then the records: after a crash between, they still tell
 * where they were seen. Throws `ERASURE_AHEAD` until every entry before it is applied.
 */
export async function applyErasure(
  world: Pick<World, 'store' | 'objects'>,
  { number, payload }: SealedEntry,
): Promise<void> {
  const { store, objects } = world
  if ((await findWatermark(store)) < number)
    throw new Failure('ERASURE_AHEAD', { retryable: true, facts: { number } })
  const { parts } = payload as unknown as { readonly parts: readonly ErasedPart[] }
  const records = await readErased(world, parts)
  const keys = keysOf(records)
  const sightings = await Promise.all(keys.map((key) => findSightings(store, key)))
  const earlier = sightings.flat().filter(({ entry }) => entry < number)
  for (const { sha256, rows } of [...parts, ...(await partsSeen(world, earlier))]) {
    await eraseRows(objects, sha256, new Set(rows))
  }
  await store.remove(keys.filter((_, at) => !sightings[at]?.some(({ entry }) => entry > number)))
  const subjects = [...new Set(keys.map(({ partition }) => partition))]
  const counts = { new: 0, known: 0, erased: keys.length }
  await markApplied(store, { number, part: 0 }, { subjects, counts })
}

import { digestOf, type Sha256 } from '../base/digest.ts'
import { entryKey } from '../ledger/outbox.ts'
import { findSealedEntry, findSealedReference, type SealedEntry } from '../ledger/sealed.ts'
import type { Store, World, Write } from '../ports.ts'
import { markApplied } from './applied.ts'
import { ERASURE_ENTRY, submissionOf } from './entry.ts'
import { parseSightingMark } from './keys.ts'
import { type ArchivedRecord, eraseRows, readPart } from './part.ts'
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
 * applied, wherever the same record was seen. The log stays as it is, and verifies. Repeatable.
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
  await store.commit(writes, { id, kind: ERASURE_ENTRY, at: world.now(), payload })
  return { outcome: 'erased', erasure: id, records: parts.reduce((sum, part) => sum + part.rows.length, 0) }
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
  const sightings = new Map<number, Set<number>>()
  for (const { entry: number, row } of await sightingsOf(world.store, records)) {
    sightings.set(number, (sightings.get(number) ?? new Set()).add(row))
  }
  const parts: ErasedPart[] = []
  for (const [number, seen] of sightings) parts.push(...(await partsWith(world, number, seen)))
  return parts
}

async function sightingsOf(store: Store, records: readonly ArchivedRecord[]) {
  const found = await Promise.all(
    records.map(({ partition, sort }) => store.find({ table: 'records', partition, sort })),
  )
  return found.flatMap((item) => item?.marks ?? []).map(parseSightingMark)
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

/** Erases what a sealed erasure names: first what the records would be computed from again, then the records. */
export async function applyErasure(
  world: Pick<World, 'store' | 'objects'>,
  { number, payload }: SealedEntry,
): Promise<void> {
  const { parts } = payload as unknown as { readonly parts: readonly ErasedPart[] }
  const subjects = new Set<string>()
  let erased = 0
  for (const { sha256, rows } of parts) {
    const records = await eraseRows(world.objects, sha256, new Set(rows))
    await world.store.remove(records.map(({ partition, sort }) => ({ table: 'records', partition, sort })))
    for (const { partition } of records) subjects.add(partition)
    erased += records.length
  }
  const counts = { new: 0, known: 0, erased }
  await markApplied(world.store, { number, part: 0 }, { subjects: [...subjects], counts })
}

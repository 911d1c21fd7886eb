import { digestOf, type Sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import { entryKey } from '../ledger/outbox.ts'
import { findSealedEntry, findSealedReference, type SealedEntry } from '../ledger/sealed.ts'
import type { Key, Store, World, Write } from '../ports.ts'
import { markApplied } from './applied.ts'
import { ERASURE_ENTRY, REPLAY_ENTRY, type ReplayPayload, submissionOf } from './entry.ts'
import { parseSightingMark } from './keys.ts'
import { type ArchivedRecord, eraseRows, type PartReference, readPart } from './part.ts'
import type { Sighting } from './record.ts'
import { findReplays, lastReplayKey } from './replays.ts'
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
  // What was erased, and why, is what is left to be shown; and what a replay came to goes with what it read
  if (reference?.kind === ERASURE_ENTRY || reference?.kind === REPLAY_ENTRY)
    return { outcome: 'not-erasable' }
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
  return partsSeen(world, keysOf(records))
}

async function findSightings(store: Store, key: Key): Promise<readonly Sighting[]> {
  return ((await store.find(key))?.marks ?? []).map(parseSightingMark)
}

function keysOf(records: readonly ArchivedRecord[]): readonly Key[] {
  const keys = new Map(records.map(({ partition, sort }) => [`${partition} ${sort}`, { partition, sort }]))
  return [...keys.values()].map((key) => ({ table: 'records', ...key }))
}

/** Where records were seen, of some keys; and where those were seen that their rows were read as besides. */
async function partsSeen(
  world: Pick<World, 'store' | 'objects'>,
  keys: readonly Key[],
  before = Number.POSITIVE_INFINITY,
): Promise<readonly ErasedPart[]> {
  const parts = new Map<string, ErasedPart>()
  const known = new Set<string>()
  let wanted = keys
  while (wanted.length > 0) {
    for (const key of wanted) known.add(textOf(key))
    const sightings = await Promise.all(wanted.map((key) => findSightings(world.store, key)))
    const rowsOf = Map.groupBy(
      sightings.flat().filter(({ entry }) => entry < before),
      ({ entry }) => entry,
    )
    const found: ErasedPart[] = []
    for (const [number, seen] of rowsOf)
      found.push(...(await partsWith(world, number, new Set(seen.map(({ row }) => row)))))
    for (const part of found) {
      const rows = new Set([...(parts.get(part.sha256)?.rows ?? []), ...part.rows])
      parts.set(part.sha256, { sha256: part.sha256, rows: [...rows] })
    }
    wanted = keysOf(await readErased(world, found)).filter((key) => !known.has(textOf(key)))
  }
  return [...parts.values()]
}

function textOf({ partition, sort }: Key): string {
  return `${partition} ${sort}`
}

async function partsWith(
  { store, objects }: Pick<World, 'store' | 'objects'>,
  number: number,
  rows: ReadonlySet<number>,
): Promise<readonly ErasedPart[]> {
  const entry = await findSealedEntry(store, number)
  const parts: ErasedPart[] = []
  for (const part of entry === undefined ? [] : await partsOfRows(store, entry)) {
    const within = (await readPart(objects, part)).filter(({ row }) => rows.has(row))
    if (within.length > 0) parts.push({ sha256: part.sha256, rows: within.map(({ row }) => row) })
  }
  return parts
}

/** All parts that hold what a submission's rows were ever read as. */
async function partsOfRows(store: Store, entry: SealedEntry): Promise<readonly PartReference[]> {
  const submission = submissionOf(entry)
  if (submission === undefined) return []
  const replays = await findReplays(store, await store.find(lastReplayKey(submission)))
  return [...submission.parts, ...replays.flatMap(({ gained, lost }) => [...gained, ...lost])]
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
  const named = keysOf(await readErased(world, parts))
  const seen = await partsSeen(world, named, number)
  const names = new Set(named.map(textOf))
  const others = keysOf(await readErased(world, seen)).filter((key) => !names.has(textOf(key)))
  const keys = [...others, ...named]
  const sightings = await Promise.all(keys.map((key) => findSightings(store, key)))
  for (const { sha256, rows } of [...parts, ...seen]) await eraseRows(objects, sha256, new Set(rows))
  const isGone = (_: Key, at: number): boolean => !sightings[at]?.some(({ entry }) => entry > number)
  const gone = keys.filter(isGone)
  // The others first: it is by those named that they are found
  for (const some of [gone.filter((key) => !names.has(textOf(key))), gone]) await store.remove(some)
  const subjects = [...new Set(keys.map(({ partition }) => partition))]
  const counts = { new: 0, known: 0, erased: keys.length }
  await markApplied(store, { number, part: 0 }, { subjects, counts })
}

/** Erases of what a replay came to the rows that were erased since it read them. Repeatable. */
export async function eraseAgain(
  { store, objects }: Pick<World, 'store' | 'objects'>,
  { number, gained, lost }: ReplayPayload,
): Promise<void> {
  const entry = await findSealedEntry(store, number)
  const submission = entry && submissionOf(entry)
  const held = new Set<number>()
  for (const part of submission?.parts ?? []) {
    for (const { row, text } of await readPart(objects, part)) if (text !== '') held.add(row)
  }
  for (const part of [...gained, ...lost]) {
    const records = await readPart(objects, part)
    const rows = records.filter(({ row, text }) => text !== '' && !held.has(row)).map(({ row }) => row)
    if (rows.length > 0) await eraseRows(objects, part.sha256, new Set(rows))
  }
}

import { canonicalJson } from '../base/canonical.ts'
import { sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import type { Item, ObjectKey, Objects } from '../ports.ts'
import type { SealedReference } from './sealed.ts'

/** An entry with its number, and where in the outbox it waited. */
export type Numbered = SealedReference & { readonly pending: string }

/** Entries that are numbered together. */
export type Batch = readonly Numbered[]

/** Numbers what waits, one after another from `first` on. */
export function planBatch(
  pending: readonly Item[],
  { first, sealedAt }: { readonly first: number; readonly sealedAt: Instant },
): Batch {
  return pending.map((item, index) => {
    const { id, kind, at, commitment } = item.value as Omit<SealedReference, 'number' | 'sealedAt'>
    return { number: first + index, id, kind, at, sealedAt, commitment, pending: item.key.partition }
  })
}

/**
 * Puts a batch where whoever finishes it after a crash finds it, and answers its name. What lies there already is the
 * same, or was cut off or changed since, and is replaced. Throws `BATCH_CONTENDED`.
 */
export async function stageBatch(objects: Objects, batch: Batch): Promise<string> {
  const body = bodyOf(batch)
  const name = nameOf(batch, body)
  if ((await objects.put(keyOf(name), body, 'absent')) === 'stored') return name
  const found = await objects.find(keyOf(name))
  if (found !== undefined && Buffer.compare(found.body, body) === 0) return name
  const when = found === undefined ? ('absent' as const) : { tag: found.tag }
  if ((await objects.put(keyOf(name), body, when)) === 'stored') return name
  throw new Failure('BATCH_CONTENDED', { retryable: true, facts: { batch: name } })
}

/** The batch of a name, if what is staged under it is still what the name was made from. */
export async function readBatch(objects: Objects, name: string): Promise<Batch | 'missing' | 'corrupt'> {
  const found = await objects.find(keyOf(name))
  if (found === undefined) return 'missing'
  return name.endsWith(suffixOf(found.body))
    ? JSON.parse(Buffer.from(found.body).toString('utf8'))
    : 'corrupt'
}

/** By its first number and its content: two sealers that stage different batches cannot overwrite each other. */
export function batchName(batch: Batch): string {
  return nameOf(batch, bodyOf(batch))
}

function nameOf(batch: Batch, body: Uint8Array): string {
  return `${String(batch[0]?.number).padStart(12, '0')}${suffixOf(body)}`
}

/** The number of the first entry in a batch of this name. */
export function firstOf(name: string): number {
  return Number.parseInt(name, 10)
}

function bodyOf(batch: Batch): Uint8Array {
  return Buffer.from(canonicalJson(batch))
}

function suffixOf(body: Uint8Array): string {
  return `-${sha256(body)}.json`
}

function keyOf(name: string): ObjectKey {
  return { area: 'batches', path: name }
}

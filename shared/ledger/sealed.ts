import type { Json } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import type { Key, Store } from '../ports.ts'
import { emptyRoot, type Hash } from './merkle.ts'
import { entryKey } from './outbox.ts'

/** An entry with its place in the one order there is. Numbers are consecutive from 0. */
export type SealedEntry = {
  readonly number: number
  readonly id: string
  readonly kind: string
  readonly at: Instant
  /** When its batch was sealed; never earlier than an earlier batch's. */
  readonly sealedAt: Instant
  /**
   * The log's size with its batch, at which there is a checkpoint for good. Absent in what is staged, and in what was
   * sealed before receipts were delivered.
   */
  readonly treeSize?: number
  /** What its public leaf shows, in base64. */
  readonly commitment: string
  /** Null once it was erased. */
  readonly payload: Json
}

export type SealedReference = Omit<SealedEntry, 'payload'>

/** Entries of one index partition: keeps a partition's size bounded. */
const INDEX_SPAN = 10_000

export function sealedKey(number: number): Key {
  return {
    table: 'ledger',
    partition: `sealed#${Math.floor(number / INDEX_SPAN)}`,
    sort: String(number).padStart(12, '0'),
  }
}

export function numberKey(id: string): Key {
  return { ...entryKey(id), sort: 'number' }
}

/** The number of an entry; undefined while it waits to be sealed, or was never written. */
export async function findNumber(store: Store, id: string): Promise<number | undefined> {
  return (await findSealedReference(store, id))?.number
}

/** As `findNumber`, with all that is known of an entry but its payload. */
export async function findSealedReference(store: Store, id: string): Promise<SealedReference | undefined> {
  return (await store.find(numberKey(id)))?.value as SealedReference | undefined
}

export async function findSealedEntry(store: Store, number: number): Promise<SealedEntry | undefined> {
  const item = await store.find(sealedKey(number))
  if (item === undefined) return undefined
  const reference = item.value as SealedReference
  const entry = await store.find(entryKey(reference.id))
  const { payload = null } = (entry?.value ?? {}) as { readonly payload?: Json }
  return { ...reference, payload }
}

/** The ledger's size: how many entries have a number. */
export async function findLedgerSize(store: Store): Promise<number> {
  return (await findHead(store)).head.size
}

export const HEAD_KEY: Key = { table: 'ledger', partition: 'head', sort: 'head' }

/**
 * Where the sealer stands. `committed`: the batch at `batch` is part of the ledger, but its files, its checkpoint, its
 * index, its messages and the clearing of the outbox may be unfinished; whoever comes next finishes them.
 */
export type Head = {
  readonly size: number
  /** Of the tree of that size, in base64. */
  readonly root: string
  readonly sealedAt: Instant
  readonly phase: 'idle' | 'committed'
  readonly batch: string
  /** The most partitions the outbox ever had: what waits in one that is no longer used is found all the same. */
  readonly outboxShards: number
}

/** Throws `LEDGER_OUTDATED` for one that was numbered before there was a log. */
export async function findHead(store: Store): Promise<{ head: Head; revision: number }> {
  const item = await store.find(HEAD_KEY)
  if (item === undefined) return { head: BEGINNING, revision: 0 }
  const head = item.value as Head
  if (head.root === undefined) throw new Failure('LEDGER_OUTDATED', { retryable: false })
  return { head, revision: item.revision }
}

const BEGINNING: Head = {
  size: 0,
  root: Buffer.from(emptyRoot).toString('base64'),
  sealedAt: '1970-01-01T00:00:00.000Z' as Instant,
  phase: 'idle',
  batch: '',
  outboxShards: 1,
}

export function rootIn(head: Head): Hash {
  return Buffer.from(head.root, 'base64')
}

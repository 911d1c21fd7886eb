/**
 * All that the domain asks of the world: four ports shaped like storage.
 * One contract suite (test/contract) holds every adapter to what is written here.
 */
import type { Json } from './base/canonical.ts'
import type { Clock, Instant } from './base/instant.ts'
import type { Settings } from './settings.ts'

/** What happened, written in the same transaction as the change it tells of. */
export type Entry = {
  /** Derived from the command, so that a repeated command meets its own entry. */
  readonly id: string
  readonly kind: string
  readonly at: Instant
  readonly payload: Json
}

export const tables = ['records', 'cases', 'ledger'] as const
export type Table = (typeof tables)[number]

/** Parts of a key that come from outside are hashed or hold no `#`. */
export type Key = { readonly table: Table; readonly partition: string; readonly sort: string }

export type Item = {
  readonly key: Key
  readonly value: Json
  /** 1 when created, one more with each later write; `add` to an existing item leaves it alone. */
  readonly revision: number
  /** In UTF-8 byte order, each once. */
  readonly marks: readonly string[]
}

export type Write = {
  readonly key: Key
  readonly value: Json
  readonly when: 'absent' | { readonly revision: number }
}

export type Addition = { readonly key: Key; readonly value: Json; readonly mark: string }

export type Range = {
  readonly table: Table
  readonly partition: string
  /** First sort included. */
  readonly from?: string
  /** First sort left out. */
  readonly to?: string
}

/** Every read sees every write that returned before it began. A write that throws may or may not have been stored. */
export interface Store {
  find(key: Key): Promise<Item | undefined>

  /** Ascending by the UTF-8 bytes of `sort`. */
  list(range: Range): AsyncIterable<Item>

  /**
   * For each addition: creates the item if absent, and puts the mark into its set of marks.
   * Repeatable and right in any order. Answers, in the order given, whether this mark is the one that
   * created the item; the same answer at every repeat. Not atomic over several additions.
   */
  add(additions: readonly Addition[]): Promise<readonly boolean[]>

  /**
   * All writes, the entry and its place in the outbox, or nothing.
   * 'repeated': an entry of that id is stored already (whatever the writes say); 'conflict': a `when` did not hold.
   */
  commit(writes: readonly Write[], entry: Entry): Promise<'committed' | 'repeated' | 'conflict'>
}

/** What sealing, applying, erasing and watching need on top: nothing here changes what the ledger says. */
export interface SealingStore extends Store {
  /** One conditional write outside the ledger; false when `when` did not hold. */
  swap(write: Write): Promise<boolean>
  /** Removes the items there are; absent ones are no fault. */
  remove(keys: readonly Key[]): Promise<void>
}

export const areas = ['archive', 'batches', 'ledger', 'datasets', 'evidence', 'packages', 'receipts'] as const
export type Area = (typeof areas)[number]

/** `path` is segments of [A-Za-z0-9._=-] joined by `/`, none of them `.` or `..`. */
export type ObjectKey = { readonly area: Area; readonly path: string }

/** The paths there are; an adapter throws `OBJECT_KEY_INVALID` for any other. */
export const objectPath = /^(?!\.{1,2}(?:\/|$))[\w.=-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.=-]+)*$/

export interface Objects {
  /** `tag` changes whenever the body does. */
  find(key: ObjectKey): Promise<{ readonly body: Uint8Array; readonly tag: string } | undefined>

  /**
   * Stores the whole body or nothing, durable when it returns.
   * 'exists': `when` did not hold (something is there, or its tag is another).
   */
  put(
    key: ObjectKey,
    body: Uint8Array,
    when: 'absent' | { readonly tag: string },
  ): Promise<'stored' | 'exists'>

  /** Paths under a prefix (a whole number of segments), ascending by UTF-8 bytes. */
  list(under: ObjectKey): AsyncIterable<ObjectKey>

  /** Absent is no fault. */
  remove(key: ObjectKey): Promise<void>

  /** An address from which whoever holds it can read the object for a while. */
  link(key: ObjectKey, ttlSeconds: number): Promise<string>
}

/** At least once, in any order. */
export interface Queue {
  send(messages: readonly Json[]): Promise<void>
}

/** Signs with Ed25519 (RFC 8032). */
export interface Signer {
  /** The 32 bytes of the public key. */
  readonly verifierKey: Uint8Array
  /** 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/**
 * Signs with ECDSA on P-256 over SHA-256 (FIPS 186-5), beside a `Signer` and never in its place.
 * `verifierKey` is the SPKI in DER (RFC 5480); a signature is the DER of its two numbers, the second of either half.
 */
export type EcdsaSigner = Signer

/** Every room's functions take what they need of this as an argument. */
export type World = {
  readonly store: SealingStore
  readonly objects: Objects
  /** `inbox` holds minimised submissions to be accepted, `sealed` entries to be applied. */
  readonly queues: { readonly inbox: Queue; readonly sealed: Queue }
  readonly signer: Signer
  readonly now: Clock
  readonly settings: Settings
}

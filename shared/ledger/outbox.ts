import { randomBytes } from 'node:crypto'
import { sha256 } from '../base/digest.ts'
import type { Instant } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import type { Entry, Item, Key, Store, Write } from '../ports.ts'
import { formatBase64 } from './encoding.ts'
import { commitmentOf, SALT_BYTES } from './leaf.ts'

/** What a store needs to know of the outbox: over how many partitions it lies. */
export type OutboxOptions = { readonly outboxShards: number }

export type OutboxWrites = { readonly entry: Write; readonly pending: Write }

/**
 * What `commit` writes beside the change itself, in the same transaction: the entry with the salt and the commitment
 * that its public leaf will show, kept for good (it is what makes a repeated command harmless), and its place in the
 * outbox, gone once the entry is sealed.
 */
export function outboxWrites(entry: Entry, { outboxShards }: OutboxOptions): OutboxWrites {
  const { id, kind, at, payload } = entry
  const salt = randomBytes(SALT_BYTES)
  // To all of the entry: a leaf that told of the payload alone could be passed off as another entry's
  const commitment = formatBase64(commitmentOf(salt, { id, kind, at, payload }))
  return {
    entry: {
      key: entryKey(id),
      value: { id, kind, at, payload, salt: formatBase64(salt), commitment },
      when: 'absent',
    },
    pending: { key: pendingKey(entry, outboxShards), value: { id, kind, at, commitment }, when: 'absent' },
  }
}

/** One partition of the outbox. A partition takes about 330 entries a second: two writes of 1 KB in a transaction each. */
export function pendingShard(shard: number): { readonly table: 'ledger'; readonly partition: string } {
  return { table: 'ledger', partition: `pending#${shard}` }
}

export function entryKey(id: string): Key {
  return { table: 'ledger', partition: `entry#${id}`, sort: 'entry' }
}

/** What waits to be sealed, by partition; each ascending. */
export async function* listPending(store: Store, outboxShards: number): AsyncGenerator<Item> {
  for (let shard = 0; shard < outboxShards; shard++) yield* store.list(pendingShard(shard))
}

/** When the entry was committed that has waited longest to be sealed; undefined where none waits. */
export async function oldestPending(store: Store, outboxShards: number): Promise<Instant | undefined> {
  const first: string[] = []
  for (let shard = 0; shard < outboxShards; shard++) {
    for await (const { key } of store.list(pendingShard(shard))) {
      first.push(key.sort.slice(0, key.sort.indexOf('#')))
      break
    }
  }
  return first.sort(compareUtf8)[0] as Instant | undefined
}

/** Pending entries of one batch are numbered in the order of `sort`: by time, then by id. */
export function pendingKey(entry: { readonly id: string; readonly at: string }, outboxShards = 1): Key {
  const shard = Number.parseInt(sha256(entry.id).slice(0, 8), 16) % outboxShards
  return { ...pendingShard(shard), sort: `${entry.at}#${entry.id}` }
}

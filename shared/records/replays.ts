import { entryKey } from '../ledger/outbox.ts'
import type { SealedEntry } from '../ledger/sealed.ts'
import type { Item, Key, Objects, Store } from '../ports.ts'
import { type ReplayPayload, replayOf } from './entry.ts'
import { type ArchivedRecord, type PartReference, readPart } from './part.ts'

/** Where the id of a submission's last replay stands; written in one transaction with that. */
export function lastReplayKey({ authority, submissionId }: { authority: string; submissionId: string }): Key {
  return { table: 'ledger', partition: `replay#${authority}`, sort: submissionId }
}

/** The replays there are of a submission, the first one first, sealed or not: a read for each, from the last one back. */
export async function findReplays(store: Store, last: Item | undefined): Promise<readonly ReplayPayload[]> {
  const replays: ReplayPayload[] = []
  let id = last === undefined ? undefined : String(last.value)
  while (id !== undefined) {
    const entry = (await store.find(entryKey(id)))?.value as Pick<SealedEntry, 'kind' | 'payload'> | undefined
    const replay = entry && replayOf(entry)
    if (replay !== undefined) replays.unshift(replay)
    id = replay?.follows
  }
  return replays
}

/** The records of parts one after another, ascending by row; holds one part. */
export async function* readParts(
  objects: Objects,
  parts: readonly PartReference[],
): AsyncGenerator<ArchivedRecord> {
  for (const part of parts) yield* await readPart(objects, part)
}

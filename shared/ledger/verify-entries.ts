import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import type { Item, Store } from '../ports.ts'
import { firstOf } from './batch.ts'
import { parseBase64 } from './encoding.ts'
import { formatLeaf, isCommittedTo } from './leaf.ts'
import type { LogState } from './log.ts'
import { isSameHash } from './merkle.ts'
import { entryKey, pendingShard } from './outbox.ts'
import { findHead, numberKey, rootIn, type SealedReference, sealedKey } from './sealed.ts'
import { TILE_WIDTH } from './tile.ts'
import { type LogFiles, type LogFinding, readEntries } from './verify.ts'

/** What the store has of an entry; without payload and salt once that was erased. */
type EntryRow = Omit<SealedReference, 'number' | 'sealedAt'> & {
  readonly payload?: Json
  readonly salt?: string
  readonly erasedBy?: string
}

/**
 * Holds what a store says of its entries against a log that was verified: each says what its leaf commits to, has the
 * number of that leaf, and waits in the outbox, if it does, as what it is. For whoever has the store; right while
 * entries come in as well. The path of a finding is `entry <number>`, `outbox <place>` or `head`.
 */
export async function verifyEntries(
  store: Store,
  files: LogFiles,
  { size, root }: LogState,
): Promise<readonly LogFinding[]> {
  const { head } = await findHead(store)
  // Of a batch that is being finished not all is there yet
  const indexed = head.phase === 'idle' ? head.size : firstOf(head.batch)
  const findings: LogFinding[] = []
  if (head.size < size || (head.size === size && !isSameHash(rootIn(head), root)))
    findings.push({ code: 'ENTRY_WRONG', path: 'head' })
  for (let number = 0; number < Math.min(size, indexed); number += TILE_WIDTH) {
    const width = Math.min(TILE_WIDTH, size - number)
    const read = await readEntries(files, { level: 'entries', index: number / TILE_WIDTH, width })
    if ('code' in read) return [...findings, read]
    for (const [at, leaf] of read.leaves.slice(0, indexed - number).entries()) {
      if (!(await holds(() => isEntryOf(store, number + at, leaf))))
        findings.push({ code: 'ENTRY_WRONG', path: `entry ${number + at}` })
    }
  }
  return [...findings, ...(await verifyOutbox(store))]
}

async function verifyOutbox(store: Store): Promise<readonly LogFinding[]> {
  const findings: LogFinding[] = []
  for (let shard = 0; shard < OUTBOX_SHARDS_LIMIT; shard++) {
    const { partition } = pendingShard(shard)
    const isReadable = await holds(async () => {
      for await (const item of store.list(pendingShard(shard))) {
        if (!(await holds(() => isPlaceOf(store, item))))
          findings.push({ code: 'OUTBOX_WRONG', path: `outbox ${item.key.sort}` })
      }
      return true
    })
    if (!isReadable) findings.push({ code: 'OUTBOX_WRONG', path: `outbox ${partition}` })
  }
  return findings
}

/** As many as the settings allow. */
const OUTBOX_SHARDS_LIMIT = 64

// What a row was changed to need not be of any shape, or JSON: whatever is thrown at it, it does not hold
async function holds(check: () => Promise<boolean>): Promise<boolean> {
  try {
    return await check()
  } catch (fault) {
    if (fault instanceof Failure) throw fault
    return false
  }
}

async function isEntryOf(store: Store, number: number, leaf: Uint8Array): Promise<boolean> {
  const reference = (await store.find(sealedKey(number)))?.value as SealedReference | undefined
  if (reference === undefined || reference.number !== number) return false
  const byId = await store.find(numberKey(reference.id))
  return isDeepStrictEqual(byId?.value, reference) && isOpenedBy(store, reference, leaf)
}

async function isPlaceOf(store: Store, { key, value }: Item): Promise<boolean> {
  const place = value as Omit<SealedReference, 'number' | 'sealedAt'>
  const leaf = formatLeaf(Buffer.from(place.commitment, 'base64'))
  return key.sort === `${place.at}#${place.id}` && isOpenedBy(store, place, leaf)
}

/** Whether the entry's own row is the one referred to, and says what the leaf commits to, or by what it was erased. */
async function isOpenedBy(
  store: Store,
  { id, kind, at, commitment }: Pick<SealedReference, 'id' | 'kind' | 'at' | 'commitment'>,
  leaf: Uint8Array,
): Promise<boolean> {
  const row = (await store.find(entryKey(id)))?.value as EntryRow | undefined
  if (row === undefined) return false
  const { payload, salt, erasedBy, ...told } = row
  const isSame = isDeepStrictEqual(told, { id, kind, at, commitment })
  if (!isSame || Buffer.compare(formatLeaf(Buffer.from(commitment, 'base64')), leaf) !== 0) return false
  if (payload === undefined && salt === undefined && erasedBy !== undefined)
    return (await store.find(entryKey(erasedBy))) !== undefined
  const opened = parseBase64(salt ?? '')
  const shown = { id, kind, at, payload: payload ?? null }
  return opened !== undefined && isCommittedTo(leaf, { salt: opened, payload: shown })
}

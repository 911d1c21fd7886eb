import { findHead, findSealedEntry } from '../ledger/sealed.ts'
import type { Key, SealingStore, Store } from '../ports.ts'
import { findApplied } from './applied.ts'
import { partsOf } from './entry.ts'

const WATERMARK_KEY: Key = { table: 'ledger', partition: 'watermark', sort: 'watermark' }

/**
 * The greatest ledger size below which every submission is applied: what a reader may pin. No clock and no queue
 * decides it. The stored mark only saves walking from the start; it never runs ahead of what is applied.
 */
export async function findWatermark(store: Store): Promise<number> {
  const stored = await store.find(WATERMARK_KEY)
  const { head } = await findHead(store)
  let size = (stored?.value as number | undefined) ?? 0
  while (size < head.size && (await isApplied(store, size))) size++
  return size
}

/** Moves the stored mark up to the watermark; losing a race to another worker is no fault. */
export async function advanceWatermark(store: SealingStore): Promise<number> {
  const stored = await store.find(WATERMARK_KEY)
  const size = await findWatermark(store)
  if (stored === undefined) {
    await store.swap({ key: WATERMARK_KEY, value: size, when: 'absent' })
  } else if (size > (stored.value as number)) {
    await store.swap({ key: WATERMARK_KEY, value: size, when: { revision: stored.revision } })
  }
  return size
}

async function isApplied(store: Store, number: number): Promise<boolean> {
  const entry = await findSealedEntry(store, number)
  // Numbered but not yet indexed: its batch is still being finished
  if (entry === undefined) return false
  const parts = partsOf(entry)
  return parts === 0 || (await findApplied(store, number, parts)) !== undefined
}

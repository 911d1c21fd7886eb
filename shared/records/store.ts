import type { Item, Store } from '../ports.ts'
import { standingRecords } from './as-of.ts'
import { subjectPartition } from './keys.ts'
import type { StandingRecord, Subject } from './record.ts'

/** The records filed under an identifier that stand in the ledger's first `ledgerSize` entries. */
export async function listStanding(
  store: Store,
  subject: Subject,
  ledgerSize: number,
): Promise<readonly StandingRecord[]> {
  const items: Item[] = []
  for await (const item of store.list({ table: 'records', partition: subjectPartition(subject) }))
    items.push(item)
  return standingRecords(items, ledgerSize)
}

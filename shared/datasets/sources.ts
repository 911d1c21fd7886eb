import { compareUtf8 } from '../base/order.ts'
import { findSealedEntry } from '../ledger/sealed.ts'
import type { Store } from '../ports.ts'
import { submissionOf } from '../records/entry.ts'
import type { Source } from './manifest.ts'

/**
 * By authority, how many submissions take part and when it sent the latest: those of the entries from `from`
 * (included) to `to` (left out), on top of those before.
 */
export async function countSources(
  store: Store,
  before: readonly Source[],
  range: { readonly from: number; readonly to: number },
): Promise<readonly Source[]> {
  const sources = new Map(before.map((source) => [source.authority, source]))
  for (let number = range.from; number < range.to; number++) {
    const entry = await findSealedEntry(store, number)
    const submission = entry && submissionOf(entry)
    if (submission === undefined) continue
    const { authority, sentAt } = submission
    const known = sources.get(authority)
    sources.set(authority, {
      authority,
      submissions: (known?.submissions ?? 0) + 1,
      latestSentAt: known !== undefined && known.latestSentAt > sentAt ? known.latestSentAt : sentAt,
    })
  }
  return [...sources.values()].sort((left, right) => compareUtf8(left.authority, right.authority))
}

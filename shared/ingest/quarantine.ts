import { z } from 'zod'
import type { CalendarDate } from '../base/instant.ts'
import type { Key, Store, Write } from '../ports.ts'
import { mendedPartition } from './mends.ts'
import { groupOf } from './reason-groups.ts'
import type { Receipt } from './receipt.ts'
import { type RefusalCode, refusalCodes } from './refusal.ts'

/** Of a submission with records in quarantine: how many for each reason. Which they are, its outcomes tell. */
export const quarantineSchema = z.strictObject({
  layout: z.string(),
  /** The last day in China on which they may be mended. */
  until: z.string(),
  refusals: z.partialRecord(z.enum(refusalCodes), z.int()),
})
export type Quarantine = z.infer<typeof quarantineSchema>

export function quarantinePartition(authority: string) {
  return { table: 'ledger', partition: `quarantine#${authority}` } as const
}

function quarantineKey(authority: string, submissionId: string): Key {
  return { ...quarantinePartition(authority), sort: submissionId }
}

/**
 * What is written with a receipt: how many of its records are in quarantine, or which submission it mends. What mends has
 * no quarantine of its own: a record that is refused again leaves the place open that it was to mend.
 */
export function quarantineWrites(receipt: Receipt): readonly Write[] {
  const { authority, submissionId, layout, correctionsUntil: until = '', mends } = receipt
  if (receipt.refusal !== undefined) return []
  if (mends !== undefined) {
    const key = { ...mendedPartition(authority, mends.submissionId), sort: submissionId }
    return [{ key, value: {}, when: 'absent' }]
  }
  const refusals = Object.fromEntries(
    Object.entries(receipt.refusals ?? {}).filter(([code]) => groupOf(code as RefusalCode) !== undefined),
  )
  if (Object.keys(refusals).length === 0) return []
  const key = quarantineKey(authority, submissionId)
  return [{ key, value: { layout, until, refusals }, when: 'absent' }]
}

/** What is in quarantine of a submission, mended and lapsed or not; undefined where none of it ever was. */
export async function findQuarantine(
  store: Store,
  authority: string,
  submissionId: string,
): Promise<Quarantine | undefined> {
  const item = await store.find(quarantineKey(authority, submissionId))
  return item && quarantineSchema.parse(item.value)
}

/** Whether the day is past until which records may be mended; on that day itself they may be. */
export function isLapsed({ until }: Pick<Quarantine, 'until'>, today: CalendarDate): boolean {
  return until < today
}

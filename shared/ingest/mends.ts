import { z } from 'zod'
import { digestOf } from '../base/digest.ts'

/** Places are in a receipt and in an item of the store: at nine digits each some 100 kB. */
export const MENDED_PLACES_LIMIT = 10_000

/** Which records of another submission of the authority a submission has in mended form. */
export const mendsSchema = z.strictObject({
  submissionId: z.string().max(100),
  /** Their places there, in the order of the records here; left out, all that are open. A receipt has them always. */
  places: z.array(z.int().min(0)).min(1).max(MENDED_PLACES_LIMIT).optional(),
})
export type Mends = z.infer<typeof mendsSchema>

/** Whether what is said to be mended is what a receipt tells of; those that were open then, where none are named. */
export function isSameMending(said: Mends | undefined, told: Mends | undefined): boolean {
  if (said === undefined || told === undefined) return said === told
  const { submissionId, places = told.places } = said
  return digestOf({ ...told, submissionId, ...(places && { places }) }) === digestOf(told)
}

/** Places as text, as a query or an option has them: whole numbers with commas between, and nothing else. */
export const placesSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,8})(,(0|[1-9]\d{0,8}))*$/)
  .transform((text) => text.split(',').map(Number))

/** Submissions that mend records of this one, each under its id. */
export function mendedPartition(authority: string, submissionId: string) {
  return { table: 'ledger', partition: `mended#${authority}#${submissionId}` } as const
}

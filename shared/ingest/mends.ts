import { z } from 'zod'

/** Which records of another submission of the authority a submission has in mended form. */
export const mendsSchema = z.strictObject({
  submissionId: z.string().max(100),
  /** Their places there, in the order of the records here; every one that is open where it is left out. */
  places: z.array(z.int().min(0)).min(1).max(10_000).optional(),
})
export type Mends = z.infer<typeof mendsSchema>

/** Places as text, as a query or an option has them: whole numbers with commas between, and nothing else. */
export const placesSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,8})(,(0|[1-9]\d{0,8}))*$/)
  .transform((text) => text.split(',').map(Number))

/** Submissions that mend records of this one, each under its id. */
export function mendedPartition(authority: string, submissionId: string) {
  return { table: 'ledger', partition: `mended#${authority}#${submissionId}` } as const
}

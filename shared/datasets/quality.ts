import { z } from 'zod'
import { canonicalInstantSchema } from '../base/instant.ts'

const checkSchema = z.strictObject({
  id: z.string(),
  zh: z.string(),
  en: z.string(),
  severity: z.enum(['gate', 'report']),
  failing: z.int().min(0),
  /** A gate that failed and was let through, by whoever asked for the version. */
  accepted: z.boolean(),
  /** Where the failing rows are; each file was checked when it was built. */
  buckets: z.array(z.strictObject({ bucket: z.int().min(0), failing: z.int().min(1) })),
})
/** One check of the table and how many rows (or files, rows too few, days ahead) fail it. */
export type Check = z.infer<typeof checkSchema>

export const qualitySchema = z.strictObject({
  dataset: z.string(),
  version: z.int().min(1),
  validAt: canonicalInstantSchema,
  rows: z.int().min(0),
  checks: z.array(checkSchema),
})
/** What `quality.json` says: failing counts, never a mean alone. */
export type Quality = z.infer<typeof qualitySchema>

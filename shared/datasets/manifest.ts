import { z } from 'zod'
import { sha256Schema } from '../base/digest.ts'
import { canonicalInstantSchema } from '../base/instant.ts'
import { columnSchema } from './columns.ts'

const count = z.int().min(0)

export const pinsSchema = z.strictObject({
  /** Entries of the ledger that take part: the first so many. */
  ledgerSize: count,
  /** The instant the rows are true of. */
  validAt: canonicalInstantSchema,
  policySha256: sha256Schema,
  fieldTableSha256: sha256Schema,
  /** Versions from before there was a table of them say nothing. */
  publicationRulesSha256: sha256Schema.optional(),
  qualityRulesSha256: sha256Schema,
  bucketCount: z.int().min(1),
  engine: z.string(),
  fusionVersion: z.int(),
})
/** All that a version's rows and bytes follow from. */
export type Pins = z.infer<typeof pinsSchema>

export const dataFileSchema = z.strictObject({
  bucket: count,
  path: z.string(),
  sha256: sha256Schema,
  sizeBytes: count,
  rows: z.int().min(1),
  /** The earliest instant at which time alone changes a row of the file. */
  nextChangeAt: canonicalInstantSchema.nullable(),
})
/** A Parquet file of a version; versions share the files that did not change. */
export type DataFile = z.infer<typeof dataFileSchema>

const sourceSchema = z.strictObject({
  authority: z.string(),
  submissions: z.int().min(1),
  /** When the authority sent the latest of what takes part. */
  latestSentAt: canonicalInstantSchema,
})
export type Source = z.infer<typeof sourceSchema>

export const manifestSchema = z.strictObject({
  dataset: z.string(),
  version: z.int().min(1),
  parent: z.strictObject({ version: z.int().min(1), manifestSha256: sha256Schema }).nullable(),
  /** One publisher's one attempt. */
  commitId: z.string(),
  ...pinsSchema.shape,
  columns: z.array(columnSchema),
  /** By bucket; an empty bucket has no file. */
  files: z.array(dataFileSchema),
  rows: count,
  /** What the version was made from, by authority. */
  sources: z.array(sourceSchema),
  qualitySha256: sha256Schema,
  createdAt: canonicalInstantSchema,
})
/** Everything about a version but its rows. */
export type Manifest = z.infer<typeof manifestSchema>

import { z } from 'zod'
import { findNumber } from '../ledger/sealed.ts'
import type { Key, Store } from '../ports.ts'
import { type Applied, sumApplied } from '../records/applied.ts'
import { mendsSchema } from './mends.ts'
import { refusalCodes } from './refusal.ts'

const count = z.int().min(0)
const digest = z.string().regex(/^[0-9a-f]{64}$/)

/** Of receipts and replies; what an envelope or a signature has is another (envelope.ts). */
export const RECEIPT_VERSION = '1' as const

/** What is kept of a submission for good. `received` is the sum of the four outcomes. */
export const receiptSchema = z.strictObject({
  schemaVersion: z.literal(RECEIPT_VERSION),
  authority: z.string(),
  submissionId: z.string(),
  layout: z.string(),
  sentAt: z.string(),
  receivedAt: z.string(),
  /**
   * What the id names: SHA-256 over the layout's name and the SHA-256 of the file, or of the records as JSON. Of what was
   * refused unread it is the SHA-256 of the message; of a file in a bucket what its pointer states, or else the SHA-256
   * of its object's key and version id (aws/landing.ts).
   */
  sha256: digest,
  /** 0 where a file in a bucket was refused before it was read. */
  sizeBytes: count,
  received: count,
  accepted: count,
  repeated: count,
  refused: count,
  unresolved: count,
  /** How many records were refused for each reason; absent where none was. */
  refusals: z.partialRecord(z.enum(refusalCodes), count).optional(),
  /** The submission whose refused records are here in mended form, and which. */
  mends: mendsSchema.optional(),
  /** Set where the whole submission is refused; nothing of it counts, whatever was read before the fault. */
  refusal: z.strictObject({ code: z.enum(refusalCodes), path: z.string(), reason: z.string() }).optional(),
  /**
   * The Merkle root over the digests of the records kept, accepted and unresolved, in their order (record-reader.ts). Absent
   * where the whole is refused, and from receipts of before there was one.
   */
  recordsRoot: digest.optional(),
  /** The last day in China (UTC+8) on which the authority may send corrections of it: `correctionDays` of the policy. */
  correctionsUntil: z.iso.date().optional(),
  /** The archive's parts and the outcomes of the records in chunks, by content. */
  parts: z.array(z.strictObject({ sha256: digest, records: count })),
  outcomes: z.array(z.strictObject({ sha256: digest, records: count })).optional(),
  /** The ledger entry that was written with this receipt. */
  entryId: z.string(),
})
export type Receipt = z.infer<typeof receiptSchema>

/**
 * How far a received submission has come: its entry's number once sealed, how many of its parts are applied, and the
 * count of new records once all of them are. Each follows from marks that are only ever added, so none goes back.
 */
export type Progress = {
  readonly entry: number | undefined
  readonly parts: { readonly applied: number; readonly of: number }
  readonly applied: Applied | undefined
}

/** Where a submission's receipt stands; whoever writes there first has the id. */
export function submissionKey(authority: string, submissionId: string): Key {
  return { table: 'ledger', partition: `submission#${authority}`, sort: submissionId }
}

/** The receipt of a submission, once its draft is committed: of a refusal of the whole as well. */
export async function findReceipt(
  store: Store,
  authority: string,
  submissionId: string,
): Promise<Receipt | undefined> {
  const item = await store.find(submissionKey(authority, submissionId))
  return item === undefined ? undefined : receiptSchema.parse(item.value)
}

export async function findProgress(store: Store, receipt: Receipt): Promise<Progress> {
  const entry = await findNumber(store, receipt.entryId)
  const of = receipt.parts.length
  if (entry === undefined) return { entry, parts: { applied: 0, of }, applied: undefined }
  if (of === 0) return { entry, parts: { applied: 0, of }, applied: { new: 0, known: 0 } }
  const { seen, sums } = await sumApplied(store, entry)
  return { entry, parts: { applied: seen, of }, applied: seen === of ? sums : undefined }
}

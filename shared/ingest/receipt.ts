import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import { type Sha256, sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import { findNumber } from '../ledger/sealed.ts'
import type { Key, ObjectKey, Objects, Store } from '../ports.ts'
import { type Applied, findApplied } from '../records/applied.ts'
import { type RefusalCode, refusalReasons } from './refusal.ts'

const refusalCodes = Object.keys(refusalReasons) as [RefusalCode, ...RefusalCode[]]

export const outcomes = ['accepted', 'repeated', 'refused', 'unresolved'] as const

export const recordOutcomeSchema = z.strictObject({
  /** The record's place in the submission, from 0; blank lines and what stands above the header don't count. */
  index: z.int().min(0),
  outcome: z.enum(outcomes),
  code: z.enum(refusalCodes).optional(),
  path: z.string().optional(),
  reason: z.string().optional(),
})
export type RecordOutcome = z.infer<typeof recordOutcomeSchema>

const count = z.int().min(0)
const digest = z.string().regex(/^[0-9a-f]{64}$/)

/** What is kept of a submission for good. `received` is the sum of the four outcomes. */
export const receiptSchema = z.strictObject({
  schemaVersion: z.literal('1'),
  authority: z.string(),
  submissionId: z.string(),
  layout: z.string(),
  sentAt: z.string(),
  receivedAt: z.string(),
  /** What the id names: SHA-256 over the layout's name and the SHA-256 of the file, or of the records as JSON. */
  sha256: digest,
  sizeBytes: count,
  received: count,
  accepted: count,
  repeated: count,
  refused: count,
  unresolved: count,
  /** Set where the whole submission is refused; nothing of it is kept but this receipt. */
  refusal: z.strictObject({ code: z.enum(refusalCodes), path: z.string(), reason: z.string() }).optional(),
  /** The archive's parts and the outcomes of the records, by content. */
  parts: z.array(z.strictObject({ sha256: digest, records: count })),
  outcomes: digest.optional(),
  /** The ledger entry that was written with this receipt. */
  entryId: z.string(),
})
export type Receipt = z.infer<typeof receiptSchema>

/** How far a received submission has come: its entry's number once sealed, the count of new records once applied. */
export type Progress = { readonly entry: number | undefined; readonly applied: Applied | undefined }

export function submissionKey(authority: string, submissionId: string): Key {
  return { table: 'ledger', partition: `submission#${authority}`, sort: submissionId }
}

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
  if (entry === undefined) return { entry, applied: undefined }
  if (receipt.parts.length === 0) return { entry, applied: { new: 0, known: 0 } }
  return { entry, applied: await findApplied(store, entry, receipt.parts.length) }
}

export function encodeOutcomes(list: readonly RecordOutcome[]): { body: Uint8Array; sha256: Sha256 } {
  const body = zstdCompressSync(JSON.stringify(list))
  return { body, sha256: sha256(body) }
}

export function outcomesKey(sha: string): ObjectKey {
  return { area: 'archive', path: `outcomes/${sha.slice(0, 2)}/${sha}` }
}

/** The outcome of every record, refusals with their reason. Throws `OUTCOMES_MISSING` or `OUTCOMES_CORRUPT`. */
export async function readOutcomes(objects: Objects, receipt: Receipt): Promise<readonly RecordOutcome[]> {
  if (receipt.outcomes === undefined) return []
  const found = await objects.find(outcomesKey(receipt.outcomes))
  if (found === undefined) throw new Failure('OUTCOMES_MISSING', { retryable: true })
  if (sha256(found.body) !== receipt.outcomes) throw new Failure('OUTCOMES_CORRUPT', { retryable: false })
  const list = z.array(recordOutcomeSchema).parse(JSON.parse(zstdDecompressSync(found.body).toString('utf8')))
  return list.map((each) => (each.code === undefined ? each : { ...each, reason: refusalReasons[each.code] }))
}

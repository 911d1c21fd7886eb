import { z } from 'zod'
import type { Json } from '../base/canonical.ts'
import { digestOf, sha256Schema } from '../base/digest.ts'
import { evidenceSchema } from '../ledger/evidence.ts'
import { receiptSchema } from './receipt.ts'

/** A receipt with what proves it: all that an authority needs to keep. */
const provenReceiptSchema = z.strictObject({ receipt: receiptSchema, evidence: evidenceSchema })
export type ProvenReceipt = z.infer<typeof provenReceiptSchema>

/** As it is delivered and kept, with the digest of both: of what no entry tells, that alone shows whether it was damaged since. */
export const deliveredReceiptSchema = provenReceiptSchema.extend({ sha256: sha256Schema })

/** A proven receipt with its digest. */
export function deliveredReceipt(proven: ProvenReceipt): Json {
  // What is undefined in it has no place in a file
  const document = JSON.parse(JSON.stringify(proven))
  return { ...document, sha256: digestOf(document) }
}

import { z } from 'zod'
import { SIGNATURE_LIMIT } from '../authorities/signature.ts'
import { type Sha256, sha256 } from '../base/digest.ts'
import { instantSchema } from '../base/form.ts'
import { findPersonalDataInId } from '../identity/personal-data.ts'
import { layoutNameOf } from './layouts/registry.ts'
import { mendsSchema } from './mends.ts'

export const ENVELOPE_VERSION = '1'

/** Names one content for good: the same id with other content is refused. It stays in receipts, so it is no person's number. */
export const submissionIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
  .refine((id) => findPersonalDataInId(id) === undefined, {
    message: 'looks like a resident ID or mobile number',
  })

const headShape = {
  schemaVersion: z.literal(ENVELOPE_VERSION),
  submissionId: submissionIdSchema,
  layout: z.string().min(1).max(60),
  /** When the authority sent it, by its own clock. */
  sentAt: instantSchema,
  /** Whose refused records these are in mended form. */
  mends: mendsSchema.optional(),
}

/** What every submission says of itself; a file's rides in the query, beside the bytes. */
export const submissionHeadSchema = z.strictObject(headShape)
export type SubmissionHead = z.infer<typeof submissionHeadSchema>

/**
 * The hash of what an id names, as a receipt states it: the layout and what was sent in it, by its own hash. The layout
 * goes by its name alone, whatever version it was spelt with, so that a retry is one after the layout has changed too;
 * `sentAt` is no part of it, since a retry carries a new one.
 */
export function contentSha256(layout: string, sent: string): Sha256 {
  return sha256(`${layoutNameOf(layout)}\n${sent}`)
}

/** A JWS over what a submission is (signature.ts); beside a file it travels in a header, or with the pointer. */
export const signatureSchema = z.string().max(SIGNATURE_LIMIT)

/** A submission as one JSON document. Which authority it comes from is told by the door, never by the message. */
export const envelopeSchema = z.strictObject({
  ...headShape,
  records: z.array(z.unknown()),
  signature: signatureSchema.optional(),
})
export type Envelope = z.infer<typeof envelopeSchema>

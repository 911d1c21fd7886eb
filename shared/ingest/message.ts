import { z } from 'zod'
import { sha256 } from '../base/digest.ts'
import { parseJson } from '../base/json.ts'
import { jsonPointer } from '../base/json-pointer.ts'
import { nestsTooDeep } from '../base/nesting.ts'
import type { Unread } from './accept.ts'
import {
  type Envelope,
  envelopeSchema,
  type SubmissionHead,
  signatureSchema,
  submissionHeadSchema,
} from './envelope.ts'
import type { Refusal } from './refusal.ts'

export const pointerSchema = z.strictObject({
  ...submissionHeadSchema.shape,
  /** One version of one object under the authority's own prefix. */
  object: z.strictObject({
    key: z.string().min(1).max(1024).refine(isPlainKey, { message: 'not the name of an object' }),
    versionId: z.string().min(1).max(1024),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  signature: signatureSchema.optional(),
})

// None of what a client, a proxy or a store may take for something else than part of a name
function isPlainKey(key: string): boolean {
  const segments = key.split('/')
  return key.isWellFormed() && !/\p{Cc}/u.test(key) && !segments.includes('.') && !segments.includes('..')
}

/** What an authority puts into its queue in place of a file too large for a message. */
export type Pointer = z.infer<typeof pointerSchema>

/** A message of an authority's queue: records, a pointer to a file, or why it is neither. */
export type AuthorityMessage =
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  | { readonly kind: 'pointer'; readonly pointer: Pointer }
  | { readonly kind: 'unreadable'; readonly refusal: Refusal }

export function parseMessage(body: string): AuthorityMessage {
  const value = parseJson(body)
  if (value === undefined) return { kind: 'unreadable', refusal: { code: 'ENVELOPE_MALFORMED', path: '' } }
  if (typeof value === 'object' && value !== null && 'object' in value) {
    const pointer = pointerSchema.safeParse(value)
    return pointer.success ? { kind: 'pointer', pointer: pointer.data } : unreadable(pointer.error)
  }
  const envelope = envelopeSchema.safeParse(value)
  if (!envelope.success) return unreadable(envelope.error)
  if (nestsTooDeep(envelope.data.records))
    return { kind: 'unreadable', refusal: { code: 'ENVELOPE_MALFORMED', path: '/records' } }
  return { kind: 'envelope', envelope: envelope.data }
}

/** What a message says of itself, where it can be read so far. */
export function headOf(message: AuthorityMessage): { readonly head?: SubmissionHead } {
  if (message.kind === 'unreadable') return {}
  const { schemaVersion, submissionId, layout, sentAt } =
    message.kind === 'envelope' ? message.envelope : message.pointer
  return { head: { schemaVersion, submissionId, layout, sentAt } }
}

function unreadable(error: z.ZodError): AuthorityMessage {
  // Names of members come from the sender where they are unknown; only those of the schema are told
  const [first] = error.issues
  const path = first?.path.every((each) => typeof each === 'string' && KNOWN.has(each)) ? first.path : []
  return { kind: 'unreadable', refusal: { code: 'ENVELOPE_MALFORMED', path: jsonPointer(path) } }
}

const KNOWN: ReadonlySet<unknown> = new Set([
  ...Object.keys(envelopeSchema.shape),
  ...Object.keys(pointerSchema.shape),
  ...Object.keys(pointerSchema.shape.object.shape),
])

/** Hash and size of a message's text. */
export function measure(body: string): Pick<Unread, 'sha256' | 'sizeBytes'> {
  return { sha256: sha256(body), sizeBytes: Buffer.byteLength(body) }
}

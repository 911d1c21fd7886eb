import { z } from 'zod'
import { sha256 } from '../base/digest.ts'
import { parseInstant } from '../base/instant.ts'
import { jsonPointer } from '../base/pointer.ts'
import { findPersonalData, findPersonalDataInId } from '../identity/personal-data.ts'
import type { World } from '../ports.ts'
import type { Authority } from '../settings.ts'
import { acceptDraft, correctionsUntil, entryIdOf, refusedDraft, refusedId } from './accept.ts'
import { type Envelope, envelopeSchema, type SubmissionHead, submissionHeadSchema } from './envelope.ts'
import { parseFileName } from './formats/registry.ts'
import { findLayout, layoutId } from './layouts/registry.ts'
import type { Refusal } from './refusal.ts'

export const pointerSchema = z.strictObject({
  ...submissionHeadSchema.shape,
  /** One version of one object under the authority's own prefix. */
  object: z.strictObject({
    key: z.string().min(1).max(1024),
    versionId: z.string().min(1).max(1024),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
})

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
  return envelope.success ? { kind: 'envelope', envelope: envelope.data } : unreadable(envelope.error)
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

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // What JSON.parse throws quotes the input
    return undefined
  }
}

/** What a dropped file's name says: `<authority>/drop/<layout>/<submissionId>.csv` (or another format's ending). */
export function parseDropKey(
  key: string,
  sentAt: string,
): { readonly authority: string; readonly head: SubmissionHead } | undefined {
  const [, authority, layout, name = ''] = /^([a-z0-9-]+)\/drop\/([^/]+)\/([^/]+)$/.exec(key) ?? []
  const head = submissionHeadSchema.safeParse({
    schemaVersion: '1',
    submissionId: parseFileName(name)?.stem,
    layout,
    sentAt: parseInstant(sentAt),
  })
  return authority === undefined || !head.success ? undefined : { authority, head: head.data }
}

/** Files about natural persons go by this name among the exchange files of the provinces; those about others end in 1. */
const NATURAL_PERSONS = /XYSJJH2/i

/** Why a file of this name is not taken, whatever is in it. The name itself is told to nobody. */
export function checkFileName(name: string): Refusal | undefined {
  if (NATURAL_PERSONS.test(name)) return { code: 'FILE_OF_NATURAL_PERSONS', path: '' }
  const stem = parseFileName(name)?.stem ?? name
  const isPersonal = findPersonalData(stem) !== undefined || findPersonalDataInId(stem) !== undefined
  return isPersonal ? { code: 'FILE_NAME_PERSONAL_DATA', path: '' } : undefined
}

/** What is known of something that is refused unread: never its bytes, only their hash and size. */
export type Unread = {
  readonly authority: Authority
  /** Where the message could be read so far; without it the receipt's id comes from the hash. */
  readonly head?: SubmissionHead
  readonly sha256: string
  readonly sizeBytes: number
  readonly refusal: Refusal
}

/**
 * Refuses at once, with a receipt, what came through a door that has no answer. Under the submission's own id if it is
 * known and free; else under one that comes from the hash.
 */
export async function refuseUnread(
  world: Pick<World, 'store' | 'now' | 'settings'>,
  { authority, head, sha256, sizeBytes, refusal }: Unread,
): Promise<void> {
  const submissionId = head?.submissionId ?? refusedId(sha256)
  const layout = findLayout(head?.layout ?? '')
  const at = world.now()
  const draftHead = {
    schemaVersion: '1' as const,
    authority: authority.code,
    submissionId,
    layout: layout === undefined ? 'unknown' : layoutId(layout),
    sentAt: head?.sentAt ?? at,
    receivedAt: at,
    sha256,
    sizeBytes,
    correctionsUntil: correctionsUntil(at, world.settings.policy),
    entryId: entryIdOf(authority.code, submissionId),
  }
  await acceptDraft(world, refusedDraft(draftHead, refusal))
}

/** Hash and size of a message's text. */
export function measure(body: string): Pick<Unread, 'sha256' | 'sizeBytes'> {
  return { sha256: sha256(body), sizeBytes: Buffer.byteLength(body) }
}

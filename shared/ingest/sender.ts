import { type Statement, verifySignature } from '../authorities/signature.ts'
import { findStanding } from '../authorities/standing.ts'
import { digestOf, type Sha256 } from '../base/digest.ts'
import type { World } from '../ports.ts'
import type { Authority } from '../settings.ts'
import type { SubmissionHead } from './envelope.ts'
import type { Refusal, RefusalCode } from './refusal.ts'

/** What says who sent something, before any of it is read. */
export type Sending = {
  readonly authority: Authority
  readonly head: SubmissionHead
  readonly signature?: string | undefined
}

/** A sender from whom it may be taken in, and which content was signed for, where there is a signature. */
export type Sender = { readonly signedSha256: Sha256 | undefined }

/** Whether a submission is its authority's, and that may send. Its content is left to compare, by `checkContent`. */
export async function checkSender(
  world: Pick<World, 'store' | 'now'>,
  { authority, head, signature }: Sending,
): Promise<Sender | { readonly refusal: Refusal }> {
  const standing = await findStanding(world, authority)
  if (standing.suspension !== undefined) return refused('AUTHORITY_SUSPENDED', '')
  if (signature === undefined)
    return authority.requireSignature ? refused('SIGNATURE_MISSING') : { signedSha256: undefined }
  const statement = statementOf(authority.code, head)
  const verified = await verifySignature(signature, { keys: standing.keys, at: world.now(), statement })
  return 'code' in verified ? refused(verified.code) : { signedSha256: verified.sha256 }
}

/** What is signed of a submission, but for its content. */
export function statementOf(
  authority: string,
  { schemaVersion, submissionId, layout, sentAt, mends }: SubmissionHead,
): Omit<Statement, 'sha256'> {
  const statement = { schemaVersion, authority, submissionId, layout, sentAt }
  return mends === undefined ? statement : { ...statement, mendsSha256: digestOf(mends) }
}

/** Whether a content, by the hash that a receipt states and if that is known, is the one that was signed for. */
export function checkContent(
  { signedSha256 }: Sender,
  contentSha256: () => Sha256 | undefined,
): Refusal | undefined {
  // Worked out for what is signed alone: it is all of an envelope as text
  const sha256 = signedSha256 && contentSha256()
  return sha256 === undefined || sha256 === signedSha256 ? undefined : REBOUND
}

const REBOUND = { code: 'SIGNATURE_REBOUND', path: '/signature' } as const satisfies Refusal

function refused(code: RefusalCode, path = '/signature'): { readonly refusal: Refusal } {
  return { refusal: { code, path } }
}

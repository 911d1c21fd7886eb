import type { Instant } from '../base/instant.ts'
import type { Entry, World } from '../ports.ts'
import { SUBMISSION_ENTRY } from '../records/entry.ts'
import { findReceipt, type Receipt, receiptSchema, submissionKey } from './receipt.ts'
import { refusalReasons } from './refusal.ts'

/** A receipt that is not committed yet: what waits in the inbox. */
export type Draft = Receipt

export const REFUSED_ENTRY = 'submission-refused'

/**
 * Commits a draft with its entry: from here on the submission counts. 'repeated': the same content was accepted
 * before, and its receipt stands; 'reused': another content took the id first, and this one is turned away.
 */
export async function acceptSubmission(
  world: Pick<World, 'store'>,
  message: unknown,
): Promise<'accepted' | 'repeated' | 'reused'> {
  const draft = receiptSchema.parse(message)
  const result = await world.store.commit(
    [{ key: submissionKey(draft.authority, draft.submissionId), value: draft, when: 'absent' }],
    entryOf(draft),
  )
  if (result === 'committed') return 'accepted'
  const stored = await findReceipt(world.store, draft.authority, draft.submissionId)
  return stored?.sha256 === draft.sha256 ? 'repeated' : 'reused'
}

/** Commits a refusal in place of a draft that could not be processed however often it was tried. */
export async function buryDraft(world: Pick<World, 'store'>, message: unknown): Promise<void> {
  const draft = receiptSchema.parse(message)
  const { outcomes: _, ...rest } = draft
  const code = 'SUBMISSION_DEAD'
  const none = { received: 0, accepted: 0, repeated: 0, refused: 0, unresolved: 0, parts: [] }
  await acceptSubmission(world, {
    ...rest,
    ...none,
    refusal: { code, path: '', reason: refusalReasons[code] },
  })
}

export function entryIdOf(authority: string, submissionId: string): string {
  return `submission:${authority}:${submissionId}`
}

function entryOf(draft: Draft): Entry {
  const { authority, submissionId, sentAt, layout, sha256, parts } = draft
  const { received, accepted, repeated, refused, unresolved } = draft
  const counts = { received, accepted, repeated, refused, unresolved }
  return {
    id: draft.entryId,
    kind: draft.refusal === undefined ? SUBMISSION_ENTRY : REFUSED_ENTRY,
    at: draft.receivedAt as Instant,
    payload: {
      authority,
      submissionId,
      sentAt,
      layout,
      sha256,
      ...counts,
      parts,
      refusal: draft.refusal?.code,
    },
  }
}

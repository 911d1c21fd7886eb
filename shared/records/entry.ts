import type { Instant } from '../base/instant.ts'
import type { SealedEntry } from '../ledger/sealed.ts'
import type { PartReference } from './part.ts'

export const SUBMISSION_ENTRY = 'submission-received'
export const ERASURE_ENTRY = 'entry-erased'

/** What the ledger tells of an accepted submission; only this is needed to compute its records again. */
export type SubmissionPayload = {
  readonly authority: string
  readonly submissionId: string
  readonly sentAt: Instant
  readonly parts: readonly PartReference[]
}

/** The submission an entry tells of; undefined for an entry of another kind, a submission refused whole, one erased. */
export function submissionOf({ kind, payload }: SealedEntry): SubmissionPayload | undefined {
  return kind === SUBMISSION_ENTRY && payload !== null ? (payload as unknown as SubmissionPayload) : undefined
}

/** How many parts of an entry there are to apply, each of which leaves its mark when that is done. */
export function partsOf(entry: SealedEntry): number {
  return entry.kind === ERASURE_ENTRY ? 1 : (submissionOf(entry)?.parts.length ?? 0)
}

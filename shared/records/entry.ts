import type { Instant } from '../base/instant.ts'
import type { SealedEntry } from '../ledger/sealed.ts'
import type { PartReference } from './part.ts'

export const SUBMISSION_ENTRY = 'submission-received'
/** Of a submission that was refused whole. */
export const REFUSED_ENTRY = 'submission-refused'
export const ERASURE_ENTRY = 'entry-erased'
export const REPLAY_ENTRY = 'submission-replayed'

/** What the ledger tells of an accepted submission; only this is needed to compute its records again. */
export type SubmissionPayload = {
  readonly authority: string
  readonly submissionId: string
  readonly sentAt: Instant
  /** `name@version` of the layout it came in. */
  readonly layout?: string
  readonly parts: readonly PartReference[]
}

/** The submission an entry tells of; undefined for an entry of another kind, a submission refused whole, one erased. */
export function submissionOf({ kind, payload }: SealedEntry): SubmissionPayload | undefined {
  return kind === SUBMISSION_ENTRY && payload !== null ? (payload as unknown as SubmissionPayload) : undefined
}

/**
 * What the ledger tells of a submission whose rows were read again: only where that came to something else. `gained` is
 * what the rows now are, `lost` what they were held to be before.
 */
export type ReplayPayload = {
  readonly authority: string
  readonly submissionId: string
  readonly sentAt: Instant
  /** The number of the submission's own entry, whose place the records keep. */
  readonly number: number
  /** The id of the entry that it follows: the submission's own, or its replay before this one. */
  readonly follows: string
  readonly gained: readonly PartReference[]
  readonly lost: readonly PartReference[]
}

/** The replay an entry tells of; undefined for an entry of another kind. */
export function replayOf({
  kind,
  payload,
}: Pick<SealedEntry, 'kind' | 'payload'>): ReplayPayload | undefined {
  return kind === REPLAY_ENTRY ? (payload as unknown as ReplayPayload) : undefined
}

/** How many parts of an entry there are to apply, each of which leaves its mark when that is done. */
export function partsOf(entry: SealedEntry): number {
  if (entry.kind === ERASURE_ENTRY) return 1
  const replay = replayOf(entry)
  if (replay !== undefined) return replay.gained.length + replay.lost.length
  return submissionOf(entry)?.parts.length ?? 0
}

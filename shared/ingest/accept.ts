import { addDays, type CalendarDate, chinaDate, type Instant } from '../base/instant.ts'
import type { Entry, World } from '../ports.ts'
import { REFUSED_ENTRY, SUBMISSION_ENTRY } from '../records/entry.ts'
import type { Authority, Policy } from '../settings.ts'
import type { SubmissionHead } from './envelope.ts'
import { findLayout, layoutId } from './layouts/registry.ts'
import { isSameMending } from './mends.ts'
import { quarantineWrites } from './quarantine.ts'
import { findReceipt, RECEIPT_VERSION, type Receipt, receiptSchema, submissionKey } from './receipt.ts'
import { describeRefusal, type Refusal, type RefusalCode } from './refusal.ts'

/** A receipt that is not committed yet: what waits in the inbox. */
export type Draft = Receipt

/** What is known of a submission before its records are read. */
export type DraftHead = Pick<
  Draft,
  | 'schemaVersion'
  | 'authority'
  | 'submissionId'
  | 'layout'
  | 'sentAt'
  | 'receivedAt'
  | 'sha256'
  | 'sizeBytes'
  | 'correctionsUntil'
  | 'mends'
  | 'entryId'
>

type Heading = Pick<Draft, 'submissionId' | 'layout' | 'sentAt' | 'sha256' | 'sizeBytes' | 'mends'> & {
  readonly authority: Authority
  readonly receivedAt: Instant
  readonly policy: Policy
}

/** The head of a draft; what is known of a submission may be no more than its hash and its size. */
export function draftHead({ authority, receivedAt, policy, ...said }: Heading): DraftHead {
  const layout = findLayout(said.layout)
  return {
    schemaVersion: RECEIPT_VERSION,
    authority: authority.code,
    submissionId: said.submissionId,
    // A name nobody here knows is the sender's own text: it isn't kept
    layout: layout === undefined ? 'unknown' : layoutId(layout),
    sentAt: said.sentAt,
    receivedAt,
    sha256: said.sha256,
    sizeBytes: said.sizeBytes,
    correctionsUntil: correctionsUntil(receivedAt, policy),
    ...(said.mends !== undefined && { mends: said.mends }),
    entryId: entryIdOf(authority.code, said.submissionId),
  }
}

/**
 * Commits a draft with its entry: from here on the submission counts. 'refused': so does the refusal of the whole, which
 * is all that the draft tells; 'repeated': the same content was accepted before, and its receipt stands; 'reused':
 * another content took the id first, or one that mends something else, and this one is turned away.
 */
export async function commitDraft(
  world: Pick<World, 'store'>,
  message: unknown,
): Promise<'accepted' | 'refused' | 'repeated' | 'reused'> {
  const draft = receiptSchema.parse(message)
  const key = submissionKey(draft.authority, draft.submissionId)
  const writes = [{ key, value: draft, when: 'absent' as const }, ...quarantineWrites(draft)]
  const result = await world.store.commit(writes, entryOf(draft))
  if (result === 'committed') return draft.refusal === undefined ? 'accepted' : 'refused'
  const stored = await findReceipt(world.store, draft.authority, draft.submissionId)
  return stored !== undefined && isOfReceipt(draft, stored) ? 'repeated' : 'reused'
}

/**
 * Whether what has come under an id that is taken is what the receipt there is of: the content, and what it mends. The
 * receipt of a refusal says nothing of that; nor does what is refused because it closed these places itself before.
 */
export function isOfReceipt(
  come: Pick<Draft, 'sha256' | 'mends'> & Partial<Pick<Draft, 'refusal'>>,
  receipt: Receipt,
): boolean {
  if (come.sha256 !== receipt.sha256) return false
  const isRefused = come.refusal !== undefined || receipt.refusal !== undefined
  return isRefused || isSameMending(come.mends, receipt.mends)
}

/**
 * As `commitDraft`, for what nobody waits for an answer to: a draft that came second to its id has a receipt all
 * the same, of its refusal, under an id of its own: one that comes from its content, unless it is told.
 */
export async function acceptDraft(
  world: Pick<World, 'store'>,
  message: unknown,
  ownId?: string,
): ReturnType<typeof commitDraft> {
  const outcome = await commitDraft(world, message)
  if (outcome === 'reused') {
    const draft = receiptSchema.parse(message)
    const submissionId = ownId ?? refusedId(draft.sha256)
    await commitDraft(world, {
      ...refusedDraft(draft, { code: 'SUBMISSION_ID_REUSED', path: '/submissionId' }),
      submissionId,
      entryId: entryIdOf(draft.authority, submissionId),
    })
  }
  return outcome
}

/** What is known of something that is refused unread: never its bytes, only their hash and size. */
export type Unread = {
  readonly authority: Authority
  /** Where the message could be read so far. */
  readonly head?: SubmissionHead
  /** Its receipt's id where it has none, or none that is free; else that comes from the hash. */
  readonly ownId?: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly refusal: Refusal
}

/** Where the receipt of a refusal lies, and the code it has. */
export type Refused = { readonly submissionId: string; readonly code: RefusalCode }

/**
 * Refuses at once, with a receipt, what came through a door that has no answer. Under the submission's own id if it is
 * known and free; else under its own.
 */
export async function refuseUnread(
  world: Pick<World, 'store' | 'now' | 'settings'>,
  { authority, head, ownId, sha256, sizeBytes, refusal }: Unread,
): Promise<Refused> {
  const refusedAs = ownId ?? refusedId(sha256)
  const submissionId = head?.submissionId ?? refusedAs
  const receivedAt = world.now()
  const drafted = draftHead({
    ...{ authority, submissionId, sha256, sizeBytes, receivedAt },
    ...{ layout: head?.layout ?? '', sentAt: head?.sentAt ?? receivedAt },
    policy: world.settings.policy,
  })
  const outcome = await acceptDraft(world, refusedDraft(drafted, refusal), refusedAs)
  return outcome === 'reused'
    ? { submissionId: refusedAs, code: 'SUBMISSION_ID_REUSED' }
    : { submissionId, code: refusal.code }
}

/** Commits a refusal in place of a draft that could not be processed however often it was tried. */
export async function buryDraft(world: Pick<World, 'store'>, message: unknown): Promise<void> {
  await acceptDraft(world, refusedDraft(receiptSchema.parse(message), { code: 'SUBMISSION_DEAD', path: '' }))
}

/** The draft of a refusal of the whole; nothing of the submission is kept but what its head says. */
export function refusedDraft(head: DraftHead, refusal: Refusal): Draft {
  const { code, path } = refusal
  const {
    outcomes: _,
    recordsRoot: __,
    refusals: ___,
    mends: ____,
    ...kept
  }: DraftHead & Partial<Draft> = head
  const none = { received: 0, accepted: 0, repeated: 0, refused: 0, unresolved: 0, parts: [] }
  return { ...kept, ...none, refusal: { code, path, reason: describeRefusal(refusal) } }
}

/** Under which id something is refused that has none, or none that is free: half of a hash meets another by no chance. */
export function refusedId(sha256: string): string {
  return `refused-${sha256.slice(0, 32)}`
}

/** Until which day corrections may come of what was received at an instant. */
function correctionsUntil(receivedAt: Instant, { correctionDays }: Policy): CalendarDate {
  return addDays(chinaDate(receivedAt), correctionDays)
}

/** The id of the entry that a submission is told of by, received or refused whole. */
export function entryIdOf(authority: string, submissionId: string): string {
  return `submission:${authority}:${submissionId}`
}

/** Whose submission an entry of this id is of; undefined for an entry of anything else. */
export function parseEntryId(id: string): Pick<Receipt, 'authority' | 'submissionId'> | undefined {
  const [, authority, submissionId] = /^submission:([^:]+):([^:]+)$/.exec(id) ?? []
  return authority === undefined || submissionId === undefined ? undefined : { authority, submissionId }
}

function entryOf(draft: Draft): Entry {
  const { authority, submissionId, sentAt, layout, sha256, parts } = draft
  const { received, accepted, repeated, refused, unresolved, recordsRoot, correctionsUntil } = draft
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
      recordsRoot,
      correctionsUntil,
      mends: draft.mends,
      refusal: draft.refusal?.code,
    },
  }
}

import { z } from 'zod'
import { roles } from '../base/actor.ts'
import { type Sha256, sha256Schema, thumbprint } from '../base/digest.ts'
import { canonicalInstantSchema, chinaDate, type Instant, instantOf } from '../base/instant.ts'
import type { Policy } from '../settings.ts'
import { type RefusalGround, refusalGroundCodes } from './refusal.ts'
import { requestSchema } from './request-form.ts'
import { scopeSchema } from './scope.ts'
import { type CaseState, commandKinds } from './states.ts'

const ground = z.custom<RefusalGround>((value) => refusalGroundCodes.some((code) => code === value))

const packageFactsSchema = z.strictObject({
  /** How much of the ledger the extract was read from. */
  ledgerSize: z.int().min(0),
  validAt: canonicalInstantSchema,
  /** Of the signed package before it was encrypted. */
  packageSha256: sha256Schema,
  /** Of the bytes handed out; names the stored object. */
  ciphertextSha256: sha256Schema,
  sizeBytes: z.int().min(1),
  counts: z.strictObject({
    organisations: z.int(),
    disclosed: z.int(),
    notHeld: z.int(),
    withheld: z.int(),
    fields: z.int(),
  }),
})
export type PackageFacts = z.infer<typeof packageFactsSchema>

const steps = {
  submitted: z.strictObject({
    kind: z.literal('submitted'),
    authority: z.string(),
    request: requestSchema,
    requestSha256: sha256Schema,
    scopeSha256: sha256Schema,
    recipientKeyThumbprint: z.string(),
  }),
  approved: z.strictObject({
    kind: z.literal('approved'),
    place: z.union([z.literal(1), z.literal(2)]),
    requestSha256: sha256Schema,
    scopeSha256: sha256Schema,
    recipientKeyThumbprint: z.string(),
  }),
  narrowed: z.strictObject({
    kind: z.literal('narrowed'),
    scope: scopeSchema,
    scopeSha256: sha256Schema,
    previousScopeSha256: sha256Schema,
    reason: z.string(),
  }),
  refused: z.strictObject({ kind: z.literal('refused'), code: ground, reason: z.string() }),
  withdrawn: z.strictObject({ kind: z.literal('withdrawn') }),
  released: z.strictObject({
    kind: z.literal('released'),
    scopeSha256: sha256Schema,
    package: packageFactsSchema,
  }),
  downloaded: z.strictObject({ kind: z.literal('downloaded'), ciphertextSha256: sha256Schema }),
  attemptRefused: z.strictObject({
    kind: z.literal('attempt-refused'),
    command: z.enum(commandKinds),
    code: z.string(),
  }),
}

const stepSchema = z.discriminatedUnion('kind', [
  steps.submitted,
  steps.approved,
  steps.narrowed,
  steps.refused,
  steps.withdrawn,
  steps.released,
  steps.downloaded,
  steps.attemptRefused,
])
/** What happened. */
export type Step = z.infer<typeof stepSchema>

export const caseEventSchema = z.strictObject({
  /** 1, 2, 3 … without a gap. */
  number: z.int().min(1),
  at: canonicalInstantSchema,
  actor: z.strictObject({ name: z.string(), role: z.enum(roles), authority: z.string().optional() }),
  /** Random: tells one's own write from a rival's equal one when a write's answer was lost. */
  attempt: z.string(),
  step: stepSchema,
})
export type CaseEvent = z.infer<typeof caseEventSchema>

/**
 * An event to be written; of whoever acts only what an event may hold. Parsed here, since an event that cannot be
 * read again would stop its case for good.
 */
export function composeEvent(event: CaseEvent): CaseEvent {
  const { name, role, authority } = event.actor
  return caseEventSchema.parse({
    ...event,
    actor: { name, role, ...(authority === undefined ? {} : { authority }) },
  })
}

export type Approval = {
  readonly officer: string
  readonly at: Instant
  readonly place: 1 | 2
  readonly scopeSha256: Sha256
  readonly requestSha256: Sha256
  readonly recipientKeyThumbprint: string
}

export type SubmittedStep = Extract<Step, { kind: 'submitted' }>

/** A case as its events tell it. What time alone changes is not in it: see `stateOf`. */
export type DisclosureCase = {
  readonly id: string
  readonly events: readonly CaseEvent[]
  readonly submittedAt: Instant
  readonly submittedBy: string
  readonly submitted: SubmittedStep
  readonly scope: SubmittedStep['request']['scope']
  readonly scopeSha256: Sha256
  /** Given for the scope as it is now; a narrowing voids them. */
  readonly approvals: readonly Approval[]
  readonly closed: 'Refused' | 'Withdrawn' | 'Downloaded' | undefined
  readonly package: PackageFacts | undefined
  readonly releasedAt: Instant | undefined
}

/** The case that events 1…n tell; undefined when there is none, or the first submits nothing. */
export function foldCase(id: string, events: readonly CaseEvent[]): DisclosureCase | undefined {
  const [first, ...rest] = events
  if (first?.step.kind !== 'submitted') return undefined
  const beginning: DisclosureCase = {
    id,
    events: [first],
    submittedAt: first.at,
    submittedBy: first.actor.name,
    submitted: first.step,
    scope: first.step.request.scope,
    scopeSha256: first.step.scopeSha256,
    approvals: [],
    closed: undefined,
    package: undefined,
    releasedAt: undefined,
  }
  return rest.reduce(applyEvent, beginning)
}

function applyEvent(current: DisclosureCase, event: CaseEvent): DisclosureCase {
  const next = { ...current, events: [...current.events, event] }
  const { step } = event
  switch (step.kind) {
    case 'approved':
      return { ...next, approvals: [...current.approvals, approvalOf(event, step)] }
    case 'narrowed':
      return { ...next, scope: step.scope, scopeSha256: step.scopeSha256, approvals: [] }
    case 'refused':
      return { ...next, closed: 'Refused' }
    case 'withdrawn':
      return { ...next, closed: 'Withdrawn' }
    case 'released':
      return { ...next, package: step.package, releasedAt: event.at }
    case 'downloaded':
      return { ...next, closed: 'Downloaded' }
    case 'submitted':
    case 'attempt-refused':
      return next
  }
}

function approvalOf(event: CaseEvent, step: Extract<Step, { kind: 'approved' }>): Approval {
  const { place, scopeSha256, requestSha256, recipientKeyThumbprint } = step
  return {
    officer: event.actor.name,
    at: event.at,
    place,
    scopeSha256,
    requestSha256,
    recipientKeyThumbprint,
  }
}

export type Moment = { readonly now: Instant; readonly policy: Policy }

/** When an approval stops to count. */
export function approvalEnd(approval: Approval, policy: Policy): Instant {
  return hoursAfter(approval.at, policy.approvalTtlHours)
}

function hoursAfter(at: Instant, hours: number): Instant {
  return instantOf(Date.parse(at) + hours * HOUR_MS)
}

/**
 * The approvals that count: of this scope, request and key, and not run out. What they bind is looked at again
 * though a narrowing has voided the others, so that no slip in the fold alone can let an old one count.
 */
export function liveApprovals(current: DisclosureCase, { now, policy }: Moment): readonly Approval[] {
  const { requestSha256, request } = current.submitted
  const key = thumbprint(request.recipientKey)
  return current.approvals.filter(
    (approval) =>
      approval.scopeSha256 === current.scopeSha256 &&
      approval.requestSha256 === requestSha256 &&
      approval.recipientKeyThumbprint === key &&
      now <= approvalEnd(approval, policy),
  )
}

/**
 * Where a case stands at a moment. The instrument's last day is a day in China Standard Time and ends even a
 * released case that nobody downloaded; so does the package's own time, however long the instrument holds. An
 * approved case whose approval ran out is Expired for good: the authority asks anew. A lone approval that ran out was
 * no decision, so the case is Submitted again.
 */
export function stateOf(current: DisclosureCase, moment: Moment): CaseState {
  const { now, policy } = moment
  if (current.closed !== undefined) return current.closed
  if (chinaDate(now) > current.submitted.request.instrument.expiresOn) return 'Expired'
  if (current.releasedAt !== undefined) {
    return now <= hoursAfter(current.releasedAt, policy.packageTtlHours) ? 'Released' : 'Expired'
  }
  const live = liveApprovals(current, moment)
  const officers = new Set(live.map((approval) => approval.officer))
  if (current.approvals.at(-1)?.place === 2) return officers.size >= 2 ? 'Approved' : 'Expired'
  return officers.size === 0 ? 'Submitted' : 'AwaitingSecondApproval'
}

const HOUR_MS = 60 * 60 * 1000

import type { Actor } from '../base/actor.ts'
import { findPersonalData } from '../identity/personal-data.ts'
import { type DisclosureCase, liveApprovals, type Moment, type Step, stateOf } from './case.ts'
import type { Command } from './command.ts'
import type { Refusal } from './refusal.ts'
import { type NarrowingFault, narrowScope, scopeDigest } from './scope.ts'
import { findTransition, type StateCode, sideOf, stateCode } from './states.ts'

export type GuardCode =
  | 'CASE_NOT_FOUND'
  | 'ROLE_NOT_ALLOWED'
  | 'OFFICER_OF_REQUESTING_AUTHORITY'
  | StateCode
  | 'SCOPE_CHANGED'
  | 'SAME_OFFICER'
  | 'APPROVER_REVOKED'
  | NarrowingFault
  | 'PERSONAL_DATA'

export type Context = Moment & {
  readonly actor: Actor
  /** Of the officers whose approvals a release rests on, those who are none any longer. */
  readonly revoked: ReadonlySet<string>
}

/** What is to be written. A release still lacks the package, which is only built once nothing stands against it. */
export type DecidedStep =
  | Exclude<Step, { kind: 'released' | 'submitted' | 'attempt-refused' }>
  | Omit<Extract<Step, { kind: 'released' }>, 'package'>

export type Decision = { readonly outcome: 'decided'; readonly step: DecidedStep } | Refusal<GuardCode>

/**
 * Decides a command on a case: every guard there is, in one pure place, and nothing decides beside it. Whoever
 * calls it writes the step as event n+1 of the events it was decided on, or decides again.
 */
export function transition(current: DisclosureCase, command: Command, context: Context): Decision {
  const refusal = checkActor(current, command, context.actor) ?? checkState(current, command, context)
  if (refusal !== undefined) return refusal
  switch (command.kind) {
    case 'approve':
      return approve(current, command, context)
    case 'narrow':
      return narrow(current, command)
    case 'refuse':
      return refuse(command)
    case 'release':
      return release(current, context)
    case 'download':
      return download(current)
    case 'withdraw':
      return { outcome: 'decided', step: { kind: 'withdrawn' } }
  }
}

/** Whether somebody may know that the case is there: its authority's own, and the service's staff. */
export function maySee(current: DisclosureCase, actor: Actor): boolean {
  if (actor.role === 'agency') return actor.authority === current.submitted.authority
  return actor.role !== 'dataset-user'
}

function checkActor(current: DisclosureCase, command: Command, actor: Actor): Refusal<GuardCode> | undefined {
  if (!maySee(current, actor)) return refused('CASE_NOT_FOUND')
  const role = sideOf[command.kind] === 'officer' ? 'compliance' : 'agency'
  if (actor.role !== role) return refused('ROLE_NOT_ALLOWED')
  const isTheirs = actor.authority === current.submitted.authority || actor.name === current.submittedBy
  if (role === 'compliance' && isTheirs) return refused('OFFICER_OF_REQUESTING_AUTHORITY')
  return undefined
}

function checkState(
  current: DisclosureCase,
  command: Command,
  moment: Moment,
): Refusal<GuardCode> | undefined {
  const state = stateOf(current, moment)
  return findTransition(state, command.kind) === undefined
    ? refused(stateCode(state, command.kind))
    : undefined
}

// An officer who narrowed the case may approve it: narrowing only takes away, and two must still approve the rest
function approve(
  current: DisclosureCase,
  command: Extract<Command, { kind: 'approve' }>,
  context: Context,
): Decision {
  if (command.scopeSha256 !== current.scopeSha256) return refused('SCOPE_CHANGED', '/scopeSha256')
  const live = liveApprovals(current, context)
  if (live.some((approval) => approval.officer === context.actor.name)) return refused('SAME_OFFICER')
  const { requestSha256, recipientKeyThumbprint } = current.submitted
  const { scopeSha256 } = current
  const place = live.length === 0 ? 1 : 2
  return {
    outcome: 'decided',
    step: { kind: 'approved', place, requestSha256, scopeSha256, recipientKeyThumbprint },
  }
}

function narrow(current: DisclosureCase, command: Extract<Command, { kind: 'narrow' }>): Decision {
  if (command.scopeSha256 !== current.scopeSha256) return refused('SCOPE_CHANGED', '/scopeSha256')
  if (findPersonalData(command.reason) !== undefined) return refused('PERSONAL_DATA', '/reason')
  const narrowed = narrowScope(current.scope, command.narrowing)
  if ('fault' in narrowed) return refused(narrowed.fault, `/narrowing${narrowed.path}`)
  const { requestSha256, recipientKeyThumbprint: recipientKey } = current.submitted
  return {
    outcome: 'decided',
    step: {
      kind: 'narrowed',
      scope: narrowed.scope,
      scopeSha256: scopeDigest(narrowed.scope, { requestSha256, recipientKey }),
      previousScopeSha256: current.scopeSha256,
      reason: command.reason,
    },
  }
}

// One officer is enough: a refusal discloses nothing, and the authority may ask anew
function refuse({ code, reason }: Extract<Command, { kind: 'refuse' }>): Decision {
  if (findPersonalData(reason) !== undefined) return refused('PERSONAL_DATA', '/reason')
  return { outcome: 'decided', step: { kind: 'refused', code, reason } }
}

// Checked here, not where a case is read: whoever was revoked has decided on nothing that goes out from now on
function release(current: DisclosureCase, context: Context): Decision {
  const officers = liveApprovals(current, context).map(({ officer }) => officer)
  if (officers.some((officer) => context.revoked.has(officer))) return refused('APPROVER_REVOKED')
  return { outcome: 'decided', step: { kind: 'released', scopeSha256: current.scopeSha256 } }
}

function download(current: DisclosureCase): Decision {
  if (current.package === undefined) return refused('NOT_RELEASED')
  return {
    outcome: 'decided',
    step: { kind: 'downloaded', ciphertextSha256: current.package.ciphertextSha256 },
  }
}

/** Most refused attempts that are written, for one person and one command within one case's last 24 hours. */
const ATTEMPT_LIMIT = 10

/**
 * The step that keeps a refused attempt; undefined where it is not kept: by somebody to whom the case does not
 * exist, who could otherwise fill any case, and beyond the limit, so that repeating a refused command can
 * neither fill a case nor keep its next event number contended for ever. An attempt that is not kept changed nothing.
 */
export function attemptOf(
  current: DisclosureCase,
  command: Command,
  context: Omit<Context, 'revoked'> & { readonly refusal: Refusal<GuardCode> },
): Step | undefined {
  const { actor, now, refusal } = context
  if (refusal.code === 'CASE_NOT_FOUND') return undefined
  const kept = current.events.filter(
    (event) =>
      event.step.kind === 'attempt-refused' &&
      event.step.command === command.kind &&
      event.actor.name === actor.name &&
      Date.parse(now) - Date.parse(event.at) < DAY_MS,
  )
  if (kept.length >= ATTEMPT_LIMIT) return undefined
  return { kind: 'attempt-refused', command: command.kind, code: refusal.code }
}

const DAY_MS = 24 * 60 * 60 * 1000

const reasons: Readonly<Record<GuardCode, string>> = {
  CASE_NOT_FOUND: 'There is no such case',
  ROLE_NOT_ALLOWED: 'This role does not take this step',
  OFFICER_OF_REQUESTING_AUTHORITY:
    'An officer takes no step on a case of their own or of their own authority',
  ALREADY_APPROVED: 'The case has its two approvals',
  ALREADY_RELEASED: 'The package has been released',
  ALREADY_DOWNLOADED: 'The package was downloaded, once and for all; a new case asks again',
  NOT_APPROVED: 'The case lacks an approval',
  NOT_RELEASED: 'The package has not been released',
  CASE_REFUSED: 'The case was refused',
  CASE_WITHDRAWN: 'The case was withdrawn',
  CASE_EXPIRED: 'The instrument, an approval or the package of the case ran out',
  SCOPE_CHANGED: 'The scope is no longer the one that was seen; read the case again',
  SAME_OFFICER: 'This officer has approved already; the second approval is another officer’s',
  APPROVER_REVOKED:
    'An officer who approved is none any longer; narrow the case, or let the authority ask anew',
  NARROWING_EMPTY: 'Nothing would be left; refuse the case instead',
  NARROWING_WIDENS: 'Not within the scope as it is',
  NARROWING_CHANGES_NOTHING: 'The scope would stay as it is',
  PERSONAL_DATA: 'The text holds a person’s number',
}

export function refused(code: GuardCode, path?: string): Refusal<GuardCode> {
  return { outcome: 'refused', code, reason: reasons[code], ...(path === undefined ? {} : { path }) }
}

import { randomUUID } from 'node:crypto'
import { findStanding } from '../authorities/standing.ts'
import type { Actor } from '../base/actor.ts'
import { thumbprint } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { World } from '../ports.ts'
import { findAuthority } from '../settings.ts'
import { composeEvent, type DisclosureCase, type SubmittedStep } from './case.ts'
import type { Refusal } from './refusal.ts'
import { checkRequest, orderRequest, parseSent, type RequestCode, requestDigest } from './request.ts'
import type { DisclosureRequest } from './request-form.ts'
import { scopeDigest } from './scope.ts'
import { appendEvent, caseId, loadCase } from './store.ts'
import { type CaseView, momentOf, viewOf } from './view.ts'

export type SubmitCode =
  | RequestCode
  | 'REQUESTER_NOT_AGENCY'
  | 'AUTHORITY_SUSPENDED'
  | 'IDEMPOTENCY_KEY_REUSED'

export type Submitted = {
  readonly outcome: 'submitted'
  /** Whether the case was there already, from the same key and content. */
  readonly repeated: boolean
  readonly case: CaseView
}

type SubmitWorld = Pick<World, 'store' | 'now' | 'settings'>

/**
 * Opens a case for the authority of the principal. The same key and content give the same case again, however
 * much time has passed; other content under the key is refused. A request that is refused here leaves no case.
 */
export async function submitCase(
  world: SubmitWorld,
  { actor, request: sent }: { readonly actor: Actor; readonly request: unknown },
): Promise<Submitted | Refusal<SubmitCode>> {
  const authority = actor.role === 'agency' ? findAuthority(world.settings, actor.authority ?? '') : undefined
  if (authority === undefined) {
    return refuse(
      'REQUESTER_NOT_AGENCY',
      'Only a principal of an authority that is on file asks for disclosure',
    )
  }
  const parsed = parseSent(sent)
  if (parsed.outcome === 'refused') return parsed
  const step = submittedStep(authority.code, parsed.request)
  const id = caseId(authority.code, parsed.request.idempotencyKey)
  const earlier = await loadCase(world.store, id)
  if (earlier !== undefined) return repeatOf(world, { earlier, step, actor })
  if ((await findStanding(world, authority)).suspension !== undefined)
    return refuse('AUTHORITY_SUSPENDED', 'The authority is suspended, and its users ask for nothing new')
  const { now, policy } = momentOf(world)
  const refusal = checkRequest(parsed.request, { now, policy })
  if (refusal !== undefined) return refusal
  const event = composeEvent({ number: 1, at: now, actor, attempt: randomUUID(), step })
  const appended = await appendEvent(world.store, id, event)
  const current = await loadCase(world.store, id)
  if (current === undefined) throw new Failure('CASE_MISSING', { retryable: true, facts: { case: id } })
  if (appended === 'taken') return repeatOf(world, { earlier: current, step, actor })
  return { outcome: 'submitted', repeated: false, case: viewOf(current, actor, { now, policy }) }
}

/** The first step of a case: what is asked for, in its one order and spelling, and its digests. */
export function submittedStep(authority: string, sent: DisclosureRequest): SubmittedStep {
  const request = orderRequest(sent)
  const requestSha256 = requestDigest(request, authority)
  const recipientKey = thumbprint(request.recipientKey)
  return {
    kind: 'submitted',
    authority,
    request,
    requestSha256,
    scopeSha256: scopeDigest(request.scope, { requestSha256, recipientKey }),
    recipientKeyThumbprint: recipientKey,
  }
}

function repeatOf(
  world: SubmitWorld,
  { earlier, step, actor }: { earlier: DisclosureCase; step: SubmittedStep; actor: Actor },
): Submitted | Refusal<SubmitCode> {
  if (earlier.submitted.requestSha256 !== step.requestSha256) {
    const reason = 'Another request of this authority has this key'
    return refuse('IDEMPOTENCY_KEY_REUSED', reason, '/idempotencyKey')
  }
  return { outcome: 'submitted', repeated: true, case: viewOf(earlier, actor, momentOf(world)) }
}

function refuse(code: SubmitCode, reason: string, path?: string): Refusal<SubmitCode> {
  return { outcome: 'refused', code, reason, ...(path === undefined ? {} : { path }) }
}

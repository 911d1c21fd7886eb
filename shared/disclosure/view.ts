import type { Actor } from '../base/actor.ts'
import type { Instant } from '../base/instant.ts'
import type { World } from '../ports.ts'
import { approvalEnd, type DisclosureCase, type Moment, type PackageFacts, stateOf } from './case.ts'
import { findLegalBasis, type LegalBasis } from './legal-basis.ts'
import type { Refusal, RefusalGround } from './refusal.ts'
import type { DisclosureRequest } from './request.ts'
import type { Scope } from './scope.ts'
import type { CaseState } from './states.ts'
import { caseIdBeginning, indexPlace, listCaseIds, loadCase } from './store.ts'
import { type TimelineRow, timelineOf } from './timeline.ts'
import { type GuardCode, maySee, refused } from './transition.ts'

/** A case as its readers see it. */
export type CaseView = {
  readonly id: string
  readonly state: CaseState
  readonly authority: string
  readonly submittedAt: Instant
  readonly submittedBy: string
  readonly legalBasis: LegalBasis | undefined
  readonly instrument: DisclosureRequest['instrument']
  readonly purpose: string
  readonly requestSha256: string
  /** As narrowed. */
  readonly scope: Scope
  /** What an approval must name. */
  readonly scopeSha256: string
  readonly recipientKeyThumbprint: string
  /** Of the scope as it is; `officer` is undefined for the requesting authority. */
  readonly approvals: readonly { officer: string | undefined; at: Instant; endsAt: Instant }[]
  readonly refusal: { readonly code: RefusalGround; readonly reason: string } | undefined
  readonly package: PackageFacts | undefined
}

type ReadWorld = Pick<World, 'store' | 'now' | 'settings'>

export function viewOf(current: DisclosureCase, reader: Actor, moment: Moment): CaseView {
  const { authority, request, requestSha256, recipientKeyThumbprint } = current.submission
  const approvals = current.approvals.map((approval) => ({
    officer: reader.role === 'agency' ? undefined : approval.officer,
    at: approval.at,
    endsAt: approvalEnd(approval, moment.policy),
  }))
  return {
    id: current.id,
    state: stateOf(current, moment),
    ...{ authority, requestSha256, recipientKeyThumbprint, approvals },
    submittedAt: current.submittedAt,
    submittedBy: current.submittedBy,
    legalBasis: findLegalBasis(request.legalBasis.code),
    instrument: request.instrument,
    purpose: request.purpose,
    scope: current.scope,
    scopeSha256: current.scopeSha256,
    refusal: findRefusal(current),
    package: current.package,
  }
}

function findRefusal(current: DisclosureCase): CaseView['refusal'] {
  for (const { step } of current.events) {
    if (step.kind === 'refused') return { code: step.code, reason: step.reason }
  }
  return undefined
}

export function momentOf(world: Pick<World, 'now' | 'settings'>): Moment {
  return { now: world.now(), policy: world.settings.policy }
}

type CaseQuery = { readonly actor: Actor; readonly caseId: string }

/** One case; to whoever may not see it there is none. */
export async function readCase(
  world: ReadWorld,
  { actor, caseId }: CaseQuery,
): Promise<{ readonly outcome: 'done'; readonly case: CaseView } | Refusal<GuardCode>> {
  const current = await findVisible(world, { actor, caseId })
  if (current === undefined) return refused('CASE_NOT_FOUND')
  return { outcome: 'done', case: viewOf(current, actor, momentOf(world)) }
}

/** Who did what, when, on what ground. */
export async function caseTimeline(
  world: ReadWorld,
  { actor, caseId }: CaseQuery,
): Promise<{ readonly outcome: 'done'; readonly rows: readonly TimelineRow[] } | Refusal<GuardCode>> {
  const current = await findVisible(world, { actor, caseId })
  return current === undefined
    ? refused('CASE_NOT_FOUND')
    : { outcome: 'done', rows: timelineOf(current, actor) }
}

/**
 * The case, to whoever may know of it. Nothing is read for another authority: a case that is there is to take no longer
 * to be denied than one that is not.
 */
export async function findVisible(
  { store }: Pick<World, 'store'>,
  { actor, caseId }: CaseQuery,
): Promise<DisclosureCase | undefined> {
  if (actor.role === 'agency' && !caseId.startsWith(caseIdBeginning(actor.authority ?? ''))) return undefined
  const current = await loadCase(store, caseId)
  return current !== undefined && maySee(current, actor) ? current : undefined
}

const PAGE_LIMIT = 100

/**
 * Cases oldest first, at most 100 at once: an authority's own for its principals, all for the service's staff.
 * `next` is where to go on, undefined at the end.
 */
export async function listCases(
  world: ReadWorld,
  query: { readonly actor: Actor; readonly after?: string | undefined; readonly limit?: number | undefined },
): Promise<
  | { readonly outcome: 'done'; readonly cases: readonly CaseView[]; readonly next: string | undefined }
  | Refusal<GuardCode>
> {
  const { actor, after } = query
  const limit = Math.min(Math.max(query.limit ?? PAGE_LIMIT, 1), PAGE_LIMIT)
  if (actor.role === 'dataset-user') return refused('ROLE_NOT_ALLOWED')
  if (actor.role === 'agency' && actor.authority === undefined) return refused('ROLE_NOT_ALLOWED')
  const choice = {
    ...(actor.role === 'agency' && actor.authority !== undefined ? { authority: actor.authority } : {}),
    ...(after === undefined ? {} : { after }),
  }
  const cases: CaseView[] = []
  for await (const id of listCaseIds(world.store, choice)) {
    const last = cases.at(-1)
    if (last !== undefined && cases.length === limit)
      return { outcome: 'done', cases, next: indexPlace(last) }
    const current = await loadCase(world.store, id)
    if (current !== undefined) cases.push(viewOf(current, actor, momentOf(world)))
  }
  return { outcome: 'done', cases, next: undefined }
}

import type { Actor } from '../base/actor.ts'
import type { Sha256 } from '../base/digest.ts'
import type { Instant } from '../base/instant.ts'
import type { World } from '../ports.ts'
import { approvalEnd, type DisclosureCase, type Moment, type PackageFacts, stateOf } from './case.ts'
import { findLegalBasis, type LegalBasis } from './legal-basis.ts'
import type { Refusal, RefusalGround } from './refusal.ts'
import type { DisclosureRequest } from './request-form.ts'
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
  readonly scopeSha256: Sha256
  readonly recipientKeyThumbprint: string
  /** Of the scope as it is; `officer` is undefined for the requesting authority. */
  readonly approvals: readonly { officer: string | undefined; at: Instant; endsAt: Instant }[]
  readonly refusal: { readonly code: RefusalGround; readonly reason: string } | undefined
  readonly package: PackageFacts | undefined
}

type ReadWorld = Pick<World, 'store' | 'now' | 'settings'>

export function viewOf(current: DisclosureCase, reader: Actor, moment: Moment): CaseView {
  const { authority, request, requestSha256, recipientKeyThumbprint } = current.submitted
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

/** Most cases that are read for one page, each to know its state: some milliseconds each, within a gateway's half minute. */
const READ_LIMIT = 500

export type CaseListing = {
  readonly actor: Actor
  /** The place that the page before ended at. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
  readonly order?: 'oldest' | 'newest' | undefined
  readonly state?: CaseState | undefined
}

/**
 * Cases, oldest first unless the newest are wanted first, at most 100 at once: an authority's own for its principals,
 * all for the service's staff. `next` is where to go on, undefined at the end; a page may hold fewer than asked for, or
 * none, and have a next all the same, where many cases are in another state.
 */
export async function listCases(
  world: ReadWorld,
  query: CaseListing,
): Promise<
  | { readonly outcome: 'done'; readonly cases: readonly CaseView[]; readonly next: string | undefined }
  | Refusal<GuardCode>
> {
  const { actor, state } = query
  const limit = Math.min(Math.max(query.limit ?? PAGE_LIMIT, 1), PAGE_LIMIT)
  if (actor.role === 'dataset-user') return refused('ROLE_NOT_ALLOWED')
  if (actor.role === 'agency' && actor.authority === undefined) return refused('ROLE_NOT_ALLOWED')
  const cases: CaseView[] = []
  let [read, last]: [number, CaseView | undefined] = [0, undefined]
  for await (const id of idsOf(world.store, query)) {
    if (last !== undefined && (cases.length === limit || read === READ_LIMIT))
      return { outcome: 'done', cases, next: indexPlace(last) }
    const current = await loadCase(world.store, id)
    if (current === undefined) continue
    read++
    last = viewOf(current, actor, momentOf(world))
    if (state === undefined || state === last.state) cases.push(last)
  }
  return { outcome: 'done', cases, next: undefined }
}

async function* idsOf(
  store: ReadWorld['store'],
  { actor, after, order }: CaseListing,
): AsyncIterable<string> {
  const choice =
    actor.authority === undefined || actor.role !== 'agency' ? {} : { authority: actor.authority }
  if (order !== 'newest') {
    yield* listCaseIds(store, { ...choice, ...(after !== undefined && { after }) })
    return
  }
  // The index is read upwards alone. Its rows have some hundred bytes, so that of ten thousand cases is a megabyte
  const ids: string[] = []
  for await (const id of listCaseIds(store, choice)) ids.push(id)
  const end = after === undefined ? ids.length : ids.indexOf(after.slice(after.indexOf('#') + 1))
  yield* ids.slice(0, Math.max(end, 0)).reverse()
}

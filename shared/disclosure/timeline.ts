import type { Actor, Role } from '../base/actor.ts'
import type { Instant } from '../base/instant.ts'
import type { CaseEvent, DisclosureCase, Step } from './case.ts'
import { entryId } from './entry.ts'
import { findLegalBasis } from './legal-basis.ts'
import type { CommandKind } from './states.ts'

/** Who did what, when, on what ground. */
export type TimelineRow = {
  readonly number: number
  readonly at: Instant
  /** Undefined where the reader may know the role alone. */
  readonly actor: string | undefined
  readonly role: Role
  readonly action: Step['kind']
  /** What was attempted, of an attempt that was refused. */
  readonly command?: CommandKind
  readonly ground: Ground
  /** Of the scope that the step was taken on or, for a narrowing, made. */
  readonly scopeSha256: string
  /** The ledger's entry that proves the row. */
  readonly entryId: string
}

type Ground = {
  /** The legal basis, the ground of a refusal, or what stood against an attempt. */
  readonly code: string
  readonly source?: string
  readonly reason?: string
}

/**
 * One row for each event, in order. The requesting authority reads officers by their role, and not the attempts of
 * the service's own staff; entry ids keep their numbers, so a gap shows that something was left out.
 */
export function timelineOf(current: DisclosureCase, reader: Actor): readonly TimelineRow[] {
  let scopeSha256 = current.submitted.scopeSha256
  const rows: TimelineRow[] = []
  for (const event of current.events) {
    if (event.step.kind === 'narrowed') scopeSha256 = event.step.scopeSha256
    if (isKeptFrom(reader, event)) continue
    rows.push(rowOf(current, event, { reader, scopeSha256 }))
  }
  return rows
}

function rowOf(
  current: DisclosureCase,
  event: CaseEvent,
  { reader, scopeSha256 }: { reader: Actor; scopeSha256: string },
): TimelineRow {
  const isNamed = reader.role !== 'agency' || event.actor.role === 'agency'
  return {
    number: event.number,
    at: event.at,
    actor: isNamed ? event.actor.name : undefined,
    role: event.actor.role,
    action: event.step.kind,
    ...(event.step.kind === 'attempt-refused' && { command: event.step.command }),
    ground: groundOf(current, event.step),
    scopeSha256,
    entryId: entryId(current.id, event.number),
  }
}

function isKeptFrom(reader: Actor, event: CaseEvent): boolean {
  return reader.role === 'agency' && event.actor.role !== 'agency' && event.step.kind === 'attempt-refused'
}

function groundOf(current: DisclosureCase, step: Step): Ground {
  if (step.kind === 'refused') return { code: step.code, reason: step.reason }
  if (step.kind === 'attempt-refused') return { code: step.code }
  const { code } = current.submitted.request.legalBasis
  const source = findLegalBasis(code)?.source ?? ''
  return step.kind === 'narrowed' ? { code, source, reason: step.reason } : { code, source }
}

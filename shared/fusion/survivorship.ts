import { type CalendarDate, chinaDate, type Instant, instantOf, startOfChinaDay } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import {
  bodyOf,
  type Decision,
  type DecisionType,
  decidedOnOf,
  isDecision,
  numberOf,
} from '../records/decision.ts'
import { withdrawalDocument } from '../records/keys.ts'
import { publicationUntil } from '../records/publication.ts'
import { publicationRules } from '../records/publication-rules.ts'
import type { FactRecord, RecordOf, StandingRecord } from '../records/record.ts'

/** Why a record's statement is not the one a field shows. */
export type LossReason =
  | 'later registration'
  | 'registration states the name'
  | 'later statement of the name'
  | 'same document stated by another authority'
  | 'withdrawn'
  | 'stated invalid'
  | 'validity ended'
  | 'publication ended'
  | 'held back from publication'
  | 'never valid'
  | 'not yet valid'

type Standing<Record extends FactRecord> = StandingRecord & { readonly record: Record }

export type StandingRegistration = Standing<RecordOf<'registration'>>
export type StandingDecision = Standing<Decision>
/** What is said of a decision: what it is, or that it is taken back. */
type Statement = Standing<Decision | RecordOf<'withdrawal'>>

type Fate = {
  /** Why it is left out; undefined where it is shown. */
  readonly loss: LossReason | undefined
  /** The last day on which it is shown; undefined where nothing ends it. */
  readonly lastDay?: CalendarDate | undefined
  /** The first day on which it will be shown, where that lies ahead. */
  readonly from?: CalendarDate
}

export type Judged = Fate & { readonly standing: StandingDecision }

/** An organisation's records as they stand against each other at an instant, in an order of their own. */
export type Survivors = {
  /** The latest first: by 核准日期, then by sighting. */
  readonly registrations: readonly StandingRegistration[]
  /** By type; each by decision date and number. */
  readonly decisions: ReadonlyMap<DecisionType, readonly Judged[]>
  readonly nextChangeAt: Instant | null
}

/**
 * Sets records against each other. What two authorities state of one document counts once, as last stated, before
 * any period is looked at: an end that the last statement brings, or a withdrawal, is not undone by an older copy
 * elsewhere.
 */
export function survivors(records: readonly StandingRecord[], validAt: Instant): Survivors {
  const registrations: StandingRegistration[] = []
  const statements: Statement[] = []
  for (const standing of records) {
    if (isOfRegistration(standing)) registrations.push(standing)
    else if (isStatement(standing)) statements.push(standing)
  }
  const judged = judgeDecisions(statements, chinaDate(validAt))
  return {
    registrations: registrations.sort(compareRegistrations),
    decisions: Map.groupBy(judged, ({ standing }) => standing.record.type),
    nextChangeAt: firstChange(judged),
  }
}

function isOfRegistration(standing: StandingRecord): standing is StandingRegistration {
  return standing.record.type === 'registration'
}

function isStatement(standing: StandingRecord): standing is Statement {
  return standing.record.type !== 'registration'
}

function isOfDecision(standing: Statement): standing is StandingDecision {
  return isDecision(standing.record)
}

function judgeDecisions(statements: readonly Statement[], today: CalendarDate): readonly Judged[] {
  const last = lastStatements(statements)
  const decisions = statements.filter(isOfDecision).sort(compareDecisions)
  return decisions.map((standing) => {
    const own = fateOf(standing.record, today)
    const stated = last.get(standing) ?? standing
    if (stated === standing) return { standing, ...own }
    return { standing, loss: lossBeside(own.loss, fateOf(stated.record, today).loss) }
  })
}

/**
 * Why a statement lost that was not the last of its document. What has ended, by its own word or by the last, has ended:
 * a copy elsewhere keeps nothing of it.
 */
function lossBeside(own: LossReason | undefined, last: LossReason | undefined): LossReason {
  return (isEnded(own) ? own : last) ?? 'same document stated by another authority'
}

/** Whether a decision is out for good, as far as this instant and these records tell. */
export function isEnded(loss: LossReason | undefined): boolean {
  return loss !== undefined && loss !== 'not yet valid'
}

/** By when it was sent, then by its place in the ledger; never 0 for two records. */
export function compareSightings(left: StandingRecord, right: StandingRecord): number {
  const [a, b] = [left.sighting, right.sighting]
  return (
    compareUtf8(a.sentAt, b.sentAt) ||
    a.entry - b.entry ||
    a.row - b.row ||
    compareUtf8(left.digest, right.digest)
  )
}

function compareRegistrations(left: StandingRegistration, right: StandingRegistration): number {
  const [a, b] = [left.record.facts.approvedOn ?? '', right.record.facts.approvedOn ?? '']
  return compareUtf8(b, a) || compareSightings(right, left)
}

function compareDecisions(
  { record: left, digest }: StandingDecision,
  { record: right, digest: other }: StandingDecision,
): number {
  return (
    compareUtf8(decidedOnOf(left), decidedOnOf(right)) ||
    compareUtf8(numberOf(left), numberOf(right)) ||
    compareUtf8(left.document, right.document) ||
    compareUtf8(digest, other)
  )
}

/** For each statement of a document of which there are several, the last one. */
function lastStatements(statements: readonly Statement[]): ReadonlyMap<Statement, Statement> {
  const last = new Map<Statement, Statement>()
  // Most numbers are stated once; only others are worth the longer look
  for (const same of groupsOf(statements, documentKey)) {
    for (const group of groupsOf(same, bodyKey)) {
      const final = repairOf(group) ?? group.reduce(later)
      for (const each of group) last.set(each, final)
    }
  }
  return last
}

function later<T extends StandingRecord>(left: T, right: T): T {
  return compareSightings(left, right) < 0 ? right : left
}

/** The last repair of a document, unless its own authority stated something since: copies elsewhere go on being sent. */
function repairOf(group: readonly Statement[]): Statement | undefined {
  const [first, ...others] = group.filter(
    ({ record }) => record.type === 'withdrawal' && record.facts.kind === 'repair',
  )
  if (first === undefined) return undefined
  const repair = others.reduce(later, first)
  const own = group.filter(({ record }) => record.authority === repair.record.authority)
  return own.reduce(later, repair) === repair ? repair : undefined
}

/** A decision is named by its number and the body that took it, whoever passes it on. */
function documentKey({ record }: Statement): string {
  return record.type === 'withdrawal' ? record.document : withdrawalDocument(record.type, record.document)
}

function bodyKey({ record }: Statement): string {
  const body = record.type === 'withdrawal' ? record.facts.decidedBy : bodyOf(record)
  return body.normalize('NFKC').replaceAll(/\s/g, '')
}

function groupsOf<T>(list: readonly T[], keyOf: (each: T) => string): readonly (readonly T[])[] {
  if (list.length < 2) return []
  return [...Map.groupBy(list, keyOf).values()].filter((group) => group.length > 1)
}

function fateOf(record: Statement['record'], today: CalendarDate): Fate {
  if (record.type === 'withdrawal') return { loss: 'withdrawn' }
  const { from, to, isInvalid } = validityOf(record)
  if (isInvalid) return { loss: 'stated invalid' }
  if (from !== undefined && to !== undefined && to < from) return { loss: 'never valid' }
  if (to !== undefined && to < today) return { loss: 'validity ended' }
  const publication = publicationUntil(record, publicationRules, today)
  if (publication.kind === 'held') return { loss: 'held back from publication' }
  const { until } = publication
  if (until !== undefined && until < today) return { loss: 'publication ended' }
  if (from !== undefined && today < from) return { loss: 'not yet valid', from }
  return { loss: undefined, lastDay: to === undefined || (until !== undefined && until < to) ? until : to }
}

/** The first and last day, both included, of what is shown only while it is valid; a judgment performed in full has ended. */
type Validity = {
  readonly from?: CalendarDate | undefined
  readonly to?: CalendarDate | undefined
  readonly isInvalid?: boolean
}

function validityOf({ type, facts }: Decision): Validity {
  switch (type) {
    case 'licence':
    case 'qualification':
      return { from: facts.validFrom, to: facts.validTo, isInvalid: facts.status === 'invalid' }
    case 'penalty':
      return { isInvalid: facts.status === 'invalid' }
    case 'judgment-default':
      return { isInvalid: facts.performance === 'full' }
    case 'commitment':
      return { to: facts.validTo }
    default:
      return {}
  }
}

/** The first of days that begin something and days that end it: a day begins before any day not before it ends. */
function firstChange(judged: readonly Judged[]): Instant | null {
  let [first, last]: (CalendarDate | undefined)[] = []
  for (const { from, lastDay } of judged) {
    if (from !== undefined && (first === undefined || from < first)) first = from
    if (lastDay !== undefined && (last === undefined || lastDay < last)) last = lastDay
  }
  if (first !== undefined && (last === undefined || first <= last)) return startOfChinaDay(first)
  return last === undefined ? null : endOfChinaDay(last)
}

// Not the start of the day after: 9999-12-31, which stands for "no end" in many a file, has none
function endOfChinaDay(day: CalendarDate): Instant {
  return instantOf(Date.parse(startOfChinaDay(day)) + 24 * 60 * 60 * 1000)
}

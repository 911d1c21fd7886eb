import { type CalendarDate, chinaDate, type Instant, instantOf, startOfChinaDay } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import { publicationUntil } from '../records/publication.ts'
import { publicationRules } from '../records/publication-rules.ts'
import type { FactRecord, StandingRecord } from '../records/record.ts'

/** Why a record's statement is not the one a field shows. */
export type LossReason =
  | 'later registration'
  | 'registration states the name'
  | 'later statement of the name'
  | 'same document stated by another authority'
  | 'stated invalid'
  | 'validity ended'
  | 'publication ended'
  | 'held back from publication'
  | 'never valid'
  | 'not yet valid'

type RecordOf<Type extends FactRecord['type']> = Extract<FactRecord, { type: Type }>
type StandingOf<Type extends FactRecord['type']> = Omit<StandingRecord, 'record'> & {
  readonly record: RecordOf<Type>
}

export type StandingRegistration = StandingOf<'registration'>

/** What some body decided, and others may pass on: every record but a registration. */
export type DecisionType = Exclude<FactRecord['type'], 'registration'>
export type StandingDecision = StandingOf<DecisionType>

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
 * any period is looked at: an end that the last statement brings is not undone by an older copy elsewhere.
 */
export function survivors(records: readonly StandingRecord[], validAt: Instant): Survivors {
  const registrations: StandingRegistration[] = []
  const decisions: StandingDecision[] = []
  for (const standing of records) {
    if (isRegistration(standing)) registrations.push(standing)
    else if (isDecision(standing)) decisions.push(standing)
  }
  const judged = judgeDecisions(decisions.sort(compareDecisions), chinaDate(validAt))
  return {
    registrations: registrations.sort(compareRegistrations),
    decisions: Map.groupBy(judged, ({ standing }) => standing.record.type),
    nextChangeAt: firstChange(judged),
  }
}

function isRegistration(standing: StandingRecord): standing is StandingRegistration {
  return standing.record.type === 'registration'
}

function isDecision(standing: StandingRecord): standing is StandingDecision {
  return standing.record.type !== 'registration'
}

function judgeDecisions(decisions: readonly StandingDecision[], today: CalendarDate): readonly Judged[] {
  const last = lastStatements(decisions)
  return decisions.map((standing) => {
    const stated = last.get(standing) ?? standing
    const fate = fateOf(stated.record, today)
    if (stated === standing) return { standing, ...fate }
    // A copy of what has ended has ended with it, and is not to be seen beside it
    return { standing, loss: isEnded(fate.loss) ? fate.loss : 'same document stated by another authority' }
  })
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
    compareUtf8(left.facts.decidedOn, right.facts.decidedOn) ||
    compareUtf8(left.facts.documentNumber, right.facts.documentNumber) ||
    compareUtf8(left.document, right.document) ||
    compareUtf8(digest, other)
  )
}

/** For each statement of a document that is stated more than once, the last one. */
function lastStatements(
  decisions: readonly StandingDecision[],
): ReadonlyMap<StandingDecision, StandingDecision> {
  const last = new Map<StandingDecision, StandingDecision>()
  // Most numbers are stated once; only others are worth the longer look
  for (const same of groupsOf(decisions, ({ record }) => `${record.type} ${record.document}`)) {
    for (const group of groupsOf(same, ({ record }) => bodyKey(record))) {
      const final = group.reduce((best, each) => (compareSightings(best, each) < 0 ? each : best))
      for (const each of group) last.set(each, final)
    }
  }
  return last
}

function groupsOf<T>(list: readonly T[], keyOf: (each: T) => string): readonly (readonly T[])[] {
  if (list.length < 2) return []
  return [...Map.groupBy(list, keyOf).values()].filter((group) => group.length > 1)
}

/** A decision is named by its number and the body that took it, whoever passes it on. */
function bodyKey(record: RecordOf<DecisionType>): string {
  return bodyOf(record).normalize('NFKC').replaceAll(/\s/g, '')
}

function bodyOf(record: RecordOf<DecisionType>): string {
  return record.type === 'licence' ? record.facts.licensingAuthority : record.facts.penaltyAuthority
}

function fateOf(record: RecordOf<DecisionType>, today: CalendarDate): Fate {
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

/** The first and last day, both included, of what is shown only while it is valid. */
type Validity = {
  readonly from?: CalendarDate | undefined
  readonly to?: CalendarDate | undefined
  readonly isInvalid?: boolean
}

function validityOf(record: RecordOf<DecisionType>): Validity {
  if (record.type !== 'licence') return {}
  const { validFrom, validTo, status } = record.facts
  return { from: validFrom, to: validTo, isInvalid: status === 'invalid' }
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

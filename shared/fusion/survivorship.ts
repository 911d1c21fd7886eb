import { type CalendarDate, chinaDate, type Instant, instantOf, startOfChinaDay } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import { publicationUntil } from '../records/publication.ts'
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
  | 'never valid'
  | 'not yet valid'

type RecordOf<Type extends FactRecord['type']> = Extract<FactRecord, { type: Type }>
type StandingOf<Type extends FactRecord['type']> = Omit<StandingRecord, 'record'> & {
  readonly record: RecordOf<Type>
}

export type StandingRegistration = StandingOf<'registration'>

/** A licence or a penalty: what some body decided, and others may pass on. */
export type StandingDecision = StandingOf<'licence' | 'penalty'>

/** A decision, and why it is left out; `loss` undefined where it is in force. */
export type Judged = { readonly standing: StandingDecision; readonly loss: LossReason | undefined }

/** An organisation's records as they stand against each other at an instant, in an order of their own. */
export type Survivors = {
  /** The latest first: by 核准日期, then by sighting. */
  readonly registrations: readonly StandingRegistration[]
  /** By decision date and number. */
  readonly licences: readonly Judged[]
  readonly penalties: readonly Judged[]
  readonly nextChangeAt: Instant | null
}

/**
 * Sets records against each other. What two authorities state of one document counts once, as last stated, before
 * any period is looked at: an end that the last statement brings is not undone by an older copy elsewhere.
 */
export function survivors(records: readonly StandingRecord[], validAt: Instant): Survivors {
  const registrations = ofType(records, 'registration').sort(compareRegistrations)
  const licences = ofType(records, 'licence').sort(compareDecisions)
  const penalties = ofType(records, 'penalty').sort(compareDecisions)
  const lastOf = lastStatements([...licences, ...penalties])
  const today = chinaDate(validAt)
  const changes: Period[] = []
  const judge = (standing: StandingDecision): Judged => {
    const last = lastOf(standing)
    const period = periodOf(standing.record)
    const loss = lossAt(standing.record, period, today)
    if (last !== standing)
      return { standing, loss: lossBeside(loss, lossAt(last.record, periodOf(last.record), today)) }
    if (loss === undefined) changes.push({ to: period.to })
    if (loss === 'not yet valid') changes.push({ from: period.from })
    return { standing, loss }
  }
  return {
    registrations,
    licences: licences.map(judge),
    penalties: penalties.map(judge),
    nextChangeAt: firstChange(changes),
  }
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

function ofType<Type extends FactRecord['type']>(
  records: readonly StandingRecord[],
  type: Type,
): StandingOf<Type>[] {
  return records.filter(
    (standing): standing is StandingRecord & StandingOf<Type> => standing.record.type === type,
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

/** For each statement, the last of the same document. */
function lastStatements(standing: readonly StandingDecision[]): (each: StandingDecision) => StandingDecision {
  if (standing.length < 2) return (each) => each
  const last = new Map<string, StandingDecision>()
  for (const each of standing) {
    const document = documentOf(each.record)
    const rival = last.get(document)
    if (rival === undefined || compareSightings(rival, each) < 0) last.set(document, each)
  }
  return (each) => last.get(documentOf(each.record)) ?? each
}

/** A decision is named by its number and the body that took it, whoever passes it on. */
function documentOf(record: RecordOf<'licence' | 'penalty'>): string {
  const body = record.type === 'licence' ? record.facts.licensingAuthority : record.facts.penaltyAuthority
  return JSON.stringify([record.type, record.document, body.normalize('NFKC').replaceAll(/\s/g, '')])
}

/** The first and last day, both included, on which a record may be shown. */
type Period = { readonly from?: CalendarDate | undefined; readonly to?: CalendarDate | undefined }

function periodOf(record: RecordOf<'licence' | 'penalty'>): Period {
  if (record.type === 'penalty') return { to: publicationUntil(record) }
  return { from: record.facts.validFrom, to: record.facts.validTo }
}

function lossAt(
  record: RecordOf<'licence' | 'penalty'>,
  { from, to }: Period,
  today: CalendarDate,
): LossReason | undefined {
  if (record.type === 'licence' && record.facts.status === 'invalid') return 'stated invalid'
  if (from !== undefined && to !== undefined && to < from) return 'never valid'
  if (to !== undefined && to < today)
    return record.type === 'penalty' ? 'publication ended' : 'validity ended'
  return from !== undefined && today < from ? 'not yet valid' : undefined
}

/** The first of days that begin something and days that end it: a day begins before any day not before it ends. */
function firstChange(changes: readonly Period[]): Instant | null {
  let [from, to]: (CalendarDate | undefined)[] = []
  for (const change of changes) {
    if (change.from !== undefined && (from === undefined || change.from < from)) from = change.from
    if (change.to !== undefined && (to === undefined || change.to < to)) to = change.to
  }
  if (from !== undefined && (to === undefined || from <= to)) return startOfChinaDay(from)
  return to === undefined ? null : endOfChinaDay(to)
}

// Not the start of the day after: 9999-12-31, which stands for "no end" in many a file, has none
function endOfChinaDay(day: CalendarDate): Instant {
  return instantOf(Date.parse(startOfChinaDay(day)) + 24 * 60 * 60 * 1000)
}

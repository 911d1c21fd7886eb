import type { CalendarDate } from '../base/instant.ts'
import type { FactRecord, RecordOf } from './record.ts'

/** What some body decided, and others may pass on: every record that neither registers nor takes back. */
export type DecisionType = Exclude<FactRecord['type'], 'registration' | 'withdrawal'>
export type Decision = RecordOf<DecisionType>

export function isDecision(record: FactRecord): record is Decision {
  return record.type !== 'registration' && record.type !== 'withdrawal'
}

/** The body that took it, as the sender writes its name. */
export function bodyOf({ type, facts }: Decision): string {
  return type === 'licence' ? facts.licensingAuthority : facts.penaltyAuthority
}

/** The day it was taken, or, where only that is told, the day from which it holds. */
export function decidedOnOf({ facts }: Decision): CalendarDate {
  return facts.decidedOn
}

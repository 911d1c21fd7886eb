import type { CalendarDate } from '../base/instant.ts'
import type { FactRecord, RecordOf } from './record.ts'

/** What some body decided, and others may pass on: every record that neither registers nor takes back. */
export type DecisionType = Exclude<FactRecord['type'], 'registration' | 'withdrawal'>
export type Decision = RecordOf<DecisionType>

export function isDecision(record: FactRecord): record is Decision {
  return record.type !== 'registration' && record.type !== 'withdrawal'
}

/** The body that took it, as the sender writes its name; '' where the sender names none. */
export function bodyOf({ type, facts }: Decision): string {
  switch (type) {
    case 'licence':
      return facts.licensingAuthority
    case 'penalty':
      return facts.penaltyAuthority
    default:
      return facts.decidedBy ?? ''
  }
}

/** The day it was taken; of a grade, the last of the year it is for. */
export function decidedOnOf({ type, facts }: Decision): CalendarDate {
  return type === 'taxpayer-grade' ? facts.evaluatedTo : facts.decidedOn
}

/** Its number as the sender writes it; '' where it has none. */
export function numberOf({ facts }: Decision): string {
  return 'documentNumber' in facts ? (facts.documentNumber ?? '') : ''
}

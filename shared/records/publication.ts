import { addDays, addYears, type CalendarDate, chinaDate, type Instant, startOfChinaDay } from '../base/instant.ts'
import type { FactRecord } from './record.ts'

/**
 * The days on which a record may be published, shared and used, both included, in China Standard Time; 'never' for
 * a licence its authority declares invalid. A licence: its period of validity. A penalty: until the last day its
 * authority wants it published, and three years at most, the longest that any class has under 信用修复管理办法
 * (NDRC Order 36 of 2026, and Order 58 before it). A registration has no end.
 */
export function publicationPeriod(record: FactRecord): PublicationPeriod | 'never' {
  switch (record.type) {
    case 'registration':
      return {}
    case 'licence':
      if (record.facts.status === 'invalid') return 'never'
      return period(record.facts.validFrom, record.facts.validTo)
    case 'penalty': {
      const longest = addYears(record.facts.decidedOn, 3)
      const wanted = record.facts.publishedTo
      return period(undefined, wanted !== undefined && wanted < longest ? wanted : longest)
    }
  }
}

export type PublicationPeriod = { readonly from?: CalendarDate; readonly to?: CalendarDate }

export type PublicationState = 'current' | 'not-yet' | 'ended' | 'never'

export function publicationState(record: FactRecord, at: Instant): PublicationState {
  const days = publicationPeriod(record)
  if (days === 'never') return 'never'
  const today = chinaDate(at)
  if (days.from !== undefined && today < days.from) return 'not-yet'
  return days.to !== undefined && today > days.to ? 'ended' : 'current'
}

/** The instants at which a record's state changes by time alone. */
export function publicationTurns(record: FactRecord): readonly Instant[] {
  const days = publicationPeriod(record)
  if (days === 'never') return []
  const turns: Instant[] = []
  if (days.from !== undefined) turns.push(startOfChinaDay(days.from))
  if (days.to !== undefined) turns.push(startOfChinaDay(addDays(days.to, 1)))
  return turns
}

function period(from: CalendarDate | undefined, to: CalendarDate | undefined): PublicationPeriod {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}

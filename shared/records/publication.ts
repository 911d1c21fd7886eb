import { addYears, type CalendarDate } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import type { FactRecord } from './record.ts'

/**
 * The last day, in China Standard Time, on which a record may be published; undefined where nothing ends it.
 * A penalty ends with its 公示截止期 or three years after its decision, whichever comes first: three years are the
 * longest that any rule in force allows (信用修复管理办法, NDRC Order 36 of 2026; Order 58 of 2023 before it).
 * No shorter period by severity, and no other type of record, ends by itself here: versioned rule tables are to come.
 */
export function publicationUntil(record: FactRecord): CalendarDate | undefined {
  if (record.type !== 'penalty') return undefined
  const { decidedOn, publishedTo } = record.facts
  // Counted as the Civil Code does (§§201, 202): to the day of the same date, or the month's last
  const longest = addYears(decidedOn, LONGEST_PUBLICATION_YEARS)
  return publishedTo !== undefined && compareUtf8(publishedTo, longest) < 0 ? publishedTo : longest
}

const LONGEST_PUBLICATION_YEARS = 3

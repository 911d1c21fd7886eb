import { z } from 'zod'

/** A point in time, UTC with milliseconds: `2026-11-23T08:00:00.000Z`. Text order is time order. */
export type Instant = string & { readonly brand: 'Instant' }

/** A calendar date, `2026-11-23`; where the law counts days it is a day in China Standard Time. */
export type CalendarDate = string & { readonly brand: 'CalendarDate' }

export type Clock = () => Instant

export const systemClock: Clock = () => instantOf(Date.now())

/** The instant at so many milliseconds since 1970-01-01T00:00Z. */
export function instantOf(epochMs: number): Instant {
  return new Date(epochMs).toISOString() as Instant
}

/** Reads an ISO 8601 date-time that carries an offset; undefined for anything else. */
export function parseInstant(text: string): Instant | undefined {
  if (!ISO_DATE_TIME.test(text)) return undefined
  if (parseCalendarDate(text.slice(0, 10)) === undefined) return undefined
  const epochMs = Date.parse(text)
  if (Number.isNaN(epochMs)) return undefined
  const instant = instantOf(epochMs)
  // An offset can carry it out of the four-digit years, where text order is no longer time order
  return instant.length === 24 ? instant : undefined
}

/** An instant in its one spelling: a text to whoever describes it, branded to whoever parses it. */
export const canonicalInstantSchema = z.string().refine((text) => parseInstant(text) === text, {
  message: 'not an instant of the form YYYY-MM-DDThh:mm:ss.sssZ',
}) as unknown as z.ZodType<Instant>

/** Reads `YYYY-MM-DD` where that day exists; undefined for anything else. */
export function parseCalendarDate(text: string): CalendarDate | undefined {
  if (!CALENDAR_DATE.test(text)) return undefined
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8))]
  return day <= daysOfMonth(year, month) ? (text as CalendarDate) : undefined
}

/** The day in China Standard Time (UTC+8, no summer time since 1991) that an instant falls in. */
export function chinaDate(at: Instant): CalendarDate {
  return instantOf(Date.parse(at) + CHINA_OFFSET_MS).slice(0, 10) as CalendarDate
}

/** The instant at which a day begins in China. */
export function startOfChinaDay(day: CalendarDate): Instant {
  return instantOf(Date.parse(`${day}T00:00:00.000Z`) - CHINA_OFFSET_MS)
}

/** The day so many days after (or, negative, before) another. */
export function addDays(day: CalendarDate, days: number): CalendarDate {
  return instantOf(Date.parse(`${day}T00:00:00.000Z`) + days * DAY_MS).slice(0, 10) as CalendarDate
}

/**
 * The same day so many months later, or the month's last day where it has no such day: how the Civil Code counts a
 * period (§§201, 202). Stops at the last day that four digits can write.
 */
export function addMonths(day: CalendarDate, months: number): CalendarDate {
  const count = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + months
  const [year, month] = [Math.floor(count / 12), (count % 12) + 1]
  if (year > 9999) return '9999-12-31' as CalendarDate
  const date = Math.min(Number(day.slice(8)), daysOfMonth(year, month))
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}` as CalendarDate
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0')
}

/** The same day so many years later; 29 February becomes the 28th where the year has none. */
export function addYears(day: CalendarDate, years: number): CalendarDate {
  return addMonths(day, years * 12)
}

// Plain arithmetic: every date of every row passes here, and Date takes ten times as long
function daysOfMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const CALENDAR_DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const ISO_DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const DAY_MS = 24 * 60 * 60 * 1000
const CHINA_OFFSET_MS = 8 * 60 * 60 * 1000

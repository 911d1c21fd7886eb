import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addDays,
  addMonths,
  addYears,
  type CalendarDate,
  chinaDate,
  type Instant,
  instantOf,
  parseCalendarDate,
  parseInstant,
  startOfChinaDay,
} from '../../shared/base/instant.ts'

const aDay = fc
  .integer({ min: Date.UTC(1900, 0, 1) / 86_400_000, max: Date.UTC(2199, 11, 31) / 86_400_000 })
  .map((day) => instantOf(day * 86_400_000).slice(0, 10) as CalendarDate)

describe('a calendar date', () => {
  test('is read exactly where the calendar has that day', () => {
    const digits = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'))
    fc.assert(
      fc.property(fc.integer({ min: 1900, max: 2199 }), digits(14), digits(33), (year, month, day) => {
        const text = `${year}-${month}-${day}`
        const date = new Date(`${text}T00:00:00.000Z`)
        const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
        expect(parseCalendarDate(text)).toBe(exists ? text : undefined)
      }),
    )
  })

  test.each(['2000-02-29', '2024-02-29'])('%s exists', (text) => {
    expect(parseCalendarDate(text)).toBe(text)
  })

  test.each(['1900-02-29', '2100-02-29', '2023-02-29', '2023-04-31', '2023-1-1', '20230101', ''])(
    '%j is no date',
    (text) => {
      expect(parseCalendarDate(text)).toBeUndefined()
    },
  )

  test('begins in China eight hours before it begins in Greenwich, and lasts a day', () => {
    fc.assert(
      fc.property(aDay, (day) => {
        const start = startOfChinaDay(day)
        expect(chinaDate(start)).toBe(day)
        expect(chinaDate(instantOf(Date.parse(start) - 1))).toBe(addDays(day, -1))
        expect(startOfChinaDay(addDays(day, 1))).toBe(instantOf(Date.parse(start) + 86_400_000))
      }),
    )
  })

  test('of 29 February becomes the 28th where the later year has no 29th', () => {
    expect(addYears('2024-02-29' as CalendarDate, 3)).toBe('2027-02-28')
    expect(addYears('2024-02-29' as CalendarDate, 4)).toBe('2028-02-29')
    expect(addYears('2025-07-15' as CalendarDate, 3)).toBe('2028-07-15')
  })

  test.each([
    ['2026-08-31', 6, '2027-02-28'],
    ['2027-08-31', 6, '2028-02-29'],
    ['2026-10-31', 1, '2026-11-30'],
    ['2026-11-30', 1, '2026-12-30'],
    ['2026-12-31', 12, '2027-12-31'],
    ['2026-01-31', 1, '2026-02-28'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-01-15', -1, '2025-12-15'],
    ['2026-12-01', 0, '2026-12-01'],
    ['9998-02-28', 24, '9999-12-31'],
  ])('%s and %i months is %s', (from, months, expected) => {
    expect(addMonths(from as CalendarDate, months)).toBe(expected)
  })
})

describe('an instant', () => {
  test.each([
    ['2026-11-23T08:00:00Z', '2026-11-23T08:00:00.000Z'],
    ['2026-11-23T16:00:00.123+08:00', '2026-11-23T08:00:00.123Z'],
    ['2026-11-23T08:00Z', '2026-11-23T08:00:00.000Z'],
  ])('%s is read as %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant as Instant)
  })

  test.each([
    '2026-11-23T08:00:00',
    '9999-12-31T23:59:59-12:00',
    '0000-01-01T00:00:00+08:00',
    '2026-11-23',
    '2026-02-30T08:00:00Z',
    '2026-11-23T25:00:00Z',
    'now',
    '1763884800000',
  ])('%j is no instant', (text) => {
    expect(parseInstant(text)).toBeUndefined()
  })
})

import {
  addMonths,
  type CalendarDate,
  chinaDate,
  instantOf,
  parseCalendarDate,
  parseInstant,
} from '../base/instant.ts'
import { foldIdentifier } from '../identity/fold.ts'
import { isOldRegistrationNumber, parseRegistrationNumber } from '../identity/registration-number.ts'
import type { Column } from './layouts/layout.ts'
import type { RefusalCode } from './refusal.ts'

/** What a cell says: a value, nothing (undefined), or why it can't be read. */
export type Reading<T> = { readonly value: T | undefined } | { readonly fault: RefusalCode }

const ABSENT: Reading<never> = { value: undefined }

/** Spellings of "nothing here" seen in official files. */
const BLANKS = new Set([
  '',
  '-',
  '--',
  '—',
  '——',
  '— —',
  '/',
  '\\',
  '无',
  '暂无',
  '空',
  'null',
  'NULL',
  'N/A',
  '\\N',
])

/** Trims and takes the official spellings of "nothing" as nothing. */
export function readText(cell: string): string | undefined {
  const text = cell.trim()
  return BLANKS.has(text) ? undefined : text
}

/**
 * Reads `2017-07-07`, `2017/7/7`, `20170707`, `2017年7月7日`, each with or without a time of day, and milliseconds
 * since 1970; in full width and with spaces as well. What names an instant is the day it falls in in China. 1900-01-01 is
 * the official spelling of "unknown".
 */
export function readDate(cell: string): Reading<CalendarDate> {
  const text = readText(cell)
  if (text === undefined) return ABSENT
  const date = parseDate(text) ?? parseDate(foldDate(text))
  if (date === undefined) return UNKNOWN.test(text) ? ABSENT : { fault: 'DATE_INVALID' }
  return date < '1901' && UNKNOWN.test(date) ? ABSENT : { value: date }
}

// The official spelling of it, and what databases write for it: MySQL, .NET, Excel; whose day 0 is the one before 1900
const UNKNOWN =
  /^(?:1900-01-01|1900([-/])0?1\1(?:00?)|0000-00-00|0001-01-01|1899-12-3[01])(?: 00:00:00(?:\.0+)?)?$/

// Full-width digits, spaces about 年, 月 and 日
function foldDate(text: string): string {
  return text.normalize('NFKC').replace(/\s*([-/.年月日])\s*/g, '$1')
}

/** Reads `2024`, `2024年`, `2024年度` as the last day of that year. */
export function readYear(cell: string): Reading<CalendarDate> {
  const text = readText(cell)?.normalize('NFKC')
  if (text === undefined) return ABSENT
  const [, year] = /^(\d{4})\s*年?度?$/.exec(text) ?? []
  const date = parseCalendarDate(`${year}-12-31`)
  return date === undefined ? { fault: 'DATE_INVALID' } : { value: date }
}

/** As `readDate`, of what has happened: no day after today. */
export function readPastDate(cell: string, today: CalendarDate): Reading<CalendarDate> {
  const reading = readDate(cell)
  const isAhead = 'value' in reading && reading.value !== undefined && reading.value > today
  return isAhead ? { fault: 'DATE_IN_FUTURE' } : reading
}

/** As `readDate`, where "no end" is written as words or as a date in 2099 or later. */
export function readEndDate(cell: string): Reading<CalendarDate> {
  const text = readText(cell)
  if (text === undefined || NO_END.test(text)) return ABSENT
  const reading = readDate(text)
  return 'value' in reading && reading.value !== undefined && reading.value >= '2099' ? ABSENT : reading
}

/**
 * As `readEndDate`, of a column that may have a period instead: `3年`, `六个月`, `半年`, counted from the day of the decision
 * as the rules of publication count theirs; counted from a publication after it, it would end later. A period from no day
 * is a fault.
 */
export function readEndOrPeriod(cell: string, from: CalendarDate | undefined): Reading<CalendarDate> {
  const text = readText(cell)?.normalize('NFKC')
  const [, count = '', unit] = PERIOD.exec(text ?? '') ?? []
  const number = /^\d/.test(count) ? Number(count) : CHINESE_NUMBERS.indexOf(count)
  const months = text === '半年' ? 6 : unit === '年' ? number * 12 : number
  if (text !== '半年' && unit === undefined) return readEndDate(cell)
  return from === undefined || months < 1 ? { fault: 'DATE_INVALID' } : { value: addMonths(from, months) }
}

const PERIOD = /^(\d{1,2}|[一二三四五六七八九十]{1,2})(年|个月)$/
const CHINESE_NUMBERS = ['', ...'一二三四五六七八九十', '十一', '十二']
const NO_END =
  /^(无处罚期限|无期限|无限期|无固定期限|长期|长期有效|永久|永久有效|永续|永续经营|不约定期限|不定期限|至今)$/
const DATE =
  /^(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/
const COMPACT_DATE = /^(\d{4})(\d{2})(\d{2})$/
const COMPACT_DATE_TIME = /^(19\d\d|20\d\d|9999)(\d{2})(\d{2})[ T]?\d{2}:?\d{2}(?::?\d{2})?$/

function parseDate(text: string): CalendarDate | undefined {
  const match = DATE.exec(text)
  if (match !== null) {
    const [, year = '', , month = '', , day = '', offset] = match
    // The last year is a sentinel whatever its offset, and has no next day of four digits
    if (offset !== undefined && year !== '9999') return chinaDateOf(text, offset)
    return parseCalendarDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
  }
  // Before the milliseconds: of twelve digits, those that are a date with hours and minutes are one
  const compact = COMPACT_DATE.exec(text) ?? COMPACT_DATE_TIME.exec(text)
  const date = compact === null ? undefined : parseCalendarDate(`${compact[1]}-${compact[2]}-${compact[3]}`)
  if (date !== undefined) return date
  return /^\d{12,13}$/.test(text) ? chinaDate(instantOf(Number(text))) : undefined
}

// A time with an offset is an instant: midnight in China is written as 16:00Z of the day before. Java's +0800 has no colon
function chinaDateOf(text: string, offset: string): CalendarDate | undefined {
  const local = text.slice(0, -offset.length).replace(' ', 'T')
  const at = parseInstant(local + offset.replace(/^(...)(..)$/, '$1:$2'))
  return at === undefined ? undefined : chinaDate(at)
}

// Oracle exports write half a unit as `.5`
const AMOUNT = /^(?:人民币)?[¥￥]?(\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.(\d+))?\s*\(?(万元|万|元)?\)?整?$/

/** Reads an amount in 万元 (or in the unit it names) as a decimal string in yuan. */
export function readYuanFromWan(cell: string): Reading<string> {
  return readAmount(cell, '万元')
}

/** As `readYuanFromWan`, where a number without a unit is in yuan. */
export function readYuan(cell: string): Reading<string> {
  return readAmount(cell, '元')
}

function readAmount(cell: string, bareUnit: '万元' | '元'): Reading<string> {
  const text = readText(cell)
  if (text === undefined) return ABSENT
  const match = AMOUNT.exec(text.normalize('NFKC'))
  if (match === null) return { fault: 'AMOUNT_INVALID' }
  const [, whole = '', fraction = '', unit = bareUnit] = match
  return { value: shiftDecimal({ whole: whole.replaceAll(',', ''), fraction }, unit === '元' ? 0 : 4) }
}

const CAPITAL = /^(人民币)?\s*(\d[\d,]*)(?:\.(\d+))?(\D*)$/
const CAPITAL_UNIT =
  /^(万|亿)?(?:元|圆)?整?(人民币|美元|港元|香港元|港币|欧元|日元|英镑|新台币|新加坡元|澳大利亚元|加拿大元|加元|澳元|新西兰元|澳门元|韩元|瑞士法郎|瑞典克朗|丹麦克朗|挪威克朗|泰铢|卢布)?(?:元|圆)?$/

/**
 * Reads a registered capital: `500`, `500万元`, `500.000000万人民币`, `30万美元`. A bare number is in 万元, as the
 * warehouses export it. `currency` is the word the cell has for it; a text of another form is no fault but no number.
 */
export function readCapital(
  cell: string,
): { readonly amount: string; readonly currency?: string } | undefined {
  const text = cell.normalize('NFKC').trim()
  const [, prefix, whole = '', fraction = '', rest] = CAPITAL.exec(text) ?? []
  // Units stand in brackets or not: 500(万), 500(万元人民币), 500万元(人民币). Nothing is taken out from between digits: they may be a
  // telephone's
  const units = rest === undefined ? null : CAPITAL_UNIT.exec(rest.replace(/[\s()]/g, ''))
  if (units === null) return undefined
  const [, unit, suffix] = units
  const bare = /^[\d,.]+$/.test(text)
  const places = unit === '亿' ? 8 : unit === '万' || bare ? 4 : 0
  const amount = shiftDecimal({ whole: whole.replaceAll(',', ''), fraction }, places)
  const currency = suffix ?? prefix
  return currency === undefined ? { amount } : { amount, currency }
}

/** What `readCapital` reads, of a column whose bare numbers are in yuan. */
export function readCapitalInYuan(cell: string): string | undefined {
  const text = readText(cell)
  return text !== undefined && /^[\d,.]+$/.test(text.normalize('NFKC')) ? `${text}元` : text
}

// On digits, not on floating point: 0.1234 万元 is 1234 yuan to the last digit
function shiftDecimal(amount: { whole: string; fraction: string }, places: number): string {
  const digits = amount.whole + amount.fraction.padEnd(places, '0')
  const point = amount.whole.length + places
  const whole = digits.slice(0, point).replace(/^0+(?=\d)/, '') || '0'
  const fraction = digits.slice(point).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

type Codes = Column['codes']

/** What a text stands for, by a layout's codes; itself where they have none for it. */
export function decode(text: string | undefined, codes: Codes): string | undefined {
  if (text === undefined || codes === undefined) return text
  return Object.hasOwn(codes, text) ? codes[text] : text
}

/**
 * One or more of a kind in one cell. 没收违法所得、没收非法财物 is one kind of penalty, so the enumeration comma does not
 * divide.
 */
export function readList(cell: string, codes: Codes): Reading<readonly string[]> {
  const items = cell.split(/[;；,，|]/).map((item) => decode(readText(item), codes))
  const stated = items.filter((item) => item !== undefined)
  // No organisation can be detained: the row is about a person, or tells of one
  if (stated.some((item) => item.includes('行政拘留'))) return { fault: 'SUBJECT_NATURAL_PERSON' }
  return { value: stated.length === 0 ? undefined : stated }
}

/** One of a closed list: what a layout's codes do not have is a fault. */
export function readCoded(cell: string, codes: Codes): Reading<string> {
  const text = readText(cell)?.normalize('NFKC').replaceAll(/\s/g, '')
  if (text === undefined) return { value: undefined }
  const isCode = codes !== undefined && Object.hasOwn(codes, text)
  return isCode ? { value: codes[text] || undefined } : { fault: 'FIELD_VALUE_UNKNOWN' }
}

/** A code, folded; 00000000000000000X is written officially where an authority has none. */
export function readCode(cell: string): string | undefined {
  const text = readText(cell)?.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase()
  return text === undefined || /^0+X?$/.test(text) ? undefined : text
}

/** A number that holds: any other says nothing about the organisation, and might be a person's. */
export function readRegistrationNumber(cell: string): string | undefined {
  const number = foldIdentifier(cell)
  return parseRegistrationNumber(number).kind === 'valid' || isOldRegistrationNumber(number)
    ? number
    : undefined
}

/** Folds what authorities write differently in the same document number: 〔2025〕, [2025], （2025）, spaces, width. */
export function foldDocumentNumber(number: string): string {
  return foldBrackets(number).replace(/\s/g, '').toUpperCase()
}

/** Whether a cell is a code of letters and digits: a name may stand in the column of one. */
export function isPlainCode(cell: string): boolean {
  return /^[0-9A-Za-z]+$/.test(cell.normalize('NFKC').replace(/[\s-]/g, ''))
}

/** Folds width, and brackets of every kind to round ones. */
export function foldBrackets(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[〔[【]/g, '(')
    .replace(/[〕\]】]/g, ')')
}

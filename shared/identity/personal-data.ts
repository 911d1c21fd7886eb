import { findDivision } from './division.ts'
import { organisationCodeChecks } from './organisation-code.ts'
import { registrationNumberChecks } from './registration-number.ts'
import {
  hasResidentIdShape,
  holdsOldResidentIdShape,
  holdsResidentIdShape,
  isResidentId,
} from './resident-id.ts'

export type PersonalData = 'RESIDENT_ID' | 'MOBILE_NUMBER'

/**
 * Looks in free text for a resident ID or a mobile number: in digits of any script, also circled or spelt in Chinese,
 * with invisible characters or marks among them, parted as people part them, with letters beside them. Digits of a
 * longer number (a document's, a USCC) are no hit.
 */
export function findPersonalData(text: string): PersonalData | undefined {
  // Eleven digits are needed for either; most texts have fewer, and nothing in them that only folding makes a digit
  if (!UNUSUAL.test(text) && (!ELEVEN_DIGITS.test(text) || DATE_TIME.test(text))) return undefined
  const folded = foldDigits(text)
  if (!ELEVEN_DIGITS.test(folded)) return undefined
  const spelt = folded.replace(CHINESE_DIGIT, (digit) => String(CHINESE_DIGITS.indexOf(digit) % 10))
  return findIn(folded) ?? (spelt === folded ? undefined : findIn(spelt))
}

/**
 * As `findPersonalData`, for an id or the name of an account, which is kept for good and needs no long number: the
 * form of a resident ID is enough, and no digits before a mobile number make it another.
 */
export function findPersonalDataInId(id: string): PersonalData | undefined {
  const folded = foldDigits(id)
  if (holdsResidentIdShape(folded)) return 'RESIDENT_ID'
  return !DIGEST.test(id) && MOBILE_IN_ID.test(folded) ? 'MOBILE_NUMBER' : undefined
}

/**
 * Whether eleven digits that look like a mobile number, or fifteen that look like an old resident ID, begin with a
 * division, as many a document's number does.
 */
export function isNumberOfDivision(digits: string): boolean {
  return /^(?:\d{11}|\d{15})$/.test(digits) && findDivision(digits.slice(0, 6)) !== undefined
}

function findIn(folded: string): PersonalData | undefined {
  for (const [, run = ''] of all(RESIDENT_ID_RUN, folded)) {
    if (isResidentId(bareId(run))) return 'RESIDENT_ID'
  }
  for (const [, digits = ''] of all(OLD_RESIDENT_ID, folded)) {
    if (holdsOldResidentIdShape(digits.replace(/\D/g, ''))) return 'RESIDENT_ID'
  }
  for (const [, run = ''] of all(TOLD_RESIDENT_ID, folded)) {
    if (hasResidentIdShape(bareId(run))) return 'RESIDENT_ID'
  }
  for (const [, division = '', year = '', month = '', day = '', rest = ''] of all(
    DATED_RESIDENT_ID,
    folded,
  )) {
    const birth = year + month.padStart(2, '0') + day.padStart(2, '0')
    if (isResidentId(bareId(division + birth + rest))) return 'RESIDENT_ID'
  }
  for (const [, digits = ''] of all(BARE_OLD_RESIDENT_ID, folded)) {
    if (isOldResidentId(digits.replace(/\D/g, ''))) return 'RESIDENT_ID'
  }
  for (const { groups, index, 0: found } of all(MOBILE, folded)) {
    const number = groups?.['number'] ?? ''
    const isNumbered = folded[index - 1] === '第' && folded[index + found.length] === '号'
    if (!isInvoiceCode(number) && !(isNumbered && isNumberOfDivision(number))) return 'MOBILE_NUMBER'
  }
  for (const { index } of all(LOOSE_MOBILE, folded)) {
    if (TELEPHONE.test(folded.slice(Math.max(0, index - LONGEST_WORD), index))) return 'MOBILE_NUMBER'
  }
  return undefined
}

function bareId(run: string): string {
  return run.replace(/[×ХΧ]$/, 'X').replace(/[^\dX]/g, '')
}

/**
 * Whether fifteen digits are a resident ID of the old form, told by nothing but themselves: a division, a birth date, and
 * neither of the checks that a registration or tax number has. Of ten such IDs two pass one of them and are not found.
 */
function isOldResidentId(digits: string): boolean {
  if (digits.slice(6, 8) < EARLIEST_BIRTH || !holdsOldResidentIdShape(digits)) return false
  if (registrationNumberChecks(digits) || organisationCodeChecks(digits.slice(6))) return false
  return findDivision(digits.slice(0, 6)) !== undefined
}

// 1930: before it, 20 to 29 may begin a document's year or be one of 2020 to 2029, with a month and a day after it
const EARLIEST_BIRTH = '30'

// matchAll copies its pattern, which takes many times as long as to see that there is nothing
function all(pattern: RegExp, text: string): Iterable<RegExpExecArray> {
  return text.search(pattern) === -1 ? [] : text.matchAll(pattern)
}

// 发票代码 has twelve digits, the first a 0 and the next four a province and a city
function isInvoiceCode(number: string): boolean {
  return /^0\d{11}$/.test(number) && findDivision(`${number.slice(1, 5)}00`) !== undefined
}

function foldDigits(text: string): string {
  const folded = text.normalize('NFKC').replace(/[\p{Default_Ignorable_Code_Point}\p{M}]/gu, '')
  return folded.replace(/[^\P{Nd}0-9]/gu, digitOf).toUpperCase()
}

// Unicode has the ten digits of a script one after the other, so the place in a row of digits tells
function digitOf(digit: string): string {
  const code = digit.codePointAt(0) ?? 0
  let before = 0
  while (/\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before++
  return String(before % 10)
}

// 幺 is how a 1 is read out. Of those that are equal the first counts, and its place in a row of ten
const CHINESE_DIGITS = '零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖零幺'
const CHINESE_DIGIT = new RegExp(`[${CHINESE_DIGITS}]`, 'g')
// All but ASCII, Chinese characters and their punctuation. What is left folds to no digit, is not invisible, and folds
// to no fewer characters than it has
const UNUSUAL = /[^\t\n\r -~\u2010-\u2027\u3000-\u301f\u4e00-\u9fff\uff01-\uff0f\uff1a-\uff5e]/
const SOME_DIGIT = `[0-9${CHINESE_DIGITS}]`
// But for 转 (U+8F6C), with which people part numbers too. Up to eight blanks part them, or three of anything, which may
// be six units of UTF-16
const GAP = `[^0-9A-Za-z${CHINESE_DIGITS}\u4e00-\u8f6b\u8f6d-\u9fff]{0,8}`
// Or ten before a 年, of an ID whose birth is written as a date
const ELEVEN_DIGITS = new RegExp(`${SOME_DIGIT}(?:${GAP}${SOME_DIGIT}){9}(?:${GAP}${SOME_DIGIT}| ?年)`)
// The one text of eleven digits and more that most files are full of: its fourteen digits are never parted like a number
const DATE_TIME = /^\d{4}[-/]\d{1,2}[-/]\d{1,2}[ T]\d{1,2}:\d{2}(?::\d{2})?$/
// No colon: a time after a day, and a day after that, make eighteen digits as well.
// Looked ahead at, not consumed: in "2024 999999 19700101 0010" the eighteen digits from 2024 on hide the ID
const RESIDENT_ID_RUN = /(?<!\d)(?=(\d(?:[^\p{L}\p{N}:]{0,3}\d){16}[^\p{L}\p{N}:×]{0,3}[\dX×ХΧ])(?!\d))/gu

// After the word for it the form is enough: a slip of the pen makes it no less somebody's; and no time has colons there
const TOLD_RESIDENT_ID =
  /身份(?:证|号)\D{0,12}(\d(?:[^\p{L}\p{N}]{0,3}\d){16}[^\p{L}\p{N}×]{0,3}[\dX×ХΧ])(?!\d)/gu
const DATED_RESIDENT_ID =
  /(?<!\d)(\d{6})[^\p{L}\p{N}:]{0,3}(\d{4}) ?年 ?(\d\d?) ?月 ?(\d\d?) ?日[^\p{L}\p{N}:]{0,3}(\d{3}[\dX×ХΧ])(?!\d)/gu

// Fifteen digits, as IDs had until 1999, are a registration number's as well: the word before them tells, or else what
// they are made of
const OLD_RESIDENT_ID = /身份(?:证|号)\D{0,12}(\d(?:[^\p{L}\p{N}]{0,3}\d){14})(?!\d)/gu
// What stands before is looked at last: few texts have six digits in a row
const BARE_OLD_RESIDENT_ID = /(\d{6}(?<=(?<![0-9A-Z]|\d[-.])\d{6})[ -]?\d{6}[ -]?\d{3})(?![0-9A-Z]|[-.]\d)/g

// Amounts and lists of numbers have commas, which part no telephone number; and amounts a full stop, but not two
const DASH = '[ \\-\\u2010-\\u2015\\u2212]'
const PARTED = '(?:[\\s\\-\\u2010-\\u2015\\u2212._/·•・|~:转]{1,3}|\\s{4,8})'
const COUNTRY = '(?:(?:\\+|00)?86[\\s\\-.]{0,3})?'
const GROUPED = [
  '1[3-9]\\d{9}',
  `1[3-9]\\d(?<a>${PARTED})\\d{4}\\k<a>\\d{4}`,
  `1[3-9]\\d\\d(?<b>${PARTED})\\d{4}\\k<b>\\d{3}`,
  `1[3-9]\\d\\d(?<c>${PARTED})\\d{3}\\k<c>\\d{4}`,
  `1(?<d>${PARTED})[3-9](?:\\k<d>\\d){9}`,
  `1[3-9]\\d(?<e>${PARTED})\\d\\d(?:\\k<e>\\d\\d){3}`,
  `1[3-9]\\d\\(\\d{4}\\)\\d{4}`,
  `\\(1[3-9]\\d\\)[\\s\\-]{0,2}\\d{4}[\\s\\-]{0,2}\\d{4}`,
].join('|')
const ONCE_PARTED = `1[3-9]\\d${DASH}?\\d{4}${DASH}?\\d{4}`
const OTHERWISE_PARTED = [
  `1[3-9]\\d(?<f>${DASH})\\d{3}\\k<f>\\d{5}`,
  `1[3-9]\\d{3}${DASH}\\d{6}`,
  `1[3-9]\\d{4}${DASH}\\d{5}`,
].join('|')
// So parted are amounts from one to another as well, the second of which is one of something: 15000-200000元
const GOES_ON = `[0-9A-Z]|${DASH}\\d|[.,]\\d| ?[百千万亿元吨米斤克台件人户份个号平]`
// In a code with letters there are more digits, or one letter: 13900000000A
const BEFORE_LETTERS = '1[3-9]\\d{9}(?=[A-Z]{2,}(?![0-9A-Z]|[-.]\\d))'
// "2024-13900000000" and "0.13900000000" go on; the number of a list's item and that of an office do not
const BEGINS = '(?:(?<!\\d|\\d[-.])|(?<=(?<![\\d.])[1-9]\\d?\\.)|(?<=(?<!\\d)0\\d{2,3}-?\\d{7,8}[-.]))'
// With one dash alone and a letter before it, it is a licence's number: TS1833123-2024
const MOBILE = new RegExp(
  [
    `(?:${BEGINS}${COUNTRY}(?<number>0?(?:${GROUPED}))|(?<![0-9A-Z]|\\d[-.])${COUNTRY}${ONCE_PARTED})(?![0-9A-Z])`,
    `(?<![0-9A-Z]|\\d[-. ])${COUNTRY}(?:${OTHERWISE_PARTED})(?!${GOES_ON})`,
    `(?<![0-9A-Z]|\\d[-.])${COUNTRY}${BEFORE_LETTERS}`,
  ].join('|'),
  'g',
)
// After a word for it a mobile number is one however it is parted, but for letters and characters other than 转
const LOOSE_MOBILE = /1[3-9](?:[^0-9A-Z\u4e00-\u8f6b\u8f6d-\u9fff]{0,3}\d){9}(?![0-9A-Z])/g
const TELEPHONE = /(?:手机|电话|联系方式|联系人|致电|微信|TEL|PHONE|MOBILE)\D{0,8}(?:(?:00)?86\D{0,3})?$/
const LONGEST_WORD = 'MOBILE'.length + 8 + '0086'.length + 3
const MOBILE_IN_ID = new RegExp(`(?<!\\d)${COUNTRY}0?(?:${GROUPED}|${ONCE_PARTED})(?!\\d)`)
// Of a UUID in a thousand and of a SHA-256 in three hundred, chance makes such a number
const DIGEST =
  /^(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{64}|[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})$/i

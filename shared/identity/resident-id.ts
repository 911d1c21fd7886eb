const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'

/**
 * Whether eighteen folded characters are a person's resident ID (居民身份号码, GB 11643): digits, a birth date that
 * exists, and the ISO 7064 MOD 11-2 check. The old 15-digit form has no check and the shape of a registration number:
 * personal-data.ts tells it by more than itself.
 */
export function isResidentId(text: string): boolean {
  return hasResidentIdShape(text) && text[17] === residentIdCheck(text)
}

/** The form of a resident ID with a plausible birth date, whatever its check digit. */
export function hasResidentIdShape(text: string): boolean {
  return text.length === 18 && RESIDENT_ID_FORM.test(text) && isBirthDate(text.slice(6, 14))
}

/** Whether the first seventeen digits of that form stand anywhere in a folded text, whatever is between them. */
export function holdsResidentIdShape(text: string): boolean {
  const bare = text.replace(/[^0-9A-Z]/g, '')
  for (let at = 0; at + 17 <= bare.length; at++) {
    if (hasResidentIdShape(`${bare.slice(at, at + 17)}X`)) return true
  }
  return false
}

/**
 * Whether fifteen digits alone in a folded text have the old form (two digits of the year, no check). Registration
 * numbers have it too now and then: for a column that is a person's.
 */
export function holdsOldResidentIdShape(text: string): boolean {
  const [digits = ''] = text.match(/(?<!\d)\d{15}(?!\d)/) ?? []
  return hasResidentIdShape(`${digits.slice(0, 6)}19${digits.slice(6)}X`)
}

/** The check character of the first seventeen digits. */
export function residentIdCheck(digits: string): string {
  let sum = 0
  for (let at = 0; at < 17; at++) sum += (digits.charCodeAt(at) - 48) * (WEIGHTS[at] ?? 0)
  return CHECKS[sum % 11] ?? ''
}

// A birth in 2030 or later is none yet, and rooms 203 to 208 parted by commas make such
const RESIDENT_ID_FORM =
  /^[1-9]\d{5}(?:18[5-9]\d|19\d\d|20[0-2]\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]$/

function isBirthDate(digits: string): boolean {
  const [year, month, day] = [
    Number(digits.slice(0, 4)),
    Number(digits.slice(4, 6)),
    Number(digits.slice(6, 8)),
  ]
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

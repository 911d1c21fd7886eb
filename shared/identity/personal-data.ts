import { isResidentId } from './resident-id.ts'

export type PersonalData = 'RESIDENT_ID' | 'MOBILE_NUMBER'

/**
 * Looks in free text for a resident ID or a mobile number, also when written full-width or with single spaces or
 * hyphens between digits. Digits inside a longer run of digits and letters (a USCC, a document number) are no hit.
 */
export function findPersonalData(text: string): PersonalData | undefined {
  // Eleven digits are needed for either; most texts have fewer
  if (text.length < 11 || !ELEVEN_DIGITS.test(text)) return undefined
  const folded = text
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
    .toUpperCase()
  for (const [run] of folded.matchAll(DIGIT_RUN)) {
    if (isResidentId(run.replace(SEPARATORS, ''))) return 'RESIDENT_ID'
  }
  return MOBILE.test(folded) ? 'MOBILE_NUMBER' : undefined
}

const ELEVEN_DIGITS = /(?:[\d\uff10-\uff19][^\d\uff10-\uff19]{0,3}){11}/
const SEPARATORS = /[ \-\u2010-\u2015]/g
const DIGIT_RUN = /(?<![0-9A-Z])\d(?:[ \-\u2010-\u2015]?\d){16}[ \-\u2010-\u2015]?[\dX](?![0-9A-Z])/g
const MOBILE = /(?<![0-9A-Z]|[\d][-.])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![0-9A-Z])/

import { foldText } from './fold.ts'
import { isResidentId } from './resident-id.ts'

export type PersonalData = 'RESIDENT_ID' | 'MOBILE_NUMBER'

/**
 * Looks in free text for a resident ID or a mobile number, also when its digits are full-width or circled, stand
 * apart by single spaces or hyphens, or have invisible characters between them. Digits inside a longer run of digits
 * and letters (a USCC, a document number) are no hit.
 */
export function findPersonalData(text: string): PersonalData | undefined {
  // Eleven digits are needed for either; most texts have fewer, and nothing in them that only folding makes a digit
  if (!UNUSUAL.test(text) && !ELEVEN_DIGITS.test(text)) return undefined
  const folded = foldText(text)
  for (const [, run = ''] of folded.matchAll(RESIDENT_ID_RUN)) {
    if (isResidentId(run.replace(SEPARATORS, ''))) return 'RESIDENT_ID'
  }
  return MOBILE.test(folded) ? 'MOBILE_NUMBER' : undefined
}

// All but ASCII, Chinese characters and their punctuation. What is left folds to no digit, is not invisible, and parts
// digits only as it stands
const UNUSUAL = /[^\t\n\r -~\u2010-\u2027\u3001-\u301f\u4e00-\u9fff\uff01-\uff0c\uff0e\uff0f\uff1a-\uff5e]/
const ELEVEN_DIGITS = /\d(?:[ \-\u2010-\u2015\u2212]?\d){10}/
const SEPARATORS = /[ \-\u2010-\u2015\u2212]/g
// Looked ahead at, not consumed: in "2024 999999 19700101 0010" the eighteen digits from 2024 on hide the ID
const RESIDENT_ID_RUN =
  /(?<![0-9A-Z])(?=(\d(?:[ \-\u2010-\u2015\u2212]?\d){16}[ \-\u2010-\u2015\u2212]?[\dX])(?![0-9A-Z]))/g
const MOBILE =
  /(?<![0-9A-Z]|[\d][-.])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ \-\u2010-\u2015\u2212]?\d{4}){2}(?![0-9A-Z])/

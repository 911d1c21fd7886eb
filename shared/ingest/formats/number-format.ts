/** A section of a format of numbers: what stands before the digits and after them, as it is shown. */
export type FormatSection = {
  readonly before: string
  /** The places of digits, as the format has them; empty where it shows none. */
  readonly digits: string
  readonly after: string
  /** How many digits stand before the point at least. */
  readonly zeros: number
  readonly isPercent: boolean
}

/**
 * The sections of a format for numbers above zero, below, and zero, so far as it has them (ECMA-376 part 1, 18.8.31).
 * One is unknown where a number would be shown otherwise than by its own digits, with a text before and after them.
 */
export function readSections(format: string): readonly (FormatSection | 'unknown')[] {
  const sections: FormatToken[][] = [[]]
  for (const [token, quoted, escaped, bracket] of format.matchAll(TOKEN)) {
    if (token === ';') sections.push([])
    else sections.at(-1)?.push(readToken(token, { literal: quoted ?? escaped, bracket }))
  }
  // The last may be for texts
  if (sections.length > 1 && sections.at(-1)?.some(isOfText)) sections.pop()
  // Which of its sections counts, a condition in any of them says
  const isConditional = sections.flat().some((token) => 'condition' in token)
  return sections.slice(0, 3).map((tokens) => (isConditional ? 'unknown' : toSection(tokens)))
}

/** Whether a format of dates has no other text in it than dates are written with. */
export function isDateLiteral(format: string): boolean {
  const literals = [...format.matchAll(TOKEN)].map(([, quoted, escaped]) => quoted ?? escaped ?? '')
  return literals.every((literal) => /^[年月日时時点分秒T\s/.:：,，—-]*$/.test(literal))
}

type FormatToken =
  | { readonly literal: string; readonly isPercent?: true }
  | { readonly digits: string }
  | { readonly condition: true }
  | { readonly unknown: true }

const TOKEN = /"([^"]*)"|[\\!](.)|_.|\*.|\[([^\]]*)\]|General|G\/通用格式|[0#?.,]+(?:E[+-]0+)?|./gisu

type TokenParts = { readonly literal: string | undefined; readonly bracket: string | undefined }

function readToken(token: string, { literal, bracket }: TokenParts): FormatToken {
  if (literal !== undefined) return { literal }
  if (bracket !== undefined) return readBracket(bracket)
  if (token === '%') return { literal: '%', isPercent: true }
  if (/^(?:General|G\/通用格式|@|[0#?.,]+(?:E[+-]0+)?)$/i.test(token)) return { digits: token }
  // As wide as a character, or what fills the cell
  if (/^_.$|^\* $/su.test(token)) return { literal: '' }
  return PLAIN.test(token) ? { literal: token } : { unknown: true }
}

// What Excel shows as it stands without quotes; a letter or a slash may be of a date or a fraction
const PLAIN = /^(?:[-+() :$<>=^'~{}]|[^\0-\x7f])$/u

function readBracket(bracket: string): FormatToken {
  if (/^[<>=]/.test(bracket)) return { condition: true }
  if (COLOUR.test(bracket)) return { literal: '' }
  // A currency and a locale; of more digits, a locale has its own numerals
  const [, currency] = /^\$([^-]*)(?:-[0-9a-f]{1,4})?$/i.exec(bracket) ?? []
  return currency === undefined ? { unknown: true } : { literal: currency }
}

const COLOUR = /^(?:black|blue|cyan|green|magenta|red|white|yellow|colou?r ?\d{1,2})$/i

function isOfText(token: FormatToken): boolean {
  return 'digits' in token && token.digits === '@'
}

function toSection(tokens: readonly FormatToken[]): FormatSection | 'unknown' {
  const parts = { before: '', digits: '', after: '' }
  let percents = 0
  for (const token of tokens) {
    if ('digits' in token) {
      if (parts.after !== '' || parts.digits !== '') return 'unknown'
      parts.digits = token.digits
    } else if ('literal' in token) {
      parts[parts.digits === '' ? 'before' : 'after'] += token.literal
      if (token.isPercent) percents++
    } else return 'unknown'
  }
  const [, whole = ''] = PLACES.exec(parts.digits) ?? []
  const isShown = isPlain(parts.digits) && percents <= 1 && !touches(parts)
  return isShown
    ? { ...parts, zeros: whole.replace(/[^0]/g, '').length, isPercent: percents === 1 }
    : 'unknown'
}

// A comma after the last place of a digit divides by a thousand
const PLACES = /^((?:[0#?]|,(?=[0#?,]*[0#?]))*)(?:\.[0#?]*)?(?:E[+-]0+)?$/i

function isPlain(digits: string): boolean {
  return /^(?:General|G\/通用格式|@)$/i.test(digits) || PLACES.test(digits)
}

// 0!.0000 shows 50000 as 5.0000, and 0"000" shows 5 as 5000: to whoever reads it they are digits like the others
function touches({ before, digits, after }: Omit<FormatSection, 'zeros' | 'isPercent'>): boolean {
  return digits !== '' && (/[\p{N}.,．，]$/u.test(before) || /^[\p{N}.,．，]/u.test(after))
}

/** What SheetJS knows of formats of numbers. */
export type NumberFormats = {
  readonly is_date: (format: string) => boolean
  readonly parse_date_code: (
    serial: number,
    options: { readonly date1904: boolean },
  ) => Readonly<Record<'y' | 'm' | 'd' | 'H' | 'M' | 'S' | 'T', number>> | null
}

/** A number in a cell of a workbook: what its format makes it say, and whether that is surely what its writer saw. */
export type ShownNumber = { readonly text: string; readonly isSure: boolean }

/** A number as its format has it shown: a date as one, and no digit of it rounded away. */
export function showNumber(
  formats: NumberFormats,
  {
    value,
    format,
    date1904,
  }: { readonly value: number; readonly format: string; readonly date1904: boolean },
): ShownNumber {
  const date = formats.is_date(format) ? formats.parse_date_code(value, { date1904 }) : null
  if (date !== null) return { text: dateText(date), isSure: true }
  const [positive = ''] = format.split(';')
  const isSure = Math.abs(value) < EXACT_BELOW && !isScaled(positive)
  if (/^0{2,}$/.test(positive)) return { text: numberText(value).padStart(positive.length, '0'), isSure }
  const literal = positive.replace(LITERALS, '$1$2')
  if (isPercent(positive)) return { text: `${numberText(value * 100)}%`, isSure }
  const [unit = ''] = UNIT.exec(literal) ?? []
  return { text: numberText(value) + unit, isSure }
}

/** Of what is typed Excel keeps fifteen digits, and zeros in place of all that follow. */
const EXACT_BELOW = 1e15

// Excel computes with seventeen digits and shows fifteen: 0.1 + 0.2 is 0.3 to whoever typed or pasted it
function numberText(value: number): string {
  return String(Number(value.toPrecision(15)))
}

const LITERALS = /"([^"]*)"|[\\!](.)|_.|\*.|\[[^\]]*\]/g

// A comma after the last digit divides by a thousand, and a point that is a literal by whatever its writer likes:
// 0!.0000 shows 50000 as 5.0000, which in a column of 万元 is not what stands in the cell
function isScaled(format: string): boolean {
  return /[0#?],+(?![0#?,])/.test(format.replace(LITERALS, '')) || /[\\!]\.|"\."/.test(format)
}

function isPercent(format: string): boolean {
  return format.replace(LITERALS, '').includes('%')
}

// 0"元" shows 500 as 500元, and the column may be in 万元
const UNIT = /[十百千万亿]*[元‰]$|[十百千万亿]+$/

function dateText({ y, m, d, H, M, S, T }: Readonly<Record<string, number>>): string {
  const pad = (value = 0) => String(value).padStart(2, '0')
  const day = `${y}-${pad(m)}-${pad(d)}`
  return T === 0 ? day : `${day} ${pad(H)}:${pad(M)}:${pad(S)}`
}

import { type FormatSection, isDateLiteral, readSections } from './number-format.ts'

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

/** A number as the format of its cell has it shown. */
export type ShowNumber = (value: number, format: string) => ShownNumber

type Shown = (value: number) => ShownNumber

/** Shows the numbers of one workbook: a date as one, what stands about a number with it, and no digit rounded away. */
export function numberShower(formats: NumberFormats, date1904: boolean): ShowNumber {
  // A workbook has a few formats and millions of cells
  const known = new Map<string, Shown>()
  return (value, format) => {
    if (format.length > FORMAT_UNITS) return unsure(value)
    let show = known.get(format)
    if (show === undefined) {
      show = formats.is_date(format) ? dateShower(formats, format, date1904) : sectionShower(format)
      known.set(format, show)
    }
    return show(value)
  }
}

/** As many as Excel takes; nobody reads a longer one, so that none can take its time. */
const FORMAT_UNITS = 255

function dateShower(formats: NumberFormats, format: string, date1904: boolean): Shown {
  const isSure = isDateLiteral(format)
  return (value) => {
    const date = formats.parse_date_code(value, { date1904 })
    return date === null ? unsure(value) : { text: dateText(date), isSure }
  }
}

function dateText({ y, m, d, H, M, S, T }: Readonly<Record<string, number>>): string {
  const pad = (value = 0) => String(value).padStart(2, '0')
  const day = `${y}-${pad(m)}-${pad(d)}`
  return T === 0 ? day : `${day} ${pad(H)}:${pad(M)}:${pad(S)}`
}

function sectionShower(format: string): Shown {
  const [positive, negative, zero] = readSections(format)
  return (value) => {
    const isOwn = value < 0 && negative !== undefined
    const section = isOwn ? negative : value === 0 ? (zero ?? positive) : positive
    if (section === undefined || section === 'unknown' || Math.abs(value) >= EXACT_BELOW) return unsure(value)
    // A format may leave out the sign, and nobody is told less than nothing by a number that looks like more
    if (isOwn && !/[-(]/.test(section.before)) return unsure(value)
    const digits = digitsOf(Math.abs(section.isPercent ? value * 100 : value), section)
    if (digits === undefined) return unsure(value)
    const sign = value < 0 && !isOwn ? '-' : ''
    return { text: sign + section.before + digits + section.after, isSure: true }
  }
}

/** Of what is typed Excel keeps fifteen digits, and zeros in place of all that follow. */
const EXACT_BELOW = 1e15

// Zero is shown by the place of a digit that says so, as 0 does and # and ? do not
function digitsOf(value: number, { digits, zeros }: FormatSection): string | undefined {
  if (digits === '') return value === 0 ? '' : undefined
  if (value === 0 && /^[#?,]+$/.test(digits)) return ''
  const [whole = '', fraction] = numberText(value).split('.')
  return whole.padStart(zeros, '0') + (fraction === undefined ? '' : `.${fraction}`)
}

function unsure(value: number): ShownNumber {
  return { text: numberText(value), isSure: false }
}

// Excel computes with seventeen digits and shows fifteen: 0.1 + 0.2 is 0.3 to whoever typed or pasted it
function numberText(value: number): string {
  return String(Number(value.toPrecision(15)))
}

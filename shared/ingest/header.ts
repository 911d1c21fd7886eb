import { columnFinder, holdsPersonalData, isTooLong } from './columns.ts'
import { countColumns, countKnown, detectLayouts, HEADER_SEARCH_ROWS, memberNames } from './detect.ts'
import { type Column, isKept, type Layout } from './layouts/layout.ts'
import type { Refusal } from './refusal.ts'

export type Header = {
  /** Where in the file the header stands, from 0; records begin below it. */
  readonly row: number
  /** The column each cell belongs to; undefined where the layout knows none, and the cell is dropped. */
  readonly columns: readonly (Column | undefined)[]
  /** What it says, without a byte order mark. */
  readonly cells: readonly string[]
}

/** Finds the header among a table's first rows by the columns the layout requires. */
export function findHeader(layout: Layout, rows: readonly (readonly string[])[]): Header | Refusal {
  const columnOf = columnFinder(layout)
  let nearest: readonly Column[] = []
  for (const [row, cells] of rows.slice(0, HEADER_SEARCH_ROWS).entries()) {
    const long = cells.findIndex(isTooLong)
    if (long !== -1) return { code: 'HEADER_TOO_LONG', path: '/header', detail: placeOf(row, [long]) }
    const columns = cells.map(columnOf)
    const missing = layout.columns.filter((column) => column.required && !columns.includes(column))
    if (missing.length > 0) {
      if (missing.length < nearest.length || row === 0) nearest = missing
      continue
    }
    // Titles above it are dropped whatever they say; where there is none, what it says is a record's
    const personal = cells.findIndex(holdsPersonalData)
    if (personal !== -1)
      return { code: 'HEADER_PERSONAL_DATA', path: '/header', detail: placeOf(row, [personal]) }
    const known = columns.filter((column) => column !== undefined && isKept(column))
    const twice = known.find((column, index) => known.indexOf(column) !== index)
    if (twice !== undefined) {
      const places = [columns.indexOf(twice), columns.lastIndexOf(twice)]
      return { code: 'HEADER_AMBIGUOUS', path: `/header/${twice.code}`, detail: placeOf(row, places) }
    }
    return (
      otherLayoutFault(layout, cells) ?? {
        row,
        columns,
        cells: cells.map((cell) => cell.replace('\ufeff', '')),
      }
    )
  }
  const detail = [describeMissing(nearest, rows), describeDetected('header', detectLayouts(rows))]
    .filter(Boolean)
    .join(' ')
  return { code: 'HEADER_NOT_FOUND', path: '/header', detail }
}

/** What is wrong with records whose members are another layout's: of its own, each lacks some as its own fault. */
export function findOtherMembers(layout: Layout, records: readonly unknown[]): Refusal | undefined {
  const names = memberNames(records)
  const others = detectLayouts([names])
  const [other] = others
  if (other === undefined || others.includes(layout)) return undefined
  const own = countColumns(layout, names)
  const isOwnType = others.some(({ recordType }) => recordType === layout.recordType)
  if ((own > 0 && isOwnType) || countColumns(other, names) < own + CLEARLY_MORE) return undefined
  const detail = describeDetected('members', others)
  return { code: isOwnType ? 'HEADER_NOT_FOUND' : 'LAYOUT_DISAGREES', path: '/records', detail }
}

/** What is wrong with a file's first records where this layout knows none of their members. */
export function findNoMembers(layout: Layout, records: readonly unknown[]): Refusal | undefined {
  const names = memberNames(records)
  if (names.length === 0 || countColumns(layout, names) > 0) return undefined
  const required = layout.columns.filter((column) => column.required)
  const detail = `The first records lack ${describeColumns(required)}.`
  return { code: 'HEADER_NOT_FOUND', path: '/records', detail }
}

// A layout that asks for a name alone takes most files, and would keep of a list of penalties the names
function otherLayoutFault(layout: Layout, cells: readonly string[]): Refusal | undefined {
  const others = detectLayouts([cells])
  const [other] = others
  if (other === undefined || others.some(({ recordType }) => recordType === layout.recordType))
    return undefined
  const more = asksForTheSame(layout, other) ? 1 : CLEARLY_MORE
  if (countKnown(other, cells) < countKnown(layout, cells) + more) return undefined
  return { code: 'LAYOUT_DISAGREES', path: '/header', detail: describeDetected('header', others) }
}

// One column more may be an office's own; but of two kinds of lists one word tells (列入严重违法失信名单原因)
const CLEARLY_MORE = 2

function asksForTheSame(...both: readonly [Layout, Layout]): boolean {
  const [left, right] = both.map(({ columns }) => columns.filter(({ required }) => required))
  return left?.map(({ code }) => code).join() === right?.map(({ code }) => code).join()
}

function describeDetected(what: 'header' | 'members', detected: readonly Layout[]): string {
  const names = detected.map(({ name }) => name).join(', ')
  if (names === '') return ''
  return what === 'header' ? `The header fits ${names}.` : `The members of the first records fit ${names}.`
}

// As people count, from 1
function placeOf(row: number, cells: readonly number[]): string {
  const numbers = cells.map((cell) => cell + 1)
  return `It stands in row ${row + 1}, blank rows left out, column ${numbers.join(' and ')}.`
}

// No cell is quoted: what stands where a header is looked for may be anything
function describeMissing(missing: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lacks = `The row that comes nearest lacks ${describeColumns(missing)}.`
  const [divider] = DIVIDERS.filter(({ mark }) => rows.slice(0, HEADER_SEARCH_ROWS).some(isDividedBy(mark)))
  return divider === undefined
    ? lacks
    : `${lacks} Cells are divided by commas; here they seem to be by ${divider.name}.`
}

function describeColumns(columns: readonly Column[]): string {
  const names = columns.map(({ code, headers: [header] }) =>
    header === undefined ? code : `${code} (${header})`,
  )
  return names.join(', ')
}

const DIVIDERS = [
  { mark: ';', name: 'semicolons' },
  { mark: '\t', name: 'tabs' },
  { mark: '，', name: 'full-width commas' },
] as const

function isDividedBy(mark: string): (cells: readonly string[]) => boolean {
  return (cells) => cells.length === 1 && (cells[0]?.split(mark).length ?? 0) > 2
}

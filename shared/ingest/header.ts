import { findPersonalData } from '../identity/personal-data.ts'
import { foldBrackets } from './cell.ts'
import { limits } from './formats/limits.ts'
import { type Column, isKept, type Layout } from './layouts/layout.ts'
import { layouts } from './layouts/registry.ts'
import type { Refusal } from './refusal.ts'

/** Rows searched for the header: titles and 表格说明 stand above it in real files. */
export const HEADER_SEARCH_ROWS = 10

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
    const personal = cells.findIndex(holdsPersonalData)
    if (personal !== -1)
      return { code: 'HEADER_PERSONAL_DATA', path: '/header', detail: placeOf(row, [personal]) }
    const columns = cells.map(columnOf)
    const missing = layout.columns.filter((column) => column.required && !columns.includes(column))
    if (missing.length > 0) {
      if (missing.length < nearest.length || row === 0) nearest = missing
      continue
    }
    const known = columns.filter((column) => column !== undefined && !isDropped(column))
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

/** The names of all members that the first records have. */
export function memberNames(records: readonly unknown[]): readonly string[] {
  const objects = records
    .slice(0, HEADER_SEARCH_ROWS)
    .filter((each) => typeof each === 'object' && each !== null && !Array.isArray(each))
  return [...new Set(objects.flatMap((each) => Object.keys(each as object)))].filter(
    (name) => name !== REFUSED_BEFORE,
  )
}

/** The one member of what stands for a record that its sender refused before it left (outgoing.ts). */
export const REFUSED_BEFORE = '@refused'

/** The layouts that a table is in, as far as its header tells: all that they require is there, and they know most of it. */
export function detectLayouts(rows: readonly (readonly string[])[]): readonly Layout[] {
  let [found, most]: [Layout[], number] = [[], 0]
  for (const cells of rows.slice(0, HEADER_SEARCH_ROWS)) {
    for (const layout of layouts) {
      const known = countKnown(layout, cells) + countOwn(layout, cells) / WIDEST
      if (known >= 1 && known > most) [found, most] = [[], known]
      if (known === most && known >= 1) found.push(layout)
    }
  }
  return found
}

/** How many columns that are kept a layout knows in a header; 0 where it lacks one that is required. */
function countKnown(layout: Layout, cells: readonly string[]): number {
  const known = knownColumns(layout, cells)
  const isComplete = layout.columns.every((column) => !column.required || known.has(column))
  const kept = [...known].filter(isKept)
  return isComplete && kept.some(isTelling) ? kept.length : 0
}

function countColumns(layout: Layout, names: readonly string[]): number {
  return [...knownColumns(layout, names)].filter(isKept).length
}

function knownColumns(layout: Layout, names: readonly string[]): ReadonlySet<Column> {
  const columns = names.slice(0, WIDEST).map(columnFinder(layout))
  return new Set(columns.filter((column) => column !== undefined))
}

// Lists of every kind name organisations, and what they say of them nobody knows here
function isTelling({ fact, required }: Column): boolean {
  return fact !== undefined && !(required && /^(?:name|subjectName)$/.test(fact))
}

/** How many headers are spelt as the layout itself has them: of two standards' files with the same columns it tells which. */
function countOwn({ columns }: Layout, cells: readonly string[]): number {
  const own = new Set(columns.flatMap(({ code, headers: [first = code] }) => [code, first]).map(foldHeader))
  return cells.slice(0, WIDEST - 1).filter((cell) => own.has(foldHeader(cell))).length
}

// No layout has half as many columns, and a row may have thousands
const WIDEST = 256

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

/** Whether a column's cells are kept nowhere, so that two of them don't contend. */
export function isDropped(column: Column): boolean {
  return column.kind === 'transport' || column.kind === 'person'
}

/** Tells which column of the layout a header means; remembers each spelling it has seen. */
export function columnFinder(layout: Layout): (header: string) => Column | undefined {
  const bySpelling = new Map<string, Column>()
  for (const column of layout.columns) {
    for (const header of [column.code, ...column.headers]) bySpelling.set(foldHeader(header), column)
  }
  const seen = new Map<string, Column | undefined>()
  return (header) => {
    if (seen.has(header)) return seen.get(header)
    const column = bySpelling.get(foldHeader(header))
    if (seen.size < 1_000 && header.length < 1_000) seen.set(header, column)
    return column
  }
}

/** Whether a cell, or a name, is longer than anything here is made for; what is done to each is done to all of it. */
export function isTooLong(text: string): boolean {
  return text.length > limits.cellUnits
}

/** A header is no place for a person. */
export function holdsPersonalData(header: string): boolean {
  return findPersonalData(header) !== undefined
}

// Real headers come with full-width digits and brackets, line breaks, a mark or word for mandatory fields, a colon at the
// end, 代码-1 for 代码_1; and interfaces write the standard's codes without underscores (cfXdrMc)
function foldHeader(header: string): string {
  return foldBrackets(header)
    .replace(/\((?:必填|选填)项?\)/g, '')
    .replace(/[\s*_:\-\u200b\ufeff]/g, '')
    .toUpperCase()
}

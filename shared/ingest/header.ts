import { findPersonalData } from '../identity/personal-data.ts'
import { foldBrackets } from './cell.ts'
import { limits } from './formats/limits.ts'
import type { Column, Layout } from './layouts/layout.ts'
import type { Refusal } from './refusal.ts'

/** Rows searched for the header: titles and 表格说明 stand above it in real files. */
export const HEADER_SEARCH_ROWS = 10

export type Header = {
  /** Where in the file the header stands, from 0; records begin below it. */
  readonly row: number
  /** The column each cell belongs to; undefined where the layout knows none, and the cell is dropped. */
  readonly columns: readonly (Column | undefined)[]
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
    return { row, columns }
  }
  return { code: 'HEADER_NOT_FOUND', path: '/header', detail: describeMissing(nearest, rows) }
}

// As people count, from 1
function placeOf(row: number, cells: readonly number[]): string {
  const numbers = cells.map((cell) => cell + 1)
  return `It stands in row ${row + 1}, blank rows left out, column ${numbers.join(' and ')}.`
}

// No cell is quoted: what stands where a header is looked for may be anything
function describeMissing(missing: readonly Column[], rows: readonly (readonly string[])[]): string {
  const names = missing.map(({ code, headers: [header] }) =>
    header === undefined ? code : `${code} (${header})`,
  )
  const lacks = `The row that comes nearest lacks ${names.join(', ')}.`
  const [divider] = DIVIDERS.filter(({ mark }) => rows.slice(0, HEADER_SEARCH_ROWS).some(isDividedBy(mark)))
  return divider === undefined
    ? lacks
    : `${lacks} Cells are divided by commas; here they seem to be by ${divider.name}.`
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

// Real headers come with full-width digits, underscores and brackets, line breaks, a mark for mandatory fields
function foldHeader(header: string): string {
  return foldBrackets(header)
    .replace(/[\s*\u200b\ufeff]/g, '')
    .toUpperCase()
}

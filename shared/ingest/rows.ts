import Papa from 'papaparse'
import { z } from 'zod'
import { columnFinder, findHeader, holdsPersonalData, isDropped } from './header.ts'
import type { Column, Layout } from './layouts/layout.ts'
import { type Refusal, type RefusalCode, refusalCodes } from './refusal.ts'

/** One record as it came: the cells of the columns the layout knows, and nothing else. */
export type Row =
  | { readonly cells: ReadonlyMap<Column, string> }
  | { readonly fault: RefusalCode; readonly path: string }

/** The rows of an input, or why the whole of it can't be read. */
export type Rows = { readonly rows: Iterable<Row> } | { readonly refusal: Refusal }

export const fileFormats = ['csv', 'ndjson'] as const
export type FileFormat = (typeof fileFormats)[number]

export function readFile(layout: Layout, format: FileFormat, bytes: Uint8Array): Rows {
  const text = decodeUtf8(bytes)
  if (text === undefined) return { refusal: { code: 'ENCODING_INVALID', path: '' } }
  return format === 'csv' ? readCsv(layout, text) : { rows: ndjsonRows(layout, text) }
}

export function readRecords(layout: Layout, records: readonly unknown[]): Rows {
  return { rows: objectRows(layout, records) }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // The decoder throws for one reason alone, and what it throws carries the input
    return undefined
  }
}

function readCsv(layout: Layout, text: string): Rows {
  // The parser takes the first line's end for that of all, and would read a file of both kinds as one row
  const lines = text.replaceAll('\r\n', '\n')
  const { data, errors } = Papa.parse<string[]>(lines, { skipEmptyLines: 'greedy', delimiter: ',' })
  const broken = errors.find((error) => error.type === 'Quotes')
  if (broken !== undefined) return { refusal: { code: 'CSV_MALFORMED', path: `/rows/${broken.row ?? 0}` } }
  if (data.length === 0) return { refusal: { code: 'SUBMISSION_EMPTY', path: '' } }
  const header = findHeader(layout, data)
  if ('code' in header) return { refusal: header }
  return { rows: tableRows(header.columns, data.slice(header.row + 1)) }
}

function* tableRows(
  columns: readonly (Column | undefined)[],
  table: Iterable<readonly string[]>,
): Iterable<Row> {
  for (const line of table) {
    const cells = new Map<Column, string>()
    for (const [index, column] of columns.entries()) {
      const cell = line[index]
      if (column !== undefined && cell !== undefined) cells.set(column, cell)
    }
    const spills = line.slice(columns.length).some((cell) => cell.trim() !== '')
    yield spills ? { fault: 'ROW_SHAPE', path: '' } : { cells }
  }
}

function* ndjsonRows(layout: Layout, text: string): Iterable<Row> {
  const toRow = rowReader(layout)
  let start = 0
  while (start < text.length) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(start, end)
    start = end + 1
    if (line.trim() !== '') yield toRow(parseJson(line))
  }
}

function* objectRows(layout: Layout, records: readonly unknown[]): Iterable<Row> {
  const toRow = rowReader(layout)
  for (const record of records) yield toRow(record)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // What JSON.parse throws quotes the input, which may be personal: the caller says ROW_NOT_JSON and no more
    return undefined
  }
}

/** The one member of what stands for a record that its sender refused before it left (outgoing.ts). */
export const REFUSED_BEFORE = '@refused'

const refusedBeforeSchema = z.strictObject({
  [REFUSED_BEFORE]: z.strictObject({ code: z.enum(refusalCodes), path: z.string() }),
})

function rowReader(layout: Layout): (value: unknown) => Row {
  const columnOf = columnFinder(layout)
  const paths = new Set(['', ...layout.columns.map(({ code }) => `/${code}`)])
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { fault: 'ROW_NOT_JSON', path: '' }
    if (REFUSED_BEFORE in value) {
      const before = refusedBeforeSchema.safeParse(value).data?.[REFUSED_BEFORE]
      // A path goes into the receipt: it is one of ours, or none
      if (before !== undefined) return { fault: before.code, path: paths.has(before.path) ? before.path : '' }
    }
    const cells = new Map<Column, string>()
    for (const [name, member] of Object.entries(value)) {
      const column = columnOf(name)
      if (column === undefined) {
        if (holdsPersonalData(name)) return { fault: 'HEADER_PERSONAL_DATA', path: '' }
        continue
      }
      const cell = cellText(member, column)
      if (cell === undefined) return { fault: 'FIELD_NOT_TEXT', path: `/${column.code}` }
      const rival = cells.get(column)
      if (rival !== undefined && rival !== cell && !isDropped(column)) {
        return { fault: 'HEADER_AMBIGUOUS', path: `/${column.code}` }
      }
      cells.set(column, cell)
    }
    return { cells }
  }
}

// What is dropped may be any number: it is read by nobody
function cellText(member: unknown, column: Column): string | undefined {
  if (typeof member === 'string') return member
  if (member === null) return ''
  return typeof member === 'number' && (isExact(member) || isDropped(column)) ? String(member) : undefined
}

// JSON.parse rounds without a word: eighteen digits of a code end otherwise than they were sent, and two long document
// numbers become one. A double keeps whole numbers up to 2^53 and, of the rest, any fifteen digits
function isExact(number: number): boolean {
  if (Number.isInteger(number)) return Number.isSafeInteger(number)
  return Number(number.toPrecision(15)) === number && /^-?\d+\.\d+$/.test(String(number))
}

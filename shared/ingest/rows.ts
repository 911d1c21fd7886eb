import { z } from 'zod'
import { readText } from './cell.ts'
import { columnFinder, holdsPersonalData, isTooLong, REFUSED_BEFORE } from './columns.ts'
import { HEADER_SEARCH_ROWS } from './detect.ts'
import { type Batch, FileRefused, type UnsureCells } from './formats/format.ts'
import { readBatches, type SentFile } from './formats/registry.ts'
import { findHeader, findNoMembers, findOtherMembers, type Header } from './header.ts'
import { type Column, isKept, isUnread, type Layout } from './layouts/layout.ts'
import { type Refusal, type RefusalCode, recordRefusalCodes } from './refusal.ts'

/** One record as it came: the cells of the columns the layout knows, and nothing else. */
export type Row =
  | { readonly cells: ReadonlyMap<Column, string> }
  | { readonly fault: RefusalCode; readonly path: string }

/** The rows of a file, as many at a time as come together. Throws `FileRefused` where the whole of it can't be read. */
export function fileRows(layout: Layout, file: SentFile): AsyncGenerator<readonly Row[]> {
  return readRows(layout, readBatches(file))
}

/** As `fileRows`, of the records of an envelope. */
export function envelopeRows(layout: Layout, records: readonly unknown[]): readonly Row[] {
  refuseFor(findOtherMembers(layout, records))
  return recordRows(layout, records)
}

export function recordRows(layout: Layout, records: readonly unknown[]): readonly Row[] {
  return records.map(rowReader(layout))
}

async function* readRows(layout: Layout, batches: AsyncIterable<Batch>): AsyncGenerator<readonly Row[]> {
  const toRow = rowReader(layout)
  let isBegun = false
  let tableRow: ((cells: readonly string[]) => Row) | undefined
  let above: readonly (readonly string[])[] = []
  let unsure: UnsureCells | undefined
  for await (const batch of batches) {
    if ('records' in batch) {
      if (!isBegun && batch.records.length > 0) {
        refuseFor(findOtherMembers(layout, batch.records) ?? findNoMembers(layout, batch.records))
        isBegun = true
      }
      yield batch.records.map(toRow)
    } else if (tableRow !== undefined) yield batch.rows.map(tableRow)
    else {
      above = above.concat(batch.rows)
      unsure = batch.unsure
      if (above.length < HEADER_SEARCH_ROWS) continue
      const header = requireHeader(layout, above)
      tableRow = tableReader(header, unsure)
      yield above.slice(header.row + 1).map(tableRow)
    }
  }
  if (tableRow !== undefined || above.length === 0) return
  const header = requireHeader(layout, above)
  yield above.slice(header.row + 1).map(tableReader(header, unsure))
}

function requireHeader(layout: Layout, rows: readonly (readonly string[])[]): Header {
  const header = findHeader(layout, rows)
  if ('code' in header) throw new FileRefused(header.code, header.path, header.detail)
  return header
}

function refuseFor(fault: Refusal | undefined): void {
  if (fault !== undefined) throw new FileRefused(fault.code, fault.path, fault.detail)
}

function tableReader(
  { columns, cells: names }: Header,
  unsure?: UnsureCells,
): (cells: readonly string[]) => Row {
  const known = [...columns.entries()].filter((each): each is [number, Column] => each[1] !== undefined)
  return (line) => {
    for (let at = columns.length; at < line.length; at++) {
      if (line[at]?.trim() !== '') return { fault: 'ROW_SHAPE', path: '' }
    }
    if (names.every((name, at) => name === '' || name === line[at]?.replace('\ufeff', '')))
      return { fault: 'ROW_IS_HEADER', path: '' }
    const cells = new Map<Column, string>()
    for (const [at, column] of known) {
      const cell = line[at]
      if (cell === undefined) continue
      if (isTooLong(cell) && !isUnread(column)) return { fault: 'FIELD_TOO_LONG', path: `/${column.code}` }
      if (unsure?.get(line)?.has(at) && !isUnread(column))
        return { fault: 'FIELD_NOT_TEXT', path: `/${column.code}` }
      if (!putCell(cells, column, cell)) return { fault: 'HEADER_AMBIGUOUS', path: `/${column.code}` }
    }
    return { cells }
  }
}

const refusedBeforeSchema = z.strictObject({
  [REFUSED_BEFORE]: z.strictObject({ code: z.enum(recordRefusalCodes), path: z.string() }),
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
      if (isTooLong(name)) return { fault: 'HEADER_TOO_LONG', path: '' }
      const column = columnOf(name)
      if (column === undefined) {
        if (holdsPersonalData(name)) return { fault: 'HEADER_PERSONAL_DATA', path: '' }
        continue
      }
      const cell = cellText(member, column)
      if (cell === undefined) return { fault: 'FIELD_NOT_TEXT', path: `/${column.code}` }
      if (isTooLong(cell) && !isUnread(column)) return { fault: 'FIELD_TOO_LONG', path: `/${column.code}` }
      if (!putCell(cells, column, cell)) return { fault: 'HEADER_AMBIGUOUS', path: `/${column.code}` }
    }
    return { cells }
  }
}

/** False where two columns of one meaning say two things. Of those that are only looked at, one may say nothing. */
function putCell(cells: Map<Column, string>, column: Column, cell: string): boolean {
  const rival = cells.get(column)
  const isRead = !isKept(column) && !isUnread(column)
  if (isRead && rival !== undefined && readText(cell) === undefined) return true
  const isOne = rival === undefined || rival === cell || (isRead && readText(rival) === undefined)
  cells.set(column, cell)
  return isOne || isUnread(column)
}

// What is dropped may be any number: it is read by nobody
function cellText(member: unknown, column: Column): string | undefined {
  if (typeof member === 'string') return member
  if (member === null) return ''
  return typeof member === 'number' && (isExact(member) || isUnread(column)) ? String(member) : undefined
}

// JSON.parse rounds without a word: eighteen digits of a code end otherwise than they were sent, and two long document
// numbers become one. A double keeps whole numbers up to 2^53 and, of the rest, any fifteen digits
function isExact(number: number): boolean {
  if (Number.isInteger(number)) return Number.isSafeInteger(number)
  return Number(number.toPrecision(15)) === number && /^-?\d+\.\d+$/.test(String(number))
}

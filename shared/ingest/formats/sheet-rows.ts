import { type Batch, cellPath, countRow, FileRefused, isBlank } from './format.ts'
import { limits } from './limits.ts'
import type { ShownNumber } from './shown-number.ts'

/** A row of a sheet, counted from 0, and those of its cells in which something stands. */
export type SheetRow = {
  readonly at: number
  readonly cells: (readonly [column: number, cell: ShownNumber])[]
}

/** An area of several rows that is merged: only its first cell has a value. */
export type Merge = {
  readonly from: { readonly row: number; readonly column: number }
  readonly lastRow: number
  readonly lastColumn: number
}

type Sheet = AsyncIterable<{ readonly rows: readonly SheetRow[]; readonly merges: readonly Merge[] }>

/** Excel's own limit. */
export const SHEET_ROWS = 1_048_576

const BATCH_ROWS = 1_000

/** The rows of a sheet as a table's; titles may be merged over what is empty, records not. */
export async function* readRows(sheet: Sheet): AsyncGenerator<Batch> {
  const filled: Filled = { rows: new Uint8Array(SHEET_ROWS), columns: new Uint32Array(limits.columns) }
  const unsure = new Map<readonly string[], ReadonlySet<number>>()
  let rows: (readonly string[])[] = []
  // As CSV it would have a comma for each
  let commas = 0
  for await (const part of sheet) {
    for (const row of part.rows) {
      const width = 1 + (row.cells.at(-1)?.[0] ?? -1)
      commas += width
      if (commas > limits.workbookExpandedBytes)
        throw new FileRefused('FILE_EXPANDS_TOO_FAR', cellPath(row.at, width - 1))
      const texts = toTexts(row, width)
      countRow({ row: row.at }, texts)
      if (isBlank(texts)) continue
      filled.rows[row.at] = 1
      for (const [column] of row.cells) filled.columns[column] = (filled.columns[column] ?? 0) + 1
      const doubtful = row.cells.filter(([, { isSure }]) => !isSure).map(([column]) => column)
      if (doubtful.length > 0) unsure.set(texts, new Set(doubtful))
      rows.push(texts)
      if (rows.length < BATCH_ROWS && rows.length * width < BATCH_CELLS) continue
      yield { rows, unsure }
      rows = []
    }
    checkMerges(part.merges, filled)
  }
  yield { rows, unsure }
}

const BATCH_CELLS = 262_144

function toTexts({ cells }: SheetRow, width: number): readonly string[] {
  const texts = Array<string>(width).fill('')
  for (const [column, { text }] of cells) texts[column] = text
  return texts
}

/** Rows in which something stands, and how many such cells each column has. */
type Filled = { readonly rows: Uint8Array; readonly columns: Uint32Array }

// Of three rows that share a name, two would have none; nor does anybody know whether each has all of a shared amount
function checkMerges(merges: readonly Merge[], { rows, columns }: Filled): void {
  if (merges.length === 0) return
  const [inRows, inColumns] = [sums(rows), sums(columns)]
  // In columns that have nothing else, not even a heading, it is a note beside the table, or empty
  const wrong = merges.find(
    ({ from, lastRow, lastColumn }) =>
      inRows(from.row + 1, lastRow) > 0 && inColumns(from.column, lastColumn) > 1,
  )
  if (wrong !== undefined) throw new FileRefused('MERGED_CELLS', cellPath(wrong.from.row, wrong.from.column))
}

/** The sum from one place to another, both among them; a workbook may have tens of thousands of areas. */
function sums(counts: Uint8Array | Uint32Array): (first: number, last: number) => number {
  const before = new Float64Array(counts.length + 1)
  for (const [at, count] of counts.entries()) before[at + 1] = (before[at] ?? 0) + count
  const sumTo = (end: number) => before[Math.min(end, counts.length)] ?? 0
  return (first, last) => sumTo(last + 1) - sumTo(first)
}

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
}

type Sheet = AsyncIterable<{ readonly rows: readonly SheetRow[]; readonly merges: readonly Merge[] }>

/** Excel's own limit. */
export const SHEET_ROWS = 1_048_576

const BATCH_ROWS = 1_000

/** The rows of a sheet as a table's; titles may be merged over what is empty, records not. */
export async function* readRows(sheet: Sheet): AsyncGenerator<Batch> {
  const filled = new Uint8Array(SHEET_ROWS)
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
      filled[row.at] = 1
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

// Of three rows that share a name, two would have none; nor does anybody know whether each has all of a shared amount
function checkMerges(merges: readonly Merge[], filled: Uint8Array): void {
  if (merges.length === 0) return
  const before = new Uint32Array(filled.length + 1)
  for (const [row, isFilled] of filled.entries()) before[row + 1] = (before[row] ?? 0) + isFilled
  const filledTo = (row: number) => before[Math.min(row + 1, filled.length)] ?? 0
  const wrong = merges.find(({ from, lastRow }) => filledTo(lastRow) > filledTo(from.row))
  if (wrong !== undefined) throw new FileRefused('MERGED_CELLS', cellPath(wrong.from.row, wrong.from.column))
}

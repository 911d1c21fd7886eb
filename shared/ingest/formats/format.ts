import type { Refusal, RefusalCode } from '../refusal.ts'
import { limits } from './limits.ts'

export type Bytes = AsyncIterable<Uint8Array>
export type Texts = AsyncIterable<string>

/** What a reader hands on at once: rows of a table's cells, none of them blank, or records that name their members. */
export type Batch =
  | { readonly rows: readonly (readonly string[])[]; readonly unsure?: UnsureCells }
  | { readonly records: readonly unknown[] }

/** Of rows of a table the cells whose number may not be the one that was meant; grows as rows are read. */
export type UnsureCells = ReadonlyMap<readonly string[], ReadonlySet<number>>

/** How many rows a reader has behind it, blank ones and titles among them: where a fault is that ends the reading. */
export type RowCount = { row: number }

type Named = {
  readonly name: string
  /** What the names of its files end in. */
  readonly endings: readonly string[]
  readonly mediaTypes: readonly string[]
}

/** A format of text, in whatever encoding that comes. */
export type TextFormat = Named & {
  /** What a text begins with whose sender does not say what it is. */
  readonly opening: RegExp
  readonly read: (texts: Texts, place: RowCount) => AsyncIterable<Batch>
}

/** A format that is no text; its first bytes tell, whatever the sender says. */
export type BinaryFormat = Named & {
  readonly signatures: readonly (readonly number[])[]
  readonly read: (bytes: Bytes) => AsyncIterable<Batch>
}

/** Ends the reading of a file. Whoever reads one catches it, and makes of it the refusal of the whole. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused'
  /** Its path counts rows of the file and cells of a row from 0; empty where the fault has no place. */
  readonly refusal: Refusal

  constructor(code: RefusalCode, path = '', detail?: string) {
    super(code)
    this.refusal = { code, path, ...(detail !== undefined && { detail }) }
  }
}

/** The path of what is wrong with a file as a whole. */
export const WHOLE_FILE = '/object'

// A workbook's fault that has a cell says so
const OF_THE_WHOLE = /^(FORMAT|WORKBOOK)_/

export function rowPath({ row }: RowCount): string {
  return `/rows/${row}`
}

export function cellPath(row: number, column: number): string {
  return `/rows/${row}/columns/${column}`
}

/** Counts a record of the file that has no columns. */
export function countRecord(place: RowCount): void {
  if (place.row >= limits.rows) throw new FileRefused('FILE_TOO_MANY_ROWS', rowPath(place))
  place.row++
}

/** Counts a row of the file, and refuses it where it passes what is taken. */
export function countRow(place: RowCount, cells: readonly string[]): void {
  if (cells.length > limits.columns)
    throw new FileRefused('FILE_ROW_TOO_WIDE', cellPath(place.row, limits.columns))
  let units = 0
  for (const [column, cell] of cells.entries()) {
    units += cell.length
    if (units > limits.rowUnits) throw new FileRefused('FILE_ROW_TOO_LONG', cellPath(place.row, column))
  }
  countRecord(place)
}

/** Whether a table's row says nothing: it is no record, and stands for no header. */
export function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '')
}

/** Gives what is refused without a place the row that its reader had come to, or the file. */
export async function* placed(place: RowCount, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  try {
    yield* batches
  } catch (fault) {
    if (!(fault instanceof FileRefused) || fault.refusal.path !== '') throw fault
    const { code } = fault.refusal
    throw new FileRefused(code, OF_THE_WHOLE.test(code) ? WHOLE_FILE : rowPath(place))
  }
}

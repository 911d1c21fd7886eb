import { runInNewContext } from 'node:vm'
import type { CellObject, WorkBook, WorkSheet } from '@e965/xlsx'
import { type Batch, cellPath, FileRefused } from './format.ts'
import { limits } from './limits.ts'
import { type Merge, readRows, SHEET_ROWS, type SheetRow } from './sheet-rows.ts'
import { numberShower, type ShowNumber, type ShownNumber } from './shown-number.ts'
import { openWorkTime, type Spend, workTimeMs } from './work-time.ts'

/** SheetJS: a megabyte that most submissions do without. */
type Excel = typeof import('@e965/xlsx')

/** Reads a workbook of Excel 97 to 2003, which nothing but the whole of it can be made of. */
export async function* readXls(excel: Excel, body: Buffer): AsyncGenerator<Batch> {
  const book = guarded(body.length, () => {
    checkCompoundFile(excel, body)
    return excel.read(body, READING)
  })
  const date1904 = book.Workbook?.WBProps?.date1904 === true
  const sheet = findSheet(book)
  if (sheet === undefined) return
  const spend = openWorkTime(body.length)
  yield* readRows(sheetParts(sheet, numberShower(excel.SSF, date1904), spend))
}

// Formats of numbers tell dates; cells without a value may have a formula
const READING = {
  ...({ type: 'buffer', dense: true, cellNF: true, sheetStubs: true } as const),
  ...{ cellFormula: true, cellText: false, cellHTML: false },
}

function checkCompoundFile({ CFB }: Excel, body: Buffer): void {
  const paths: readonly string[] = CFB.read(body, { type: 'buffer' }).FullPaths
  if (paths.some((path) => /\/Encrypt(edPackage|ionInfo)$/i.test(path)))
    throw new FileRefused('WORKBOOK_ENCRYPTED')
  if (paths.some((path) => /_VBA_PROJECT/i.test(path))) throw new FileRefused('WORKBOOK_MACROS')
  // Excel 95 and before: their text is in a code page, which would come out as other characters
  if (!paths.some((path) => /\/Workbook$/i.test(path))) throw new FileRefused('FORMAT_UNKNOWN')
}

/** Whatever a workbook does to the library, it ends within the time there is, and without a word of the content. */
function guarded<T>(sizeBytes: number, work: () => T): T {
  const timeout = workTimeMs(sizeBytes)
  const print = console.error
  // It prints names that it cannot make sense of
  console.error = () => undefined
  try {
    return runInNewContext('work()', { work }, { timeout }) as T
  } catch (fault) {
    if (fault instanceof FileRefused) throw fault
    const { code, message } = fault as { readonly code?: string; readonly message?: string }
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new FileRefused('WORKBOOK_TOO_LARGE')
    throw new FileRefused(
      /password|encrypt/i.test(message ?? '') ? 'WORKBOOK_ENCRYPTED' : 'WORKBOOK_MALFORMED',
    )
  } finally {
    console.error = print
  }
}

type Cells = readonly (readonly [row: number, cells: readonly (CellObject | undefined)[]])[]
type FoundSheet = { readonly cells: Cells; readonly merges: readonly Merge[] }

/** Rows that have cells, of the one sheet that a reader sees. */
function findSheet({ SheetNames, Sheets, Workbook }: WorkBook): FoundSheet | undefined {
  if (new Set(SheetNames).size !== SheetNames.length) throw new FileRefused('WORKBOOK_MALFORMED')
  const found: FoundSheet[] = []
  for (const name of SheetNames) {
    const sheet = Sheets[name]
    // The library leaves out a sheet that it cannot read
    if (sheet === undefined) throw new FileRefused('WORKBOOK_MALFORMED')
    // A type that the library's declarations leave out
    if (String(sheet['!type']) === 'macro') throw new FileRefused('WORKBOOK_MACROS')
    const cells = listRows(sheet['!data'] ?? [])
    // Templates keep the values of their drop-down lists on hidden sheets
    const isHidden = Workbook?.Sheets?.find((each) => each.name === name)?.Hidden
    if (!isHidden && cells.length > 0) found.push({ cells, merges: listMerges(sheet) })
  }
  if (found.length > 1) throw new FileRefused('WORKBOOK_SHEETS')
  return found[0]
}

function listMerges(sheet: WorkSheet): readonly Merge[] {
  const areas = sheet['!merges'] ?? []
  return areas
    .filter(({ s, e }) => e.r > s.r)
    .map(({ s, e }) => ({ from: { row: s.r, column: s.c }, lastRow: e.r, lastColumn: e.c }))
}

// Arrays with holes, as far apart as the cells are
function listRows(data: readonly (readonly (CellObject | undefined)[] | undefined)[]): Cells {
  const rows: [number, readonly (CellObject | undefined)[]][] = []
  for (const at of Object.keys(data).map(Number)) {
    if (!(at >= 0 && at < SHEET_ROWS)) throw new FileRefused('WORKBOOK_MALFORMED')
    const row = data[at] ?? []
    if (row.length > limits.columns) throw new FileRefused('FILE_ROW_TOO_WIDE', cellPath(at, limits.columns))
    if (row.some((cell) => cell !== undefined && (cell.t !== 'z' || hasFormula(cell)))) rows.push([at, row])
  }
  return rows
}

function hasFormula({ f, F }: CellObject): boolean {
  return f !== undefined || F !== undefined
}

async function* sheetParts({ cells, merges }: FoundSheet, show: ShowNumber, spend: Spend) {
  for (const [at, row] of cells) yield { rows: [spend(() => toSheetRow(at, row, show))], merges: [] }
  yield { rows: [], merges }
}

function toSheetRow(at: number, row: Cells[number][1], show: ShowNumber): SheetRow {
  const cells: [number, ShownNumber][] = []
  for (const [column, cell] of row.entries()) {
    const shown = cell === undefined ? BLANK : showCell(cell, cellPath(at, column), show)
    if (shown.text !== '') cells.push([column, shown])
  }
  return { at, cells }
}

const BLANK: ShownNumber = { text: '', isSure: true }

function showCell(cell: CellObject, path: string, show: ShowNumber): ShownNumber {
  if (hasFormula(cell)) throw new FileRefused('FORMULA_CELL', path)
  switch (cell.t) {
    case 's':
      return { text: String(cell.v ?? ''), isSure: true }
    case 'n':
      return show(Number(cell.v), String(cell.z))
    case 'b':
      return { text: cell.v === true ? 'TRUE' : 'FALSE', isSure: true }
    case 'z':
      return BLANK
    default:
      throw new FileRefused('CELL_ERROR', path)
  }
}

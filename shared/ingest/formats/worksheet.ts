import type { RefusalCode } from '../refusal.ts'
import { cellPath, FileRefused, rowPath } from './format.ts'
import { limits } from './limits.ts'
import { checkCount, readPartXml, type XmlElement, type XmlPart } from './package-xml.ts'
import { readEscapes } from './shared-strings.ts'
import { type Merge, SHEET_ROWS, type SheetRow } from './sheet-rows.ts'
import type { ShownNumber } from './shown-number.ts'

/** What the cells of a sheet refer to. */
export type SheetContext = {
  readonly strings: readonly string[]
  /** A number in the style of this index; undefined where there is none. */
  readonly show: (value: number, style: number) => ShownNumber | undefined
}

type OpenCell = {
  readonly column: number
  readonly type: string
  readonly style: number
  value: string | undefined
  inline: string | undefined
}

type Sheet = SheetContext & {
  rows: SheetRow[]
  row: SheetRow
  cell: OpenCell
  readonly merges: Merge[]
  hasData: boolean
}

/**
 * The rows of a sheet that have cells, and at its end the areas that are merged. What stands where no writer puts it is
 * refused: a cell or a row twice, a cell in another's row or beyond the last column, what is no cell among cells.
 */
export async function* readSheet(
  part: XmlPart,
  context: SheetContext,
): AsyncGenerator<{ readonly rows: readonly SheetRow[]; readonly merges: readonly Merge[] }> {
  const sheet: Sheet = {
    ...context,
    rows: [],
    row: newRow(-1),
    cell: newCell(-1),
    merges: [],
    hasData: false,
  }
  const reading = readPartXml(part, {
    open: (element, path) => open(sheet, element, path),
    close: (name, path, text) => close(sheet, { name, path, text }),
    faultPath: () => cellPath(Math.max(0, sheet.row.at), Math.max(0, sheet.cell.column)),
  })
  for await (const _ of reading) {
    yield { rows: sheet.rows, merges: [] }
    sheet.rows = []
  }
  yield { rows: sheet.rows, merges: sheet.merges }
}

function newRow(at: number): SheetRow {
  return { at, cells: [] }
}

function newCell(column: number, type = 'n', style = 0): OpenCell {
  return { column, type, style, value: undefined, inline: undefined }
}

/** Levels: the worksheet, its data, the rows, their cells, what is in these. */
const [DATA, ROW, CELL, VALUE] = [2, 3, 4, 5]

function open(sheet: Sheet, { name, attributes }: XmlElement, path: readonly string[]): void {
  if (path.length === 1 && name !== 'worksheet') malformed(sheet)
  if (name === 'mergeCell' && path[1] === 'mergeCells') takeMerge(sheet, attributes.get('ref') ?? '')
  if (name === 'sheetData' && path.length === DATA) {
    if (sheet.hasData) malformed(sheet)
    sheet.hasData = true
  }
  if (path[1] !== 'sheetData' || path.length <= DATA || name === 'extLst' || path.includes('extLst')) return
  if (path.length === ROW) openRow(sheet, name, attributes.get('r'))
  if (path.length === CELL) openCell(sheet, name, attributes)
  if (path.length === VALUE) {
    if (name === 'f') refuse(sheet, 'FORMULA_CELL')
    if (name !== 'v' && name !== 'is') malformed(sheet)
    if (name === 'is') sheet.cell.inline ??= ''
  }
  if (path.length > VALUE && path[VALUE - 1] === 'v') malformed(sheet)
}

function openRow(sheet: Sheet, name: string, stated: string | undefined): void {
  const at = stated === undefined ? sheet.row.at + 1 : rowAt(stated)
  if (name !== 'row' || at === undefined || at <= sheet.row.at || at >= SHEET_ROWS)
    throw new FileRefused('WORKBOOK_MALFORMED', rowPath({ row: at ?? sheet.row.at + 1 }))
  sheet.row = newRow(at)
  sheet.cell = newCell(-1)
}

function openCell(sheet: Sheet, name: string, attributes: XmlElement['attributes']): void {
  const { at } = sheet.row
  const stated = attributes.get('r')
  const place = stated === undefined ? { row: at, column: sheet.cell.column + 1 } : parsePlace(stated)
  if (place !== undefined && place.column >= limits.columns)
    throw new FileRefused('FILE_ROW_TOO_WIDE', cellPath(at, limits.columns))
  const isNext = place !== undefined && place.row === at && place.column > sheet.cell.column
  if (name !== 'c' || !isNext) throw malformed(sheet)
  sheet.cell = newCell(place.column, attributes.get('t'), Number(attributes.get('s') ?? 0))
}

function rowAt(number: string): number | undefined {
  return /^[1-9]\d{0,6}$/.test(number) ? Number(number) - 1 : undefined
}

/** Reads `C17`, from 0; a column of more letters than Excel has is beyond the last. */
function parsePlace(place: string): { readonly row: number; readonly column: number } | undefined {
  const [, letters = '', number = ''] = /^([A-Z]{1,64})(\d+)$/.exec(place) ?? []
  const row = rowAt(number)
  if (row === undefined) return undefined
  let column = 0
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64
  return { row, column: column - 1 }
}

function takeMerge(sheet: Sheet, area: string): void {
  const [from, to] = area.split(':').map(parsePlace)
  if (from === undefined) throw malformed(sheet)
  if (to !== undefined && to.row > from.row)
    checkCount(sheet.merges.push({ from, lastRow: to.row, lastColumn: to.column }), limits.workbookMerges)
}

type Closing = { readonly name: string; readonly path: readonly string[]; readonly text: string }

function close(sheet: Sheet, { name, path, text }: Closing): void {
  if (path[1] !== 'sheetData' || path.length < ROW || path.includes('extLst')) return
  const { cell, row } = sheet
  if (path.length === ROW && row.cells.length > 0) sheet.rows.push(row)
  if (path.length === CELL) {
    const shown = cellText(sheet, cell)
    if (shown.text !== '') row.cells.push([cell.column, shown])
  }
  if (path.length === VALUE && name === 'v') {
    if (cell.value !== undefined) malformed(sheet)
    cell.value = text
  }
  // Runs of text, or one; not how they are pronounced
  if (name === 't' && !path.includes('rPh')) cell.inline = (cell.inline ?? '') + text
}

function cellText(sheet: Sheet, { type, style, value = '', inline }: OpenCell): ShownNumber {
  if (inline !== undefined) {
    if (value !== '') malformed(sheet)
    return sure(readEscapes(inline))
  }
  if (value === '') return sure('')
  switch (type) {
    case 's':
      return sure(sheet.strings[/^\d+$/.test(value) ? Number(value) : -1] ?? malformed(sheet))
    case 'str':
    case 'd':
      return sure(readEscapes(value))
    case 'n':
      return sheet.show(isNumber(value) ? Number(value) : malformed(sheet), style) ?? malformed(sheet)
    case 'b':
      return sure(TRUTH.get(value) ?? malformed(sheet))
    case 'e':
      return refuse(sheet, 'CELL_ERROR')
    default:
      return malformed(sheet)
  }
}

function sure(text: string): ShownNumber {
  return { text, isSure: true }
}

function isNumber(value: string): boolean {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d+)?\s*$/i.test(value) && Number.isFinite(Number(value))
}

const TRUTH: ReadonlyMap<string, string> = new Map([
  ['1', 'TRUE'],
  ['true', 'TRUE'],
  ['0', 'FALSE'],
  ['false', 'FALSE'],
])

function malformed(sheet: Sheet): never {
  return refuse(sheet, 'WORKBOOK_MALFORMED')
}

function refuse({ row, cell }: Sheet, code: RefusalCode): never {
  throw new FileRefused(code, cellPath(Math.max(0, row.at), Math.max(0, cell.column)))
}

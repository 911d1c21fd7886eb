import { runInNewContext } from 'node:vm'
import type { CellObject, WorkBook } from '@e965/xlsx'
import { startsWith } from './encoding.ts'
import {
  type Batch,
  type BinaryFormat,
  type Bytes,
  cellPath,
  countRow,
  FileRefused,
  isBlank,
  type Place,
} from './format.ts'
import { limits } from './limits.ts'
import { type Part, readZip } from './zip.ts'

const ZIP = [0x50, 0x4b, 0x03, 0x04]
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]

/**
 * A workbook of Excel 97 or later (.xls, .xlsx): the one visible sheet that has cells. It is held whole, so its size
 * has a limit of its own. Nothing is computed, and a formula's last result is nobody's statement.
 */
export const workbook = {
  name: 'workbook',
  endings: ['xlsx', 'xls'],
  mediaTypes: [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.ms-excel',
  ],
  signatures: [ZIP, COMPOUND_FILE],
  read: readWorkbook,
} as const satisfies BinaryFormat

/** SheetJS: a megabyte that most submissions do without. */
type Excel = typeof import('@e965/xlsx')

async function* readWorkbook(bytes: Bytes, place: Place): AsyncGenerator<Batch> {
  const body = await readWhole(bytes)
  const excel = await import('@e965/xlsx')
  const packed = startsWith(body, ZIP) ? await repack(excel, body) : body
  const parsed = guarded(packed.length, () => {
    if (packed === body) checkCompoundFile(excel, body)
    return excel.read(packed, READING)
  })
  const cells = findCells(parsed)
  const date1904 = parsed.Workbook?.WBProps?.date1904 === true
  let rows: (readonly string[])[] = []
  for (const [at, row] of cells) {
    place.row = at
    const texts = Array.from(row, (cell, column) =>
      cellText(excel.SSF, cell, { date1904, path: cellPath(at, column) }),
    )
    countRow(place, texts)
    if (!isBlank(texts)) rows.push(texts)
    if (rows.length < BATCH_ROWS) continue
    yield { rows }
    rows = []
  }
  yield { rows }
}

const BATCH_ROWS = 1_000

// Formats of numbers tell dates; cells without a value may have a formula
const READING = {
  ...({ type: 'buffer', dense: true, cellNF: true, sheetStubs: true } as const),
  ...{ cellFormula: true, cellText: false, cellHTML: false },
}

async function readWhole(bytes: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of bytes) {
    sizeBytes += chunk.length
    if (sizeBytes > limits.workbookBytes) throw new FileRefused('WORKBOOK_TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The parts that tables are in, expanded under our own limits and put together again as they are. */
async function repack({ CFB }: Excel, body: Buffer): Promise<Buffer> {
  const { names, parts } = await readZip(body, (name) => /\.(xml|rels)$/i.test(name))
  if (names.includes('EncryptedPackage')) throw new FileRefused('WORKBOOK_ENCRYPTED')
  if (names.some((name) => /vbaProject|macrosheets\//i.test(name))) throw new FileRefused('WORKBOOK_MACROS')
  if (names.some((name) => /externalLinks\/|connections\.xml$/i.test(name)))
    throw new FileRefused('WORKBOOK_EXTERNAL_DATA')
  if (!names.includes('xl/workbook.xml')) throw new FileRefused('FORMAT_UNKNOWN')
  if (parts.some(hasDocumentType)) throw new FileRefused('XML_DOCTYPE')
  const file = CFB.utils.cfb_new()
  for (const { name, body } of parts) CFB.utils.cfb_add(file, `/${name}`, body, { unsafe: true })
  return CFB.write(file, { type: 'buffer', fileType: 'zip', compression: false })
}

function hasDocumentType({ body }: Part): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.length).includes('<!DOCTYPE')
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
  const timeout = limits.workbookMs + Math.ceil((limits.workbookMsPerMib * sizeBytes) / 2 ** 20)
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

/** Rows that have cells, of the one sheet that a reader sees. */
function findCells({ SheetNames, Sheets, Workbook }: WorkBook): Cells {
  if (new Set(SheetNames).size !== SheetNames.length) throw new FileRefused('WORKBOOK_MALFORMED')
  const found: Cells[] = []
  for (const name of SheetNames) {
    const sheet = Sheets[name]
    // The library leaves out a sheet that it cannot read
    if (sheet === undefined) throw new FileRefused('WORKBOOK_MALFORMED')
    // A type that the library's declarations leave out
    if (String(sheet['!type']) === 'macro') throw new FileRefused('WORKBOOK_MACROS')
    const cells = listRows(sheet['!data'] ?? [])
    // Templates keep the values of their drop-down lists on hidden sheets
    const isHidden = Workbook?.Sheets?.find((each) => each.name === name)?.Hidden
    if (!isHidden && cells.length > 0) found.push(cells)
  }
  if (found.length > 1) throw new FileRefused('WORKBOOK_SHEETS')
  return found[0] ?? []
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

/** Excel's own limit. */
const SHEET_ROWS = 1_048_576

function hasFormula({ f, F }: CellObject): boolean {
  return f !== undefined || F !== undefined
}

type Dates = { readonly is_date: (format: string) => boolean; readonly parse_date_code: ParseDate }
type ParseDate = (serial: number, options: { readonly date1904: boolean }) => DateParts | null
type DateParts = Readonly<Record<'y' | 'm' | 'd' | 'H' | 'M' | 'S' | 'T', number>>

function cellText(
  dates: Dates,
  cell: CellObject | undefined,
  { date1904, path }: { readonly date1904: boolean; readonly path: string },
): string {
  if (cell === undefined) return ''
  if (hasFormula(cell)) throw new FileRefused('FORMULA_CELL', path)
  switch (cell.t) {
    case 's':
      return String(cell.v ?? '')
    case 'n':
      return dates.is_date(String(cell.z))
        ? dateText(dates.parse_date_code(Number(cell.v), { date1904 }), cell)
        : numberText(Number(cell.v))
    case 'b':
      return cell.v === true ? 'TRUE' : 'FALSE'
    case 'z':
      return ''
    default:
      throw new FileRefused('CELL_ERROR', path)
  }
}

// Excel computes with seventeen digits and shows fifteen: 0.1 + 0.2 is 0.3 to whoever typed or pasted it
function numberText(value: number): string {
  return String(Number(value.toPrecision(15)))
}

function dateText(parts: DateParts | null, cell: CellObject): string {
  if (parts === null) return numberText(Number(cell.v))
  const { y, m, d, H, M, S, T } = parts
  const pad = (value: number) => String(value).padStart(2, '0')
  const day = `${y}-${pad(m)}-${pad(d)}`
  return T === 0 ? day : `${day} ${pad(H)}:${pad(M)}:${pad(S)}`
}

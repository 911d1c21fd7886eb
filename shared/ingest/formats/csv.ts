import Papa from 'papaparse'
import {
  type Batch,
  cellPath,
  countRow,
  FileRefused,
  isBlank,
  type RowCount,
  type TextFormat,
  type Texts,
} from './format.ts'
import { limits } from './limits.ts'

/** Comma-separated values (RFC 4180), with line ends of any kind. */
export const csv = {
  name: 'csv',
  endings: ['csv'],
  mediaTypes: ['text/csv'],
  opening: /^/,
  read: readCsv,
} as const satisfies TextFormat

async function* readCsv(texts: Texts, place: RowCount): AsyncGenerator<Batch> {
  let rest = ''
  let wantedUnits = 0
  for await (const text of evenLines(texts)) {
    rest += text
    if (rest.length < wantedUnits) continue
    const parsed = parse(rest, { isLast: false })
    yield { rows: takeRows(parsed, rest, place) }
    rest = rest.slice(parsed.cursor)
    // A row that goes on and on is looked at again when there is twice as much of it: each character twice at most
    wantedUnits = 2 * rest.length
    if (rest.length > limits.rowUnits) throw refuseLong(rest, place)
  }
  if (rest === '') return
  yield { rows: takeRows(parse(rest, { isLast: true }), rest, place) }
}

type Parsed = {
  readonly data: readonly (readonly string[])[]
  readonly errors: readonly Papa.ParseError[]
  /** Where the first row begins that may not be whole yet. */
  readonly cursor: number
}

function parse(text: string, { isLast }: { isLast: boolean }): Parsed {
  const parser = new Papa.Parser({ delimiter: ',', newline: '\n' })
  const { data, errors, meta } = parser.parse(text, 0, !isLast)
  return { data, errors, cursor: meta.cursor }
}

function takeRows({ data, errors }: Parsed, text: string, place: RowCount): readonly (readonly string[])[] {
  // Of a row that is not whole yet nobody knows whether its quotes are right
  const broken = errors.find((error) => error.type === 'Quotes' && (error.row ?? 0) < data.length)
  const rows = broken === undefined ? data : data.slice(0, broken.row)
  for (const row of rows) countRow(place, row)
  if (broken === undefined) return rows.filter((row) => !isBlank(row))
  throw new FileRefused('CSV_MALFORMED', cellPath(place.row, columnAt(text, broken)))
}

// The parser says where the cell's text begins: what it makes of all before that ends with an empty cell in its place
function columnAt(text: string, { index = 0 }: Papa.ParseError): number {
  const { data } = parse(text.slice(0, index - 1), { isLast: true })
  return Math.max(0, (data.at(-1)?.length ?? 1) - 1)
}

// Most likely a quote that never ends; else a row out of all proportion
function refuseLong(text: string, place: RowCount): FileRefused {
  const { data, errors } = parse(text, { isLast: true })
  const [broken] = errors.filter((error) => error.type === 'Quotes')
  if (broken !== undefined)
    return new FileRefused('CSV_MALFORMED', cellPath(place.row, columnAt(text, broken)))
  const column = (data[0]?.length ?? 1) - 1
  const isWide = column >= limits.columns
  return new FileRefused(
    isWide ? 'FILE_ROW_TOO_WIDE' : 'FILE_ROW_TOO_LONG',
    cellPath(place.row, Math.min(column, limits.columns)),
  )
}

// The parser takes the first line's end for that of all, and would read rows of two kinds as one
async function* evenLines(texts: Texts): Texts {
  let held = ''
  for await (const text of texts) {
    const all = held + text
    held = all.endsWith('\r') ? '\r' : ''
    const even = all.slice(0, all.length - held.length).replace(/\r\n?/g, '\n')
    if (even !== '') yield even
  }
  if (held !== '') yield '\n'
}

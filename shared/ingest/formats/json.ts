import {
  type Batch,
  countRecord,
  FileRefused,
  type RowCount,
  rowPath,
  type TextFormat,
  type Texts,
} from './format.ts'
import { limits } from './limits.ts'
import { parseObject } from './ndjson.ts'

/** A JSON array of records, or records one after another (RFC 8259). */
export const json = {
  name: 'json',
  endings: ['json'],
  mediaTypes: ['application/json'],
  // A first line that ends amid an object is no record of NDJSON
  opening: /^\s*(?:\[|\{(?:[^\n]*[,:{[])?[^\S\n]*\n)/,
  read: readJson,
} as const satisfies TextFormat

/** Finds where each record ends; what stands between is read by JSON.parse, so a document never is in memory whole. */
type Scan = {
  text: string
  at: number
  /** Where the record begins that is scanned. */
  start: number
  depth: number
  isInString: boolean
  form: 'unopened' | 'array' | 'sequence' | 'closed'
}

async function* readJson(texts: Texts, place: RowCount): AsyncGenerator<Batch> {
  const scan: Scan = { text: '', at: 0, start: 0, depth: 0, isInString: false, form: 'unopened' }
  for await (const text of texts) {
    scan.text += text
    const records: unknown[] = []
    for (const record of scanRecords(scan, place)) {
      const parsed = parseObject(record)
      if (parsed === undefined) throw malformed(place)
      countRecord(place)
      records.push(parsed)
    }
    yield { records }
    scan.text = scan.text.slice(scan.start)
    scan.at -= scan.start
    scan.start = 0
    if (scan.text.length > limits.rowUnits) throw new FileRefused('FILE_ROW_TOO_LONG', rowPath(place))
  }
  const isDone = scan.form !== 'array' && scan.depth === 0
  if (!isDone || scan.text.slice(scan.start).trim() !== '') throw malformed(place)
}

function* scanRecords(scan: Scan, place: RowCount): Generator<string> {
  if (scan.form === 'unopened') open(scan, place)
  while (scan.at < scan.text.length) {
    if (scan.isInString) skipString(scan)
    else {
      const record = takeSign(scan, place)
      if (record !== undefined) yield record
    }
  }
}

function open(scan: Scan, place: RowCount): void {
  const at = scan.text.search(/\S/)
  if (at === -1) return
  const sign = scan.text[at]
  if (sign !== '[' && sign !== '{') throw malformed(place)
  scan.form = sign === '[' ? 'array' : 'sequence'
  scan.at = sign === '[' ? at + 1 : at
  scan.start = scan.at
}

/** Goes on to the next sign of the syntax, and past it; answers the record that it ends. */
function takeSign(scan: Scan, place: RowCount): string | undefined {
  SIGN.lastIndex = scan.at
  const sign = SIGN.exec(scan.text)?.[0]
  scan.at = sign === undefined ? scan.text.length : SIGN.lastIndex
  if (sign === undefined) return undefined
  if (scan.depth === 0 && scan.form === 'closed') throw malformed(place)
  switch (sign) {
    case '"':
      scan.isInString = true
      return undefined
    case '{':
    case '[':
      if (++scan.depth > limits.nesting) throw new FileRefused('FILE_NESTS_TOO_DEEP', rowPath(place))
      return undefined
    case ',':
      return scan.form === 'array' && scan.depth === 0 ? takeRecord(scan, scan.at - 1) : undefined
    default:
      return close(scan, place, sign)
  }
}

const SIGN = /["{}[\],]/g

function close(scan: Scan, place: RowCount, sign: string): string | undefined {
  if (scan.depth === 0) {
    if (scan.form !== 'array' || sign !== ']') throw malformed(place)
    scan.form = 'closed'
    const isEmpty = place.row === 0 && scan.text.slice(scan.start, scan.at - 1).trim() === ''
    const last = takeRecord(scan, scan.at - 1)
    return isEmpty ? undefined : last
  }
  scan.depth--
  return scan.form === 'sequence' && scan.depth === 0 ? takeRecord(scan, scan.at) : undefined
}

function takeRecord(scan: Scan, end: number): string {
  const record = scan.text.slice(scan.start, end)
  scan.start = scan.at
  return record
}

// A quote ends the string unless an odd number of backslashes stands before it
function skipString(scan: Scan): void {
  const quote = scan.text.indexOf('"', scan.at)
  if (quote === -1) {
    scan.at = scan.text.length
    return
  }
  let backslashes = 0
  while (scan.text[quote - 1 - backslashes] === '\\') backslashes++
  scan.at = quote + 1
  scan.isInString = backslashes % 2 === 1
}

function malformed(place: RowCount): FileRefused {
  return new FileRefused('JSON_MALFORMED', rowPath(place))
}

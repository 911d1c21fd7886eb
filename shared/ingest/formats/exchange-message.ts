import { SaxesParser } from 'saxes'
import type { RefusalCode } from '../refusal.ts'
import {
  type Batch,
  cellPath,
  countRecord,
  FileRefused,
  type RowCount,
  rowPath,
  type TextFormat,
  type Texts,
} from './format.ts'
import { limits } from './limits.ts'

/** `<ExchangeMessage>` with a `<Header>`, which is not read, and a `<Body>` in which each `<fields>` is a record. */
export const exchangeMessage = {
  name: 'xml',
  endings: ['xml'],
  mediaTypes: ['application/xml', 'text/xml'],
  opening: /^\s*<(?:\?xml\b|!--|(?:[\w.-]+:)?ExchangeMessage\b)/,
  read: readExchangeMessage,
} as const satisfies TextFormat

/** A member's text; more than one, or what is not text, is kept as it is and refused by whoever takes the record. */
type Fields = Record<string, unknown>

type Reading = {
  readonly place: RowCount
  /** The elements that are open, the root first. */
  readonly path: string[]
  records: Fields[]
  fields: Fields
  /** How many members the record has so far. */
  members: number
  text: string
  /** How far the parser had come when the last record ended. */
  mark: number
}

// A document type is refused, so that there are no entities but the five of XML; the parser knows of no files
async function* readExchangeMessage(texts: Texts, place: RowCount): AsyncGenerator<Batch> {
  const reading: Reading = {
    place,
    path: [],
    records: [],
    fields: newFields(),
    members: 0,
    text: '',
    mark: 0,
  }
  const parser = new SaxesParser({ position: true })
  parser.on('xmldecl', ({ encoding = 'UTF-8' }) => {
    // The bytes tell the encoding, and might be read as another where it is none of these
    if (!READ_ENCODINGS.test(encoding)) refuse(reading, 'ENCODING_INVALID')
  })
  parser.on('doctype', () => refuse(reading, 'XML_DOCTYPE'))
  parser.on('error', () => refuse(reading, 'XML_MALFORMED'))
  parser.on('opentag', ({ name }) => open(reading, localName(name)))
  parser.on('closetag', () => close(reading, parser.position))
  for (const event of ['text', 'cdata'] as const) {
    parser.on(event, (text) => {
      reading.text += text
    })
  }
  for await (const text of texts) {
    parser.write(text)
    if (parser.position - reading.mark > limits.rowUnits) refuse(reading, 'FILE_ROW_TOO_LONG')
    yield { records: reading.records }
    reading.records = []
  }
  parser.close()
}

const READ_ENCODINGS = /^(utf-?8|utf-?16([bl]e)?|gb[-_]?18030|gbk|cp936|gb_?2312(-80)?|us-ascii)$/i

/** Levels: the message, its body, the records, their members. */
const [RECORD, MEMBER] = [3, 4]

function open(reading: Reading, name: string): void {
  const { path } = reading
  expectNoText(reading)
  path.push(name)
  if (path.length > limits.nesting) refuse(reading, 'FILE_NESTS_TOO_DEEP')
  reading.text = ''
  const isForeign =
    (path.length === 1 && name !== 'ExchangeMessage') ||
    (path.length === RECORD && path[1] === 'Body' && name !== 'fields')
  if (isForeign) refuse(reading, 'XML_NOT_EXCHANGE_MESSAGE')
  if (path.length === MEMBER && ++reading.members > limits.columns) refuse(reading, 'FILE_ROW_TOO_WIDE')
}

function close(reading: Reading, position: number): void {
  const { path, fields, text } = reading
  if (path.length < MEMBER) expectNoText(reading)
  const isInBody = path[1] === 'Body'
  const name = path.at(-1) ?? ''
  if (isInBody && path.length === MEMBER) fields[name] = name in fields ? [fields[name], text] : text
  // An element within a member: its text is not the member's own
  if (isInBody && path.length > MEMBER) fields[path[MEMBER - 1] ?? ''] = [text]
  if (isInBody && path.length === RECORD) {
    countRecord(reading.place)
    reading.records.push(fields)
    Object.assign(reading, { fields: newFields(), members: 0, mark: position })
  }
  path.pop()
  reading.text = ''
}

// Between records and their members it would be nobody's, and lost
function expectNoText(reading: Reading): void {
  const { path, text } = reading
  const isBetween = path[1] === 'Body' && path.length < MEMBER
  if (isBetween && text.trim() !== '') refuse(reading, 'XML_NOT_EXCHANGE_MESSAGE')
}

// Elements may be called what objects inherit
function newFields(): Fields {
  return Object.create(null) as Fields
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function refuse({ place, path, members }: Reading, code: RefusalCode): never {
  const isInRecord = path.length >= RECORD && members > 0
  throw new FileRefused(code, isInRecord ? cellPath(place.row, members - 1) : rowPath(place))
}

import type { CalendarDate } from '../base/instant.ts'
import { findPersonalData, isNumberOfDivision } from '../identity/personal-data.ts'
import { withdrawalDocument } from '../records/keys.ts'
import { type FactRecord, recordSchema } from '../records/record.ts'
import type { Policy, RecordType } from '../settings.ts'
import {
  decode,
  foldDocumentNumber,
  isPlainCode,
  type Reading,
  readCapital,
  readCapitalInYuan,
  readCode,
  readCoded,
  readDate,
  readEndDate,
  readEndOrPeriod,
  readList,
  readPastDate,
  readRegistrationNumber,
  readText,
  readYear,
  readYuan,
  readYuanFromWan,
} from './cell.ts'
import { sourceText } from './kept-cells.ts'
import { type Column, isUnread, type Layout } from './layouts/layout.ts'
import { documentKeysOf, layoutId, namingFacts } from './layouts/registry.ts'
import type { Refusal, RefusalCode } from './refusal.ts'
import type { Row } from './rows.ts'
import { type NamedSubject, readSubject } from './subject.ts'

type Facts = Record<string, string | readonly string[]>

export type RowContext = {
  readonly layout: Layout
  readonly authority: string
  readonly policy: Policy
  /** The day of receipt, in China Standard Time. */
  readonly today: CalendarDate
}

/** A record, and what is kept of the row it came of (kept-cells.ts). */
type Minimised = { readonly record: FactRecord; readonly source: string }

/**
 * Turns a row into a record that holds nothing about a person: only mapped columns enter, and what is free text is
 * screened first. Paths are relative to the row.
 */
export function minimiseRow(row: Row, context: RowContext): Minimised | Refusal {
  if ('fault' in row) return { code: row.fault, path: row.path }
  const malformed = findFault(row.cells, textFault)
  if (malformed !== undefined) return malformed
  // Whose record it is comes before what it says: a person's row is refused as such, whatever else is wrong with it
  const named = readSubject(row.cells, context.policy)
  if ('code' in named) return named
  const personal = findFault(row.cells, personalDataFault)
  if (personal !== undefined) return personal
  const facts = readFacts(row.cells, context)
  if ('code' in facts) return facts
  const document = documentOf(facts.facts, context.layout)
  if (typeof document !== 'string') return document
  const record = toRecord(named, { facts: facts.facts, document }, context)
  return { record, source: sourceText(row.cells, named.unread) }
}

function documentOf(facts: Facts, layout: Layout): string | Refusal {
  if (layout.recordType === 'withdrawal') return withdrawnDocumentOf(facts, layout)
  return nameBy(layout.documentKeys, facts) ?? layout.recordType
}

/** The document of another type that is taken back; named as that type's documents are, or it would never be found. */
function withdrawnDocumentOf(facts: Facts, { columns }: Layout): string | Refusal {
  const type = String(facts['recordType']) as RecordType
  const [first, ...others] = documentKeysOf(type)
  if (first === undefined) return withdrawalDocument(type, type)
  const named = nameBy([first, ...others], facts)
  if (named !== undefined) return withdrawalDocument(type, named)
  const missing = first.find((fact) => facts[fact] === undefined)
  return { code: 'FIELD_MISSING', path: `/${columns.find(({ fact }) => fact === missing)?.code}` }
}

function nameBy(keys: Layout['documentKeys'], facts: Facts): string | undefined {
  const key = keys.find((names) => names.every((name) => facts[name] !== undefined))
  return key?.map((name) => foldDocumentNumber(String(facts[name]))).join(' ')
}

function toRecord(
  named: NamedSubject,
  { facts, document }: { readonly facts: Facts; readonly document: string },
  { layout, authority }: RowContext,
): FactRecord {
  const revision = layout.revisionFact === undefined ? undefined : facts[layout.revisionFact]
  return recordSchema.parse({
    type: layout.recordType,
    authority,
    subject: named.subject,
    otherIdentifiers: named.others,
    ...(named.individualBusiness && { individualBusiness: true }),
    document,
    revision: revision ?? '',
    layout: layoutId(layout),
    facts,
  })
}

function findFault(
  cells: ReadonlyMap<Column, string>,
  check: (column: Column, cell: string) => RefusalCode | undefined,
): Refusal | undefined {
  for (const [column, cell] of cells) {
    const code = check(column, cell)
    if (code !== undefined) return { code, path: `/${column.code}` }
  }
  return undefined
}

// What was lost before it was sent stays lost, and a formula is nobody's statement
function textFault(column: Column, cell: string): RefusalCode | undefined {
  if (!cell.isWellFormed() || cell.includes('\ufffd')) return 'TEXT_NOT_WELL_FORMED'
  return cell.startsWith('=') && !isUnread(column) ? 'FORMULA_CELL' : undefined
}

function personalDataFault(column: Column, cell: string): RefusalCode | undefined {
  const { kind, fact } = column
  if (fact === undefined) return undefined
  const found =
    findPersonalData(cell) ?? (PLAIN.test(cell) ? undefined : findPersonalData(foldKept(column, cell)))
  const isNumber =
    /^(?:registration-)?number$/.test(kind) &&
    found !== undefined &&
    isNumberOfDivision(cell.normalize('NFKC').trim())
  return found === undefined || isNumber ? undefined : 'TEXT_PERSONAL_DATA'
}

// What is taken out of a cell may be all that parted a person's number
function foldKept({ kind, fact = '' }: Column, cell: string): string {
  if (kind === 'number' || namingFacts.has(fact)) return foldDocumentNumber(cell)
  return kind === 'code' || kind === 'identifier' ? (readCode(cell) ?? '') : ''
}

// Nothing in it that folding takes out
const PLAIN = /^[0-9A-Za-z〔〕（）()[\]\u4e00-\u9fff]*$/

function readFacts(
  cells: ReadonlyMap<Column, string>,
  { layout, today }: RowContext,
): { readonly facts: Facts } | Refusal {
  const facts: Facts = { ...layout.fixedFacts }
  for (const column of layout.columns) {
    const cell = cells.get(column) ?? ''
    const { code, fact, required, maxLength = 4_000 } = column
    const path = `/${code}`
    if (required && readText(cell) === undefined) return { code: 'FIELD_MISSING', path }
    if (fact === undefined || cell === '') continue
    if (cell.length > maxLength) return { code: 'FIELD_TOO_LONG', path }
    const reading =
      column.kind === 'end-or-period'
        ? readEndOrPeriod(cell, facts['decidedOn'] as CalendarDate | undefined)
        : readFact(column, cell, today)
    if ('fault' in reading) return { code: reading.fault, path }
    const before = facts[fact]
    // Two columns may state one fact in two units, but not two facts
    if (typeof before === 'string' && reading.value !== undefined && before !== reading.value)
      return { code: 'HEADER_AMBIGUOUS', path }
    if (reading.value !== undefined) facts[fact] = joined(before, reading.value)
    else if (required) return { code: 'FIELD_MISSING', path }
  }
  addCapital(facts)
  return addStandIns(facts, layout.columns) ?? { facts }
}

function addStandIns(facts: Facts, columns: readonly Column[]): Refusal | undefined {
  for (const { code, fact, orElse } of columns) {
    if (fact === undefined || orElse === undefined || facts[fact] !== undefined) continue
    const standIn = facts[orElse]
    if (standIn === undefined) return { code: 'FIELD_MISSING', path: `/${code}` }
    facts[fact] = standIn
  }
  return undefined
}

// A list may be spread over columns (处罚类别1, 处罚类别2)
function joined(before: Facts[string] | undefined, value: Facts[string]): Facts[string] {
  return typeof before === 'object' ? [...new Set([...before, ...value])] : value
}

function readFact(column: Column, cell: string, today: CalendarDate): Reading<string | readonly string[]> {
  switch (column.kind) {
    case 'date':
      return readDate(cell)
    case 'past-date':
      return readPastDate(cell, today)
    case 'end-date':
      return readEndDate(cell)
    case 'year':
      return readYear(cell)
    case 'yuan-from-wan':
      return readYuanFromWan(cell)
    case 'yuan':
      return readYuan(cell)
    case 'capital-in-yuan':
      return { value: readCapitalInYuan(cell) }
    case 'list':
      return readList(cell, column.codes)
    case 'coded':
      return readCoded(cell, column.codes)
    case 'registration-number':
      return { value: readRegistrationNumber(cell) }
    case 'code':
      return { value: readCode(cell) }
    case 'identifier':
      return { value: isPlainCode(cell) ? readCode(cell) : undefined }
    default:
      return { value: decode(readText(cell), column.codes) }
  }
}

// A capital that cannot be worked out stays as the words it came in: no ground to refuse a registration. Words without an
// amount are none: where a row is out of step they are somebody's name
function addCapital(facts: Facts): void {
  const { registeredCapital: stated } = facts
  if (typeof stated !== 'string') return
  const capital = readCapital(stated)
  delete facts['registeredCapital']
  if (capital === undefined) {
    if (STATES_AMOUNT.test(stated)) facts['capitalAsStated'] = stated
    return
  }
  facts['registeredCapital'] = capital.amount
  const currency = facts['capitalCurrency'] ?? capital.currency
  if (currency !== undefined) facts['capitalCurrency'] = currency
}

const STATES_AMOUNT = /\d|[〇零一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟].*[万亿元圆]/

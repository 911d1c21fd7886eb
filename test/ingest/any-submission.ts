import { gzipSync } from 'node:zlib'
import * as excel from '@e965/xlsx'
import fc from 'fast-check'
import Papa from 'papaparse'
import { type FileFormat, formats } from '../../shared/ingest/formats/registry.ts'
import type { Layout } from '../../shared/ingest/layouts/layout.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { codeOf } from '../records/world.ts'
import { encodeGb18030, hasGb18030 } from './gb18030.ts'
import { MOBILE_NUMBER, minimalRow, RESIDENT_ID, type SampleRow } from './sample.ts'

/** A file as somebody might send it. */
export type AnySubmission = {
  readonly layout: string
  readonly bytes: Uint8Array
  readonly format: FileFormat | undefined
  /** How many records its sender put into it; undefined where it was changed, or said to be something else. */
  readonly records: number | undefined
  /** What it was before anything went wrong with it, for whoever reads of a failure. */
  readonly writing: Writing
}

const anyCell = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('', '无', '—', '示例有限公司', '自然人', '个体工商户', '"', ',', '\n', '\0'),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('2026-01-05', '2026年1月5日', '20260105', '2099-12-31', '1767571200000'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('1.5', '1,234.5万元', '.5', '-1', '1e5', '示罚〔2026〕1号', '示罚［2026］1号'),
  },
  { weight: 3, arbitrary: fc.nat(30).map((n) => codeOf(n)) },
  { weight: 1, arbitrary: fc.constantFrom(codeOf(2, '92'), '11330200YY0009014', '330203600000001') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(RESIDENT_ID, MOBILE_NUMBER, `联系人 ${MOBILE_NUMBER}。`, `ID${RESIDENT_ID}`),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
)

export type Table = { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }

function anyTable(layout: Layout): fc.Arbitrary<Table> {
  const base = minimalRow(layout)
  const others = layout.columns.map(({ code }) => code).filter((code) => !(code in base))
  const header = fc
    .subarray(others, { maxLength: 6 })
    .chain((more) => fc.shuffledSubarray([...Object.keys(base), ...more], { minLength: 1 }))
  const unknown = fc.option(fc.oneof(fc.constantFrom('备注', RESIDENT_ID, '__proto__'), fc.string()), {
    freq: 6,
  })
  return fc.tuple(header, unknown).chain(([known, extra]) => {
    const columns = [...new Set(extra === null ? known : [...known, extra])]
    const cells = columns.map((column) =>
      fc.oneof(
        { weight: 5, arbitrary: fc.constant(cellOf(base, column)) },
        { weight: 1, arbitrary: anyCell },
      ),
    )
    return fc.array(fc.tuple(...cells), { maxLength: 6 }).map((table) => ({ header: columns, rows: table }))
  })
}

function cellOf(row: SampleRow, column: string): string {
  return Object.hasOwn(row, column) ? (row[column] ?? '') : ''
}

export const writings = ['csv', 'csv in GB 18030', 'ndjson', 'json', 'xml', 'xlsx', 'xls'] as const
export type Writing = (typeof writings)[number]

export const formatOf = {
  csv: 'csv',
  'csv in GB 18030': 'csv',
  ndjson: 'ndjson',
  json: 'json',
  xml: 'xml',
  xlsx: 'workbook',
  xls: 'workbook',
} as const satisfies Record<Writing, FileFormat>

export function write({ header, rows }: Table, writing: Writing): Uint8Array {
  const records = rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at]])))
  switch (writing) {
    case 'csv':
      return Buffer.from(Papa.unparse([header, ...rows] as string[][]))
    case 'csv in GB 18030':
      return encodeGb18030(Papa.unparse([header, ...rows] as string[][]))
    case 'ndjson':
      return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    case 'json':
      return Buffer.from(JSON.stringify(records))
    case 'xml':
      return Buffer.from(xmlOf(records))
    default: {
      const sheet = excel.utils.aoa_to_sheet([[...header], ...rows.map((row) => [...row])])
      const bookType = writing === 'xls' ? 'biff8' : writing
      return excel.write(excel.utils.book_new(sheet), { type: 'buffer', bookType })
    }
  }
}

function xmlOf(records: readonly Readonly<Record<string, string | undefined>>[]): string {
  const fields = records.map((record) => {
    const members = Object.entries(record).map(([name, value = '']) => `<${name}>${escaped(value)}</${name}>`)
    return `<fields>${members.join('')}</fields>`
  })
  return `<ExchangeMessage><Header/><Body>${fields.join('\n')}</Body></ExchangeMessage>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

type Change = (bytes: Uint8Array) => Uint8Array

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((part) => (bytes: Uint8Array) => bytes.subarray(0, bytes.length * part)),
  fc
    .tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 12 }))
    .map(([at, some]) => (bytes: Uint8Array) => {
      const place = at % (bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, place), some, bytes.subarray(place)])
    }),
  fc
    .array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 })
    .map((changes) => (bytes: Uint8Array) => {
      const changed = Uint8Array.from(bytes)
      for (const [at, byte] of changes) if (bytes.length > 0) changed[at % bytes.length] = byte
      return changed
    }),
  fc
    .constantFrom(
      '\ufeff',
      '关于报送的说明\r\n',
      `${MOBILE_NUMBER}\r\n`,
      '[',
      '{',
      '<',
      '"',
      'PK\u0003\u0004',
    )
    .map((opening) => (bytes: Uint8Array) => Buffer.concat([Buffer.from(opening), bytes])),
  fc.constant((bytes: Uint8Array) => Buffer.concat([bytes, bytes])),
)

/** Files of every format with anything in their cells; packed, cut off, changed and called what they are not. */
export function anySubmission(): fc.Arbitrary<AnySubmission> {
  const weighted = writings.map((writing) => ({
    // A workbook takes ten times as long as any other
    weight: formatOf[writing] === 'workbook' ? 1 : 6,
    arbitrary: fc.constant(writing),
  }))
  return fc.constantFrom(...layouts).chain((layout) =>
    fc
      .record({
        table: anyTable(layout),
        writing: fc.oneof(...weighted),
        packed: fc.constantFrom('never', 'before it was changed', 'afterwards'),
        changes: fc.oneof(
          { weight: 2, arbitrary: fc.constant<Change[]>([]) },
          { weight: 1, arbitrary: fc.array(anyChange, { maxLength: 3 }) },
        ),
        lie: fc.option(fc.constantFrom(undefined, ...formats.map(({ name }) => name)), { freq: 3 }),
      })
      .map(({ table, writing, packed, changes, lie }) => {
        const written = write(table, writing)
        const sent = packed === 'before it was changed' ? pack(written) : written
        const changed = changes.reduce((bytes, change) => change(bytes), sent)
        return {
          layout: layout.name,
          bytes: packed === 'afterwards' ? pack(changed) : changed,
          format: lie === null ? formatOf[writing] : lie,
          records: changes.length > 0 || lie !== null ? undefined : recordsOf(table, writing),
          writing,
        }
      }),
  )
}

function pack(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 1 })
}

// A table's rows of blanks are none
function recordsOf({ rows }: Table, writing: Writing): number | undefined {
  const isWhole = writing !== 'csv in GB 18030' || rows.flat().every(hasGb18030)
  if (!isWhole) return undefined
  const isTable = formatOf[writing] === 'csv' || formatOf[writing] === 'workbook'
  return isTable ? rows.filter((row) => row.some((cell) => cell.trim() !== '')).length : rows.length
}

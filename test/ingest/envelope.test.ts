import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envelopeSchema, submissionHeadSchema } from '../../shared/ingest/envelope.ts'
import { outcomes as allOutcomes } from '../../shared/ingest/outcomes.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { policySchema } from '../../shared/settings.ts'
import { authorities, codeOf } from '../records/world.ts'
import {
  csvOf,
  type LayoutName,
  MOBILE_NUMBER,
  RESIDENT_ID,
  recordsDelivery,
  rows,
  type Taken,
  take,
  takeFile,
  takeRecords,
  withWorld,
} from './sample.ts'

const layout = 'licence-2018'
const row = rows[layout]
const names = Object.keys(rows) as readonly LayoutName[]
const head = { schemaVersion: '1', submissionId: 's1', layout, sentAt: '2026-01-01T00:00:00Z' }

describe('an envelope', () => {
  test.each([
    ['an id with other characters', { submissionId: 'a b' }],
    ['an id that begins with a dot', { submissionId: '.a' }],
    ['an id that leads elsewhere', { submissionId: '../a' }],
    ['an id of 101 characters', { submissionId: 'a'.repeat(101) }],
    ['an empty id', { submissionId: '' }],
    ['an id that is a resident ID', { submissionId: RESIDENT_ID }],
    ['an id with a mobile number in it', { submissionId: `batch-${MOBILE_NUMBER}` }],
    ['an id with a mobile number after letters', { submissionId: `tel${MOBILE_NUMBER}` }],
    ['an id with a resident ID after letters', { submissionId: `ID${RESIDENT_ID}` }],
    [
      'an id with a resident ID between full stops',
      { submissionId: RESIDENT_ID.replace(/(.{6})(.{8})/, '$1.$2.') },
    ],
    ['an id of the form of a resident ID', { submissionId: `${RESIDENT_ID.slice(0, 17)}0` }],
    ['no layout', { layout: '' }],
    ['a time without an offset', { sentAt: '2026-01-01T00:00:00' }],
    ['a day in place of a time', { sentAt: '2026-01-01' }],
    ['a day that does not exist', { sentAt: '2026-02-30T00:00:00Z' }],
    ['an hour that does not exist', { sentAt: '2026-01-01T25:00:00Z' }],
    ['another version', { schemaVersion: '2' }],
    ['an authority: the door tells it', { authority: 'authority-0' }],
    ['records that are no list', { records: {} }],
    ['no records', { records: undefined }],
  ])('with %s is none', (_, cells) => {
    expect(envelopeSchema.safeParse({ ...head, records: [], ...cells }).success).toBe(false)
  })

  test.each([
    's',
    'A-1_b.c',
    '0'.repeat(18),
    'f'.repeat(64),
    '20261123-0001',
    '550e8400-e29b-41d4-a716-446655440000',
  ])('may have the id %s', (submissionId) => {
    expect(submissionHeadSchema.safeParse({ ...head, submissionId }).success).toBe(true)
  })

  test('carries its time in UTC', () => {
    const { sentAt } = submissionHeadSchema.parse({ ...head, sentAt: '2026-01-01T08:00:00.5+08:00' })
    expect(sentAt).toBe('2026-01-01T00:00:00.500Z')
  })
})

describe('the whole submission is refused, with a receipt,', () => {
  const none = { received: 0, accepted: 0, repeated: 0, refused: 0, unresolved: 0, parts: [] }

  test.each<[string, string, { readonly sentAt?: string; readonly layout?: string }]>([
    ['LAYOUT_UNKNOWN', 'in a layout nobody knows', { layout: 'penalty-1999' }],
    ['LAYOUT_UNKNOWN', 'in a version nobody knows', { layout: 'licence-2018@2' }],
    ['LAYOUT_UNKNOWN', 'in a layout of an inherited name', { layout: '__proto__' }],
  ])('%s: %s', async (code, _, sent) => {
    const { draft, records } = await takeRecords([row], { layout, ...sent })
    expect(draft).toMatchObject({ ...none, refusal: { code } })
    expect(records).toEqual([])
  })

  test('RECORD_TYPE_NOT_ADMITTED: of a type the authorities file does not grant its sender', async () => {
    await withWorld(async (world) => {
      const settings = {
        authorities: authorities.map((each) => ({ ...each, recordTypes: ['penalty' as const] })),
        policy: policySchema.parse({}),
        ledger: world.settings.ledger,
      }
      const { draft } = await take({ ...world, settings }, recordsDelivery([row], { layout }))
      expect(draft).toMatchObject({ ...none, refusal: { code: 'RECORD_TYPE_NOT_ADMITTED', path: '/layout' } })
    })
  })

  test.each<[string, string, 'csv' | 'ndjson', string | Uint8Array]>([
    ['SUBMISSION_EMPTY', 'no bytes', 'csv', ''],
    ['SUBMISSION_EMPTY', 'no bytes', 'ndjson', ''],
    ['SUBMISSION_EMPTY', 'a byte order mark alone', 'csv', '\ufeff'],
    ['SUBMISSION_EMPTY', 'blank lines', 'csv', '\r\n,,\r\n'],
    ['SUBMISSION_EMPTY', 'blank lines', 'ndjson', '\r\n \n'],
    ['SUBMISSION_EMPTY', 'a header and nothing below', 'csv', Object.keys(row).join(',')],
    ['HEADER_NOT_FOUND', 'a table without a header', 'csv', csvOf([Object.values(row)])],
    ['HEADER_NOT_FOUND', 'a table of another layout', 'csv', tableOf(rows.registration)],
    ['HEADER_NOT_FOUND', 'prose', 'csv', '示例，无表格'],
    ['HEADER_NOT_FOUND', 'cells parted by semicolons', 'csv', tableOf(row).replaceAll(',', ';')],
    ['HEADER_AMBIGUOUS', 'a column twice', 'csv', tableOf({ ...row, 许可机关: '示例局' })],
    ['CSV_MALFORMED', 'a quote that never ends', 'csv', `${tableOf(row)}\r\n"示例`],
    ['CSV_MALFORMED', 'a quote amid a quoted cell', 'csv', `${tableOf(row)}\r\n"示"例",x`],
    [
      'ENCODING_INVALID',
      'GB 18030 that breaks off',
      'csv',
      Uint8Array.of(0xca, 0xbe, 0xc0, 0xfd, 0x2c, 0xb1),
    ],
    ['HEADER_NOT_FOUND', 'UTF-16 without its mark', 'csv', Buffer.from(tableOf(row), 'utf16le')],
    ['ENCODING_INVALID', 'bytes that are none', 'ndjson', Uint8Array.of(0xff, 0xfe, 0x00)],
    [
      'ENCODING_INVALID',
      'a surrogate written as UTF-8',
      'csv',
      Buffer.concat([Buffer.from(tableOf(row)), Buffer.of(0xed, 0xa0, 0x80)]),
    ],
    ['ENCODING_INVALID', 'a character cut off at the end', 'csv', Buffer.from(tableOf(row)).subarray(0, -1)],
  ])('%s: %s, as %s', async (code, _, format, bytes) => {
    const { draft } = await takeFile(bytes, format, { layout })
    expect(draft).toMatchObject({ ...none, refusal: { code } })
  })

  test('SUBMISSION_EMPTY: an envelope without records', async () => {
    expect((await takeRecords([], { layout })).draft.refusal?.code).toBe('SUBMISSION_EMPTY')
  })
})

describe('sent ahead of our clock', () => {
  test.each([
    [0, '2026-06-01T00:00:00Z', 'received'],
    [0, '2026-06-01T00:00:00.001Z', 'early'],
    [60, '2026-06-01T00:01:00Z', 'received'],
    [59, '2026-06-01T00:01:00Z', 'early'],
    [300, '9999-12-31T23:00:00-00:30', 'early'],
  ])('with %i s granted by the policy, what says %s is %s', async (clockSkewSeconds, sentAt, outcome) => {
    const received = await withWorld(
      (world) => receiveSubmission(world, recordsDelivery([row], { layout, sentAt })),
      { clockSkewSeconds },
    )
    expect(received.outcome).toBe(outcome)
  })

  test('nothing is kept, and the same content is taken under the same id when its time has come', async () => {
    await withWorld(async (world) => {
      const early = recordsDelivery([row], { layout, sentAt: '2026-06-01T01:00:00Z' })
      expect(await receiveSubmission(world, early)).toEqual({ outcome: 'early' })
      expect(world.queues.inbox.log).toEqual([])
      expect((await take(world, recordsDelivery([row], { layout }))).draft.accepted).toBe(1)
      // What stands already is told, whatever the clock of its repetition says
      expect((await receiveSubmission(world, early)).outcome).toBe('repeated')
    })
  })
})

describe('a single record is refused, and the others are taken:', () => {
  test.each<[string, string]>([
    ['ROW_NOT_JSON', '{'],
    ['ROW_NOT_JSON', 'null'],
    ['ROW_NOT_JSON', '[]'],
    ['ROW_NOT_JSON', '"text"'],
    ['ROW_NOT_JSON', '1'],
    ['ROW_NOT_JSON', `${JSON.stringify(row)},`],
    ['ROW_NOT_JSON', `${JSON.stringify(row)}${JSON.stringify(row)}`],
    ['SUBJECT_IDENTIFIER_MISSING', '{}'],
    ['FIELD_NOT_TEXT', JSON.stringify({ ...row, XK_NR: ['a'] })],
    ['FIELD_NOT_TEXT', JSON.stringify({ ...row, XK_NR: { a: 1 } })],
    ['FIELD_NOT_TEXT', JSON.stringify({ ...row, XK_NR: true })],
    ['TEXT_NOT_WELL_FORMED', JSON.stringify({ ...row, XK_NR: '\ud800' })],
    ['TEXT_NOT_WELL_FORMED', JSON.stringify({ ...row, XK_XDR_MC: 'a\udc00b' })],
    ['TEXT_NOT_WELL_FORMED', JSON.stringify({ ...row, XK_XDR_SHXYM: '\ude00' })],
    ['HEADER_AMBIGUOUS', JSON.stringify({ ...row, 许可机关: '另一局' })],
    ['FIELD_VALUE_UNKNOWN', JSON.stringify({ ...row, XK_ZT: '3' })],
    ['DATE_INVALID', JSON.stringify({ ...row, XK_YXQZ: '2025-02-29' })],
  ])('%s: %s', async (code, line) => {
    const lines = [JSON.stringify(row), line, JSON.stringify({ ...row, XK_WSH: '2' })].join('\n')
    const { draft, outcomes } = await takeFile(lines, 'ndjson', { layout })
    expect(draft).toMatchObject({ received: 3, accepted: 2, refused: 1 })
    expect(outcomes[1]).toMatchObject({ index: 1, outcome: 'refused', code, reason: expect.any(String) })
    expect(outcomes[1]?.path).toMatch(/^\/records\/1(\/[A-Z_]+)?$/)
  })

  test('a lone surrogate where nothing is kept is no fault', async () => {
    const { draft } = await takeRecords([{ ...row, 未知列: '\ud800', '\udc00': 'x' }], { layout })
    expect(draft).toMatchObject({ received: 1, accepted: 1 })
  })

  test('members named as what objects inherit are members like any other', async () => {
    const line = `{"__proto__":{"XK_NR":"x"},"constructor":"x","toString":1,${JSON.stringify(row).slice(1)}`
    const { draft, records } = await takeFile(line, 'ndjson', { layout })
    expect(draft).toMatchObject({ received: 1, accepted: 1 })
    expect(records).toEqual((await takeRecords([row], { layout })).records)
    expect(({} as Record<string, unknown>)['XK_NR']).toBeUndefined()
  })

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'FIELD_VALUE_UNKNOWN: a state named %s, as what objects inherit',
    async (state) => {
      const { draft, outcomes } = await takeRecords([row, { ...row, XK_WSH: '2', XK_ZT: state }], { layout })
      expect(draft).toMatchObject({ received: 2, accepted: 1, refused: 1 })
      expect(outcomes[1]).toMatchObject({ code: 'FIELD_VALUE_UNKNOWN', path: '/records/1/XK_ZT' })
    },
  )

  test('a NUL is a character like any other, and comes out of the archive as it came', async () => {
    const { records } = await takeRecords([{ ...row, XK_NR: 'a\0b', XK_WSH: '\u00001' }], { layout })
    expect(records[0]?.facts).toMatchObject({ content: 'a\0b', documentNumber: '\u00001' })
  })

  test.each([
    ['20260001', '20260001'],
    ['0', '0'],
    ['9007199254740991', '9007199254740991'],
    ['-1', '-1'],
    ['2026.5', '2026.5'],
    ['0.1234567890123', '0.1234567890123'],
  ])('a number keeps its digits: %s', async (written, text) => {
    const { records } = await takeFile(lineWith('XK_WSH', written), 'ndjson', { layout })
    expect(records[0]?.facts).toMatchObject({ documentNumber: text })
  })

  test.each([
    '9007199254740992',
    '999999197001010010',
    '3302032025000000012345',
    '3302032025000000012399',
    '1e21',
    '1e400',
    '1e-7',
    '99999919700101.015',
    '0.12345678901234567',
  ])('FIELD_NOT_TEXT: a number that JSON does not keep as it was written: %s', async (written) => {
    for (const column of ['XK_WSH', 'XK_NR', 'XK_XDR_SHXYM', 'XK_XDR_ZJHM']) {
      const line = lineWith(column, written)
      const code = 'FIELD_NOT_TEXT'
      const path = `/records/0/${column}`
      expect((await takeFile(line, 'ndjson', { layout })).outcomes).toMatchObject([{ code, path }])
      expect((await takeRecords([JSON.parse(line)], { layout })).outcomes).toMatchObject([{ code, path }])
    }
  })

  test('a number where nothing is kept is no fault, however long', async () => {
    const { draft } = await takeFile(lineWith('XK_FR_ZJHM', '999999197001010010'), 'ndjson', { layout })
    expect(draft).toMatchObject({ received: 1, accepted: 1 })
  })

  test('a value of null is an empty cell', async () => {
    const { outcomes } = await takeRecords(
      [
        { ...row, XK_NR: null },
        { ...row, XK_WSH: null },
      ],
      { layout },
    )
    expect(outcomes).toMatchObject([
      { outcome: 'accepted' },
      { code: 'FIELD_MISSING', path: '/records/1/XK_WSH' },
    ])
  })
})

describe('a submission out of proportion is taken in good time:', () => {
  const wide = Array.from({ length: 10_000 }, (_, at) => `列${at}`)

  test.each<[string, 'csv' | 'ndjson', () => string, object]>([
    [
      'ten thousand columns',
      'csv',
      () =>
        csvOf([
          [...Object.keys(row), ...wide],
          [...Object.values(row), ...wide],
        ]),
      { accepted: 1 },
    ],
    [
      'ten thousand cells too many',
      'csv',
      () => csvOf([Object.keys(row), [...Object.values(row), ...wide]]),
      { refused: 1 },
    ],
    [
      'ten thousand members',
      'ndjson',
      () => JSON.stringify({ ...row, ...Object.fromEntries(wide.map((name) => [name, name])) }),
      { accepted: 1 },
    ],
    ['a cell of a megabyte', 'csv', () => tableOf({ ...row, XK_NR: '示'.repeat(350_000) }), { refused: 1 }],
    [
      'a cell of a megabyte of digits',
      'csv',
      () => tableOf({ ...row, XK_NR: '1'.repeat(1_000_000) }),
      { refused: 1 },
    ],
    [
      'a cell of a megabyte of digits and spaces',
      'ndjson',
      () => JSON.stringify({ ...row, XK_NR: '1 '.repeat(500_000) }),
      { refused: 1 },
    ],
    [
      'a code of a megabyte',
      'ndjson',
      () => JSON.stringify({ ...row, XK_XDR_SHXYM: '9'.repeat(1_000_000) }),
      { refused: 1 },
    ],
    [
      'a date of a megabyte',
      'ndjson',
      () => JSON.stringify({ ...row, XK_JDRQ: '2'.repeat(1_000_000) }),
      { refused: 1 },
    ],
    [
      'a header of a megabyte',
      'csv',
      () => tableOf({ ...row, ['列 '.repeat(300_000)]: 'x' }),
      { received: 0, refusal: { code: 'HEADER_TOO_LONG' } },
    ],
    [
      'a title of ninety thousand characters',
      'csv',
      () => `${'列 '.repeat(45_000)}\r\n${tableOf(row)}`,
      { accepted: 1 },
    ],
    [
      'a name of a megabyte',
      'ndjson',
      () => JSON.stringify({ ...row, ['列 '.repeat(300_000)]: 'x' }),
      { refused: 1 },
    ],
    [
      'a megabyte that is dropped',
      'csv',
      () => tableOf({ ...row, XK_FRDB: '某 '.repeat(300_000) }),
      { accepted: 1 },
    ],
    [
      'a code of a megabyte of a sign that folds to eighteen',
      'csv',
      () => tableOf({ ...row, XK_XDR_SHXYM: '\ufdfa'.repeat(1_000_000) }),
      { refused: 1 },
    ],
    [
      'a megabyte that no layout knows',
      'ndjson',
      () => JSON.stringify({ ...row, 未知列: '1-'.repeat(500_000) }),
      { accepted: 1 },
    ],
    [
      'a hundred thousand blank lines',
      'csv',
      () => `${'\r\n'.repeat(100_000)}${tableOf(row)}`,
      { accepted: 1 },
    ],
  ])('%s, as %s', async (_, format, text, counts) => {
    const from = performance.now()
    expect((await takeFile(text(), format, { layout })).draft).toMatchObject({ received: 1, ...counts })
    expect(performance.now() - from).toBeLessThan(2_000)
  })

  test('more records than a part holds go into several, none lost and none doubled', async () => {
    const some = Array.from({ length: 4_001 }, (_, at) => ({ ...row, XK_WSH: String(at) }))
    const { draft, records } = await takeRecords([...some, some[0]], { layout })
    expect(draft).toMatchObject({ received: 4_002, accepted: 4_001, repeated: 1 })
    expect(draft.parts.map((part) => part.records)).toEqual([2_000, 2_000, 1])
    expect(new Set(records.map(({ document }) => document)).size).toBe(4_001)
  })
})

describe('whatever comes, there is a receipt that adds up:', () => {
  const aCell = fc.oneof(
    fc.constantFrom(
      '',
      '无',
      codeOf(1),
      codeOf(2, '92'),
      '2026-01-05',
      '1.5',
      '自然人',
      '"',
      ',',
      '\n',
      '\ud800',
      '\0',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  )

  test('any bytes', async () => {
    const someBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(
        someBytes,
        fc.constantFrom('csv', 'ndjson'),
        fc.constantFrom(...names),
        async (...sent) => {
          const [bytes, format, name] = sent
          expectAddsUp(await takeFile(bytes, format, { layout: name }))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('any records', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        fc.constantFrom(...names),
        async (some, name) => {
          expectAddsUp(await takeRecords(some, { layout: name }), some.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  test.each(names)('any cells in a table of %s, read alike as CSV and as NDJSON', async (name) => {
    const columns = Object.keys(rows[name])
    const aRow = fc.tuple(...columns.map((column) => fc.oneof(fc.constant(rows[name][column] ?? ''), aCell)))
    await fc.assert(
      fc.asyncProperty(fc.array(aRow, { minLength: 1, maxLength: 4 }), async (table) => {
        const wellFormed = table.map((cells) => cells.map((cell) => (cell.isWellFormed() ? cell : '')))
        // A row of blanks alone is no row of a table
        const stated = wellFormed.filter((cells) => cells.some((cell) => cell.trim() !== ''))
        fc.pre(stated.length > 0)
        const csv = await takeFile(csvOf([columns, ...stated]), 'csv', { layout: name })
        const objects = stated.map((cells) =>
          Object.fromEntries(columns.map((column, at) => [column, cells[at]])),
        )
        const json = await takeRecords(objects, { layout: name })
        expectAddsUp(csv, stated.length)
        expect(csv.outcomes).toEqual(json.outcomes)
        expect(csv.records).toEqual(json.records)
      }),
      { numRuns: 60 },
    )
  })
})

function expectAddsUp({ draft, outcomes, records }: Taken, received?: number): void {
  const { accepted, repeated, refused, unresolved } = draft
  expect(draft.received).toBe(accepted + repeated + refused + unresolved)
  if (received !== undefined) expect(draft.received).toBe(received)
  expect(draft.received === 0).toBe(draft.refusal !== undefined)
  expect(outcomes.map(({ index }) => index)).toEqual([...outcomes.keys()])
  for (const outcome of allOutcomes) {
    expect(outcomes.filter((each) => each.outcome === outcome)).toHaveLength(draft[outcome])
  }
  expect(records).toHaveLength(accepted + unresolved)
}

/** The row as a line of JSON in which one member is written as it is given. */
function lineWith(column: string, written: string): string {
  const { [column]: _, ...rest } = row as Readonly<Record<string, string>>
  return `{"${column}":${written},${JSON.stringify(rest).slice(1)}`
}

function tableOf(cells: Readonly<Record<string, string>>): string {
  return csvOf([Object.keys(cells), Object.values(cells)])
}

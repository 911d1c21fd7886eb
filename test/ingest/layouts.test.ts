import { readFileSync } from 'node:fs'
import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'
import { columnFinder } from '../../shared/ingest/columns.ts'
import { findHeader } from '../../shared/ingest/header.ts'
import type { Layout } from '../../shared/ingest/layouts/layout.ts'
import { findLayout, layoutId, layouts } from '../../shared/ingest/layouts/registry.ts'
import { withdrawableTypes } from '../../shared/records/types/withdrawal.ts'
import { authoritiesFileSchema } from '../../shared/settings.ts'
import { codeOf, openTestWorld } from '../records/world.ts'
import {
  csvOf,
  fileDelivery,
  fullRow,
  known,
  type LayoutName,
  minimalRow,
  recordsDelivery,
  rows,
  take,
  takeFile,
  takeRecords,
  withWorld,
} from './sample.ts'

test('records of every layout are admitted from some authority of the examples', () => {
  const file = new URL('../../examples/deployment/authorities.json', import.meta.url)
  const { authorities } = authoritiesFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const admitted = authorities.flatMap(({ recordTypes }) => recordTypes)
  expect(layouts.filter(({ recordType }) => !admitted.includes(recordType))).toEqual([])
})

test('every type of record that can be taken back has a word by which it is', () => {
  for (const { columns } of layouts.filter(({ recordType }) => recordType === 'withdrawal')) {
    const types = Object.values(columns.find(({ fact }) => fact === 'recordType')?.codes ?? {})
    expect([...new Set(types)].toSorted()).toEqual(withdrawableTypes.toSorted())
  }
})

const spellings = layouts.flatMap((layout) =>
  layout.columns.flatMap((column) =>
    [column.code, ...column.headers].map((spelling) => ({ layout, column, spelling })),
  ),
)

describe('a header means the same column', () => {
  test.each<[string, (spelling: string) => string]>([
    ['as the standard writes it', (spelling) => spelling],
    ['in full width', fullWidth],
    ['with a mark for mandatory fields', (spelling) => `*${spelling}`],
    ['with spaces and line breaks in it', (spelling) => ` ${[...spelling].join('\n ')}\u3000`],
    ['with invisible characters in it', (spelling) => `\ufeff${[...spelling].join('\u200b')}`],
    ['in lower case', (spelling) => spelling.toLowerCase()],
    ['with a colon after it', (spelling) => `${spelling}：`],
    ['with a word for mandatory fields', (spelling) => `${spelling}（必填）`],
    ['with a word for other fields', (spelling) => `${spelling}(选填项)`],
    ['with hyphens for underscores', (spelling) => spelling.replaceAll('_', '-')],
    ['as interfaces name it', (spelling) => spelling.replaceAll('_', '')],
    ...['【】', '〔〕', '［］', '[]'].map(
      ([open = '', close = '']) =>
        [
          `with brackets of another kind, ${open}${close}`,
          (spelling: string) => spelling.replace('(', open).replace(')', close),
        ] as [string, (spelling: string) => string],
    ),
  ])('%s, in every layout, in each of its spellings', (_, write) => {
    for (const { layout, column, spelling } of spellings) {
      expect(columnFinder(layout)(write(spelling))?.code, `${layout.name} ${spelling}`).toBe(column.code)
    }
  })

  test('and no spelling means two', () => {
    for (const { layout, spelling } of spellings) {
      const columnOf = columnFinder(layout)
      const same = spellings.filter(
        (each) => each.layout === layout && columnOf(each.spelling) === columnOf(spelling),
      )
      expect(new Set(same.map(({ column }) => column)).size, `${layout.name} ${spelling}`).toBe(1)
    }
  })

  test('in whatever order the columns come', () => {
    for (const layout of layouts) {
      const codes = layout.columns.map(({ code }) => code)
      for (const some of [codes, codes.toReversed()]) {
        expect(findHeader(layout, [some])).toMatchObject({ row: 0, columns: some.map((code) => ({ code })) })
      }
    }
  })
})

const full: Readonly<Record<LayoutName, readonly (readonly [string, string])[]>> = {
  'licence-2018': [
    ['行政相对人名称', '示例有限公司'],
    ['行政相对人类别', '法人及非法人组织'],
    ['行政相对人代码＿1（统一社会信用代码）', codeOf(1)],
    ['法定代表人', '某某'],
    ['法定代表人证件类型', '身份证'],
    ['行政许可决定文书名称', '准予许可决定书'],
    ['行政许可决定文书号', '示许〔2026〕1号'],
    ['许可类别', '普通'],
    ['许可证书名称', '示例许可证'],
    ['许可编号', 'XK-1'],
    ['许可内容', '示例经营'],
    ['许可决定日期', '2026/1/5'],
    ['有效期自', '20260106'],
    ['有效期至', '2099-12-31'],
    ['许可机关', '示例局'],
    ['许可机关统一社会信用代码', '00000000000000000X'],
    ['当前状态', '1'],
    ['数据来源单位', '示例局'],
    ['数据来源单位统一社会信用代码', codeOf(900, '11')],
    ['备注', '—'],
    ['数据导出时间', '2026-01-07 08:00:00'],
  ],
  'penalty-2018': [
    ['行政相对人名称', '示例有限公司'],
    ['行政相对人代码＿1', codeOf(1)],
    ['法定代表人', '某某'],
    ['行政处罚决定书文号', '示罚〔2026〕1号'],
    ['违法行为类型', '示例行为'],
    ['违法事实', '示例事实'],
    ['处罚依据', '示例法第一条'],
    ['处罚类别', '罚款；没收违法所得、没收非法财物'],
    ['处罚内容', '罚款'],
    ['罚款金额（万元）', '0.1234'],
    ['没收违法所得、没收非法财物的金额（万元）', '1,200.5'],
    ['暂扣或吊销证照名称及编号', '/'],
    ['处罚决定日期', '2026年1月5日'],
    ['处罚有效期', '无处罚期限'],
    ['公示截止期', '2027-01-05 00:00:00'],
    ['处罚机关', '示例局'],
    ['处罚机关统一社会信用代码', codeOf(900, '11')],
    ['数据来源单位', '示例局'],
    ['备注', ''],
    ['数据导出时间', '2026-01-07 08:00:00'],
  ],
  registration: [
    ['序号', '1'],
    ['企业名称', '示例有限公司'],
    ['统一社会信用代码', codeOf(1)],
    ['登记机关', '示例局'],
    ['企业类型', '有限责任公司'],
    ['登记状态', '存续'],
    ['住所', '示例路1号'],
    ['注册资本（万元）', '500'],
    ['币种', '人民币'],
    ['经营范围', '示例经营'],
    ['核准日期', '2026-01-05'],
    ['成立日期', '2020-01-05'],
    ['经营期限自', '2020-01-05'],
    ['经营期限至', '长期'],
    ['行政区划代码', '330200'],
    ['法定代表人', '某某'],
  ],
}

describe('a file with every column makes the record that the layout promises', () => {
  test('licence-2018', async () => {
    const [record] = (await takeFile(tableOf('licence-2018'), 'csv', { layout: 'licence-2018' })).records
    expect(record).toEqual({
      type: 'licence',
      authority: 'authority-0',
      subject: { kind: 'uscc', value: codeOf(1) },
      otherIdentifiers: [],
      document: '示许(2026)1号',
      revision: '',
      layout: 'licence-2018@1',
      facts: {
        subjectName: '示例有限公司',
        documentName: '准予许可决定书',
        documentNumber: '示许〔2026〕1号',
        category: '普通',
        certificateName: '示例许可证',
        certificateNumber: 'XK-1',
        content: '示例经营',
        decidedOn: '2026-01-05',
        validFrom: '2026-01-06',
        licensingAuthority: '示例局',
        status: 'valid',
        sourceUnit: '示例局',
        sourceUnitCode: codeOf(900, '11'),
      },
    })
  })

  test('penalty-2018, amounts in yuan', async () => {
    const [record] = (await takeFile(tableOf('penalty-2018'), 'csv', { layout: 'penalty-2018' })).records
    expect(record).toMatchObject({ type: 'penalty', document: '示罚(2026)1号', revision: '' })
    expect(record?.facts).toEqual({
      subjectName: '示例有限公司',
      documentNumber: '示罚〔2026〕1号',
      offence: '示例行为',
      grounds: '示例事实',
      legalBasis: '示例法第一条',
      kinds: ['罚款', '没收违法所得、没收非法财物'],
      content: '罚款',
      fineYuan: '1234',
      confiscatedYuan: '12005000',
      decidedOn: '2026-01-05',
      publishedTo: '2027-01-05',
      penaltyAuthority: '示例局',
      penaltyAuthorityCode: codeOf(900, '11'),
      sourceUnit: '示例局',
    })
  })

  test('registration, revised by its approval date', async () => {
    const [record] = (await takeFile(tableOf('registration'), 'csv', { layout: 'registration' })).records
    expect(record).toMatchObject({ type: 'registration', document: 'registration', revision: '2026-01-05' })
    expect(record?.facts).toEqual({
      name: '示例有限公司',
      registrationAuthority: '示例局',
      organisationType: '有限责任公司',
      status: '存续',
      address: '示例路1号',
      registeredCapital: '5000000',
      capitalCurrency: '人民币',
      businessScope: '示例经营',
      approvedOn: '2026-01-05',
      establishedOn: '2020-01-05',
      operatingFrom: '2020-01-05',
      division: '330200',
    })
  })
})

describe.each(layouts)('a file of $name is read alike', (of) => {
  const layout = of.name
  const row = fullRow(of)
  const [header, cells] = [Object.keys(row), Object.values(row)]
  const csv = csvOf([header, cells])

  test.each<[string, string]>([
    ['with titles above its header', `示例市信息公示表\r\n表格说明：带 * 的列必填\r\n\r\n${csv}`],
    ['with nine rows above its header', `${'说明\r\n'.repeat(9)}${csv}`],
    ['with a byte order mark', `\ufeff${csv}`],
    ['with line feeds alone', csv.replaceAll('\r\n', '\n')],
    ['with line ends of both kinds', `示例市信息公示表\r\n${csv.replaceAll('\r\n', '\n')}\r\n`],
    ['with line ends of both kinds, the other way', `示例市信息公示表\n${csv}\n`],
    ['with carriage returns alone', csv.replaceAll('\r\n', '\r')],
    ['with every cell quoted', Papa.unparse([header, cells], { quotes: true })],
    ['with blank lines within and after', `${csv.replaceAll('\r\n', '\r\n\r\n,,,\r\n')}\r\n\r\n\r\n`],
    [
      'with columns nobody knows',
      csvOf([
        ['未知列', ...header, ''],
        ['x', ...cells, 'y'],
      ]),
    ],
    ['with its columns in another order', csvOf([header.toReversed(), cells.toReversed()])],
    ['with cells missing at the end of a row', csvOf([[...header, '未知列', '另一未知列'], cells])],
  ])('%s', async (_, written) => {
    const plain = await takeFile(csv, 'csv', { layout })
    expect(plain.draft).toMatchObject({ received: 1, accepted: 1 })
    expect(await takeFile(written, 'csv', { layout })).toMatchObject({
      draft: { received: 1, accepted: 1 },
      records: plain.records,
    })
  })

  test('as NDJSON and as an envelope', async () => {
    const plain = await takeFile(csv, 'csv', { layout })
    const lines = `\ufeff${JSON.stringify(row)}\r\n\r\n`
    expect((await takeFile(lines, 'ndjson', { layout })).records).toEqual(plain.records)
    const enveloped = await withWorld((world) => take(world, recordsDelivery([row], { layout })))
    expect(enveloped.records).toEqual(plain.records)
  })

  test('under its name with or without a version', async () => {
    const plain = await takeFile(csv, 'csv', { layout })
    expect((await takeFile(csv, 'csv', { layout: layoutId(of) })).records).toEqual(plain.records)
    expect(findLayout(`${layout}@${of.version + 1}`)).toBeUndefined()
  })

  test('exported again at another time: every record is known', async () => {
    await withWorld(async (world) => {
      const first = await take(world, fileDelivery(csv, 'csv', { layout, submissionId: 'first' }))
      const again = csv.replace('2026-01-07 08:00:00', '2026-01-08 09:30:00')
      expect(again).not.toBe(csv)
      const second = await take(world, fileDelivery(again, 'csv', { layout, submissionId: 'second' }))
      expect(second.records).toEqual(first.records)
      expect(second.draft.parts).toEqual(first.draft.parts)
    })
  })
})

describe('a table of fewer columns, as authorities publish them, is read:', () => {
  // The optional ones that are left out: of people and of the export, then of the sender too
  const people = ['法定代表人', '法定代表人证件类型', '数据导出时间', '许可证书名称', '许可编号']
  const variants: readonly (readonly [LayoutName, readonly string[]])[] = [
    ['licence-2018', people],
    ['licence-2018', [...people, '数据来源单位', '数据来源单位统一社会信用代码', '备注']],
    ['penalty-2018', people],
    ['registration', people],
  ]

  test.each(variants)('%s without %j', async (layout, left) => {
    const columns = full[layout].filter(([header]) => !left.includes(header))
    expect(columns.length).toBeLessThan(full[layout].length)
    const csv = csvOf([columns.map(([header]) => header), columns.map(([, cell]) => cell)])
    const [record] = (await takeFile(csv, 'csv', { layout })).records
    const [whole] = (await takeFile(tableOf(layout), 'csv', { layout })).records
    expect(record?.subject).toEqual(whole?.subject)
    expect(whole?.facts).toMatchObject(record?.facts ?? {})
  })

  const published = full['licence-2018'].filter(([header]) => !people.includes(header))

  test.each([19, 22])('of %d columns', async (width) => {
    // What pages of publication add: a number for the row, who reported it and when, and what nobody fills
    const more = [
      '序号',
      '上报时间',
      '行政相对人代码＿5',
      '行政相对人代码＿6',
      '证件类型',
      '自然人证件号码',
    ].map((header) => [header, ''] as const)
    const columns = [...more.slice(0, width - published.length), ...published]
    expect(columns).toHaveLength(width)
    const csv = csvOf([columns.map(([header]) => header), columns.map(([, cell]) => cell)])
    expect((await takeFile(csv, 'csv', { layout: 'licence-2018' })).draft).toMatchObject({
      received: 1,
      accepted: 1,
    })
  })
})

describe('a header is refused', () => {
  const layout = known('licence-2018')
  const required = ['XK_XDR_MC', 'XK_WSH', 'XK_JDRQ', 'XK_XKJG']

  test.each(required)('without the column %s', (code) => {
    const header = required.filter((each) => each !== code)
    expect(findHeader(layout, [header])).toMatchObject({ code: 'HEADER_NOT_FOUND', path: '/header' })
  })

  test('and says which columns the nearest row lacks, by code and Chinese header, quoting none of its cells', () => {
    const near = ['XK_XDR_MC', 'XK_JDRQ', '不该出现的字']
    const found = findHeader(layout, [['说明'], near])
    expect(found).toMatchObject({
      detail: 'The row that comes nearest lacks XK_WSH (行政许可决定文书号), XK_XKJG (许可机关).',
    })
    expect(JSON.stringify(found)).not.toContain('不该出现的字')
  })

  test.each([
    [';', /seem to be by semicolons/],
    ['\t', /seem to be by tabs/],
  ])('and says so when its cells are divided by %j', (mark, hint) => {
    expect(findHeader(layout, [[required.join(mark)]])).toMatchObject({ detail: expect.stringMatching(hint) })
    expect(findHeader(layout, [['说明']])).toMatchObject({ detail: expect.not.stringMatching(/seem to be/) })
  })

  test('below the tenth row', () => {
    const titles = Array.from({ length: 10 }, () => ['说明'])
    expect(findHeader(layout, [...titles.slice(1), required])).toMatchObject({ row: 9 })
    expect(findHeader(layout, [...titles, required])).toMatchObject({
      code: 'HEADER_NOT_FOUND',
      path: '/header',
    })
  })

  test('for a telephone in it, but for none above it or where there is no header: a record has one', () => {
    const telephone = ['联系电话：13800138000']
    expect(findHeader(layout, [telephone, required])).toMatchObject({ row: 1 })
    expect(findHeader(layout, [[...required, ...telephone]])).toMatchObject({
      code: 'HEADER_PERSONAL_DATA',
      detail: 'It stands in row 1, blank rows left out, column 5.',
    })
    const penalties = known('penalty-2018').columns.flatMap(({ code, required }) => (required ? [code] : []))
    const found = findHeader(layout, [penalties, telephone])
    expect(found).toMatchObject({
      code: 'HEADER_NOT_FOUND',
      detail: expect.stringContaining('The header fits penalty-2018'),
    })
    expect(JSON.stringify(found)).not.toContain('13800138000')
  })

  test('when two columns mean the same field: nobody can say which one counts', () => {
    const twice = [...required, '许可机关']
    expect(findHeader(layout, [twice])).toEqual({
      ...{ code: 'HEADER_AMBIGUOUS', path: '/header/XK_XKJG' },
      detail: 'It stands in row 1, blank rows left out, column 4 and 5.',
    })
  })

  test('not when two columns are dropped alike', () => {
    for (const two of [
      ['序号', '数据导出时间'],
      ['法定代表人', 'XK_FR'],
    ]) {
      expect(findHeader(layout, [[...required, ...two]])).toMatchObject({ row: 0 })
    }
  })
})

describe('a row', () => {
  test('of two columns of one meaning that are looked at and dropped may say it in either, or twice the same', async () => {
    const resident = '11010519491231002X'
    const two = (...[first, second]: readonly [string, string]) => ({
      ...rows.registration,
      ...{ 证件号码: first, 身份证号码: second },
    })
    const all = [
      two('无', ''),
      two('', resident),
      two(resident, '/'),
      two(resident, resident),
      two(resident, '1'),
    ]
    const [head = {}] = all
    const files = [
      ['csv', csvOf([Object.keys(head), ...all.map((row) => Object.values(row))])],
      ['json', Buffer.from(JSON.stringify(all))],
    ] as const
    for (const [format, bytes] of files) {
      const { outcomes } = await takeFile(bytes, format, { layout: 'registration' })
      expect(outcomes.map(({ code }) => code)).toEqual([
        undefined,
        ...['SUBJECT_NATURAL_PERSON', 'SUBJECT_NATURAL_PERSON', 'SUBJECT_NATURAL_PERSON', 'HEADER_AMBIGUOUS'],
      ])
    }
  })

  test('with more cells than the header is refused: its values stand in the wrong columns', async () => {
    const table = [Object.keys(rows.registration), [...Object.values(rows.registration), 'x']]
    const { outcomes } = await takeFile(csvOf(table), 'csv', { layout: 'registration' })
    expect(outcomes).toMatchObject([{ index: 0, outcome: 'refused', code: 'ROW_SHAPE', path: '/records/0' }])
  })

  test('with more cells than the header is read where those are blank', async () => {
    const table = [Object.keys(rows.registration), [...Object.values(rows.registration), '', ' ']]
    expect((await takeFile(csvOf(table), 'csv', { layout: 'registration' })).draft.accepted).toBe(1)
  })

  test.each(layouts)('of $name without a required field is refused, with the field', async (of) => {
    const required = of.columns.filter(({ required }) => required)
    expect(required.length).toBeGreaterThan(0)
    await expectOutcomes(
      of,
      required.flatMap(({ code }) =>
        ['', '无', undefined].map((cell) => ({ cells: { [code]: cell }, code: 'FIELD_MISSING', at: code })),
      ),
    )
  })

  const standIns = layouts.flatMap((of) =>
    of.columns.flatMap(({ code, orElse }) => (orElse === undefined ? [] : [{ of, code, orElse }])),
  )
  test.each(standIns)(
    'of $of.name is kept without $code where $orElse is stated, and refused without both',
    async ({ of, code, orElse }) => {
      const other = of.columns.find(({ fact }) => fact === orElse)?.code ?? expect.fail('no such fact')
      await expectOutcomes(of, [
        { cells: { [code]: '', [other]: minimalRow(of)[code] } },
        { cells: { [code]: '', [other]: '' }, code: 'FIELD_MISSING', at: code },
      ])
    },
  )

  test('of a required date that is the official unknown is refused', async () => {
    const row = { ...rows['licence-2018'], XK_JDRQ: '1900-01-01' }
    const { outcomes } = await withWorld((world) =>
      take(world, recordsDelivery([row], { layout: 'licence-2018' })),
    )
    expect(outcomes).toMatchObject([{ code: 'FIELD_MISSING', path: '/records/0/XK_JDRQ' }])
  })

  // The test world's clock says 2026-06-01T08:00 in China
  test.each(layouts)(
    'of $name that tells of something after the day of receipt as past is refused, with the field',
    async (of) => {
      const past = of.columns.filter(({ kind, fact }) => kind === 'past-date' && fact !== undefined)
      const later = ['2026-06-02', '9999-12-31', '2925年7月15日']
      await expectOutcomes(
        of,
        past.flatMap(({ code }) => [
          { cells: { [code]: '2026-06-01' } },
          ...later.map((cell) => ({ cells: { [code]: cell }, code: 'DATE_IN_FUTURE', at: code })),
        ]),
      )
    },
  )

  test('is received on the day that it is in China', async () => {
    const row = { ...rows['licence-2018'], XK_JDRQ: '2026-06-02' }
    const receivedAt = (seconds: number) => {
      const world = openTestWorld([seconds])
      return take(world, recordsDelivery([row], { layout: 'licence-2018' })).finally(() => world.close())
    }
    // Midnight in China is 16:00 UTC
    expect((await receivedAt(16 * 3_600 - 1)).outcomes[0]?.code).toBe('DATE_IN_FUTURE')
    expect((await receivedAt(16 * 3_600)).outcomes[0]?.code).toBeUndefined()
  })

  test('may be valid from a day to come, and to one', async () => {
    const row = { ...rows['licence-2018'], XK_YXQZ: '2026-12-01', XK_YXQZI: '2027-12-01' }
    const { draft } = await withWorld((world) =>
      take(world, recordsDelivery([row], { layout: 'licence-2018' })),
    )
    expect(draft.accepted).toBe(1)
  })

  test.each(layouts)(
    'of $name with a value longer than the layout allows is refused, with the field',
    async (of) => {
      const texts = of.columns.filter(
        ({ kind, fact }) => fact !== undefined && ['text', 'number'].includes(kind),
      )
      await expectOutcomes(
        of,
        texts.flatMap(({ code, maxLength = 4_000 }) => [
          { cells: { [code]: '示'.repeat(maxLength) } },
          { cells: { [code]: '示'.repeat(maxLength + 1) }, code: 'FIELD_TOO_LONG', at: code },
        ]),
      )
    },
  )
})

type Expected = {
  readonly cells: Readonly<Record<string, string | undefined>>
  /** Of the refusal; without one the row is kept. */
  readonly code?: string
  readonly at?: string
}

/** Sends the least row of a layout with other cells, once for each. */
async function expectOutcomes(layout: Layout, expected: readonly Expected[]): Promise<void> {
  if (expected.length === 0) return
  const sent = expected.map(({ cells }) => JSON.parse(JSON.stringify({ ...minimalRow(layout), ...cells })))
  const { outcomes } = await takeRecords(sent, { layout: layout.name })
  expect(outcomes.map(({ code, path }) => `${code ?? 'kept'} ${path ?? ''}`)).toEqual(
    expected.map(({ code, at }, n) => (code ? `${code} /records/${n}/${at}` : 'kept ')),
  )
}

function tableOf(layout: LayoutName): string {
  return csvOf([full[layout].map(([header]) => header), full[layout].map(([, cell]) => cell)])
}

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0))
}

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { detectFile } from '../../shared/ingest/detect.ts'
import { parseFileName } from '../../shared/ingest/file-name.ts'
import { FileRefused } from '../../shared/ingest/formats/format.ts'
import type { Column, Layout } from '../../shared/ingest/layouts/layout.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { csvOf, minimalRow, rows, streamOf, takeFile, takeRecords } from './sample.ts'

const corpus = new URL('corpus/', import.meta.url)

async function detect(bytes: string | Uint8Array, name = 'a.csv'): Promise<string> {
  const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  const told = await detectFile({ format: parseFileName(name)?.format, bytes: streamOf(body) })
  return told.map(({ name }) => name).join(' or ')
}

// Of those that have the same columns for records of the same type, the sender has to say which it is
const tied = layouts.filter((layout) =>
  layoutsLike(layout).some((each) => each !== layout && each.recordType === layout.recordType),
)
const files = readdirSync(corpus)
  .filter((layout) => !tied.some(({ name }) => name === layout))
  .flatMap((layout) => readdirSync(new URL(layout, corpus)).map((name) => ({ layout, name })))
  .filter(({ name }) => parseFileName(name) !== undefined && !name.endsWith('.json'))
  // Its header lacks a column, and it is refused for that
  .filter(({ name }) => name !== 'undated.csv')

describe('the layout of a file', () => {
  test.each(files)('$layout/$name is told from its header', async ({ layout, name }) => {
    expect(await detect(readFileSync(new URL(`${layout}/${name}`, corpus)), name)).toBe(layout)
  })

  test.each(layouts)(
    '$name is told from the field codes of a table or of records, or named with those that have the same',
    async (layout) => {
      const codes = layout.columns.map(({ code }) => code)
      const names = layoutsLike(layout)
        .map(({ name }) => name)
        .join(' or ')
      const line = JSON.stringify(Object.fromEntries(codes.map((code) => [code, ''])))
      expect(await detect(`${line}\n`, 'a.ndjson')).toBe(names)
      expect(await detect(csvOf([codes, codes.map(() => 'x')]))).toBe(names)
    },
  )

  test('is one of three, and no more, where it takes back, mends or corrects', () => {
    expect(tied.map(({ name }) => name)).toEqual(['withdrawal', 'credit-repair', 'correction'])
  })

  test('is none where no layout’s required columns are there', async () => {
    expect(await detect('a,b\r\n1,2\r\n')).toBe('')
    expect(await detect('', 'a.csv')).toBe('')
    const { CF_WSH: _, ...lacking } = rows['penalty-2018']
    expect(await detect(csvOf([Object.keys(lacking), Object.values(lacking)]))).toBe('')
  })

  test.each([
    [['企业名称', '统一社会信用代码']],
    [['序号', '企业名称', '统一社会信用代码', '公示年度', '荣誉名称']],
  ])(
    'is none where a list names organisations and says nothing of them that is known: %j',
    async (header) => {
      expect(await detect(csvOf([header, header.map(() => 'x')]))).toBe('')
    },
  )

  test.each([
    ['penalty-2018', '行政处罚决定书文号', '处罚类别', '处罚决定日期', '处罚机关'],
    ['penalty-2015', '行政处罚决定书文号', '处罚类别1', '处罚决定日期', '处罚机关'],
    ['licence-2018', '行政许可决定文书号', '许可内容', '许可决定日期', '许可机关'],
    ['licence-2015', '行政许可决定书文号', '许可内容', '许可决定日期', '许可机关'],
  ])('is that of the standard whose own words a short table has: %s', async (layout, ...words) => {
    expect(await detect(csvOf([['行政相对人名称', '统一社会信用代码', ...words]]))).toBe(layout)
  })

  test('of a list is any kind of list, until a word of its header tells', async () => {
    const header = ['企业名称', '统一社会信用代码', '列入原因', '列入日期', '作出决定机关']
    const named = header.with(2, '列入严重违法失信名单原因')
    expect(await detect(csvOf([header]))).toBe('abnormal-listing or serious-listing')
    expect(await detect(csvOf([named]))).toBe('serious-listing')
  })

  test('is told under titles, and from a header with columns that nobody knows', async () => {
    const row = minimalRow(layouts.find(({ name }) => name === 'penalty-2018') ?? missing())
    const table = [['表格说明'], ['2026年'], [...Object.keys(row), '联系电话'], [...Object.values(row), '']]
    expect(await detect(csvOf(table))).toBe('penalty-2018')
  })

  test('is told from records whose first is longer than what is read at once', async () => {
    const line = JSON.stringify({ ...rows['penalty-2018'], CF_SY: 'x'.repeat(200_000) })
    expect(await detect(`[${line}]`, 'a.json')).toBe('penalty-2018')
  })

  test('is not looked for in a file that cannot be read', async () => {
    await expect(detect('<!DOCTYPE x><x/>', 'a.xml')).rejects.toThrow(FileRefused)
  })
})

describe('records that are sent in another layout than theirs', () => {
  const writings = {
    ndjson: (records: readonly object[]) => records.map((record) => JSON.stringify(record)).join('\n'),
    json: (records: readonly object[]) => JSON.stringify(records),
    xml: (records: readonly object[]) => {
      const members = (record: object) =>
        Object.entries(record).map(([name, value]) => `<${name}>${value}</${name}>`)
      const fields = records.map((record) => `<fields>${members(record).join('')}</fields>`)
      return `<ExchangeMessage><Body>${fields.join('')}</Body></ExchangeMessage>`
    },
  } as const

  test.each(['ndjson', 'json', 'xml'] as const)(
    'are refused whole, and told which it is, as %s',
    async (format) => {
      const { draft } = await takeFile(writings[format]([rows['penalty-2018']]), format, {
        layout: 'licence-2018',
      })
      expect(draft.refusal).toMatchObject({
        ...{ code: 'LAYOUT_DISAGREES', path: '/records' },
        reason: expect.stringContaining('The members of the first records fit penalty-2018.'),
      })
    },
  )

  test('are told so in an envelope as well', async () => {
    const { draft } = await takeRecords([rows['licence-2018']], { layout: 'penalty-2018' })
    expect(draft.refusal).toMatchObject({ code: 'LAYOUT_DISAGREES', path: '/records' })
  })

  test('are told what they lack where no layout knows them', async () => {
    const { draft } = await takeFile('{"data": [], "total": 0}', 'json', { layout: 'penalty-2018' })
    expect(draft.refusal).toMatchObject({
      ...{ code: 'HEADER_NOT_FOUND', path: '/records' },
      reason: expect.stringContaining('CF_WSH (行政处罚决定书文号)'),
    })
  })

  test('are each refused for what it lacks where they are of this layout', async () => {
    const { CF_WSH: _, ...lacking } = rows['penalty-2018']
    const { outcomes } = await takeFile(writings.ndjson([lacking, rows['penalty-2018']]), 'ndjson', {
      layout: 'penalty-2018',
    })
    expect(outcomes.map(({ code, path }) => [code, path])).toEqual([
      ['FIELD_MISSING', '/records/0/CF_WSH'],
      [undefined, undefined],
    ])
  })

  test('are not told by what their sender refused before they left', async () => {
    const before = { '@refused': { code: 'TEXT_PERSONAL_DATA', path: '' } }
    const { draft } = await takeFile(writings.ndjson([before]), 'ndjson', { layout: 'penalty-2018' })
    expect(draft).toMatchObject({ received: 1, refused: 1 })
  })
})

function layoutsLike(layout: Layout): readonly Layout[] {
  return layouts.filter(({ columns }) => codesOf(columns) === codesOf(layout.columns))
}

function codesOf(columns: readonly Column[]): string {
  return columns
    .map(({ code }) => code)
    .toSorted()
    .join()
}

function missing(): never {
  throw new Error('there is none')
}

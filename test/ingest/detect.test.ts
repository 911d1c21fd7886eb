import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { detectFile } from '../../shared/ingest/detect.ts'
import { parseFileName } from '../../shared/ingest/file-name.ts'
import { FileRefused } from '../../shared/ingest/formats/format.ts'
import type { Column } from '../../shared/ingest/layouts/layout.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { csvOf, minimalRow, rows, streamOf } from './sample.ts'

const corpus = new URL('corpus/', import.meta.url)

async function detect(bytes: string | Uint8Array, name = 'a.csv'): Promise<string> {
  const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  const told = await detectFile({ format: parseFileName(name)?.format, bytes: streamOf(body) })
  return told.map(({ name }) => name).join(' or ')
}

// What takes back, mends or corrects has the same columns: which it is, the sender has to say
const TIED = layouts.filter(({ name }) => ['withdrawal', 'credit-repair', 'correction'].includes(name))
const files = readdirSync(corpus)
  .filter((layout) => !TIED.some(({ name }) => name === layout))
  .flatMap((layout) => readdirSync(new URL(layout, corpus)).map((name) => ({ layout, name })))
  .filter(({ name }) => parseFileName(name) !== undefined && !name.endsWith('.json'))
  // Its header lacks a column, and it is refused for that
  .filter(({ name }) => name !== 'undated.csv')

describe('the layout of a file', () => {
  test.each(files)('$layout/$name is told from its header', async ({ layout, name }) => {
    expect(await detect(readFileSync(new URL(`${layout}/${name}`, corpus)), name)).toBe(layout)
  })

  test.each(layouts.filter((layout) => !TIED.includes(layout)))(
    '$name is told from the field codes of records as well, or named with those that have the same',
    async (layout) => {
      const line = JSON.stringify(Object.fromEntries(layout.columns.map(({ code }) => [code, ''])))
      const same = layouts.filter(({ columns }) => codesOf(columns) === codesOf(layout.columns))
      expect(await detect(`${line}\n`, 'a.ndjson')).toBe(same.map(({ name }) => name).join(' or '))
    },
  )

  test('is one of several where they have the same columns, and all of them are named', async () => {
    const [layout] = TIED
    if (layout === undefined) throw new Error('no layout')
    const columns = layout.columns.map(({ code }) => code)
    expect(await detect(csvOf([columns, columns.map(() => 'x')]))).toBe(
      TIED.map(({ name }) => name).join(' or '),
    )
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

  test('is not looked for in a file that cannot be read', async () => {
    await expect(detect('<!DOCTYPE x><x/>', 'a.xml')).rejects.toThrow(FileRefused)
  })
})

function codesOf(columns: readonly Column[]): string {
  return columns
    .map(({ code }) => code)
    .toSorted()
    .join()
}

function missing(): never {
  throw new Error('there is none')
}

import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import * as excel from '@e965/xlsx'
import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'
import { type FileFormat, formats, parseFileName } from '../../shared/ingest/formats/registry.ts'
import { readFileContent, refusalOf } from './read-content.ts'
import { type Taken, takeFile } from './sample.ts'

const layout = 'penalty-2018'
const corpus = new URL('corpus/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, corpus))
const twins = readdirSync(corpus).filter((name) => name.startsWith('penalties'))
const plain = await takeFile(read('penalties.csv'), 'csv', { layout })

describe('the rows of penalties.csv', () => {
  test('are 48 records and three refusals, in document numbers of every kind of bracket', () => {
    expect(plain.draft).toMatchObject({ received: 51, accepted: 48, refused: 3 })
    const numbers = plain.records.slice(0, 60).map(({ facts }) => String(facts['documentNumber']))
    const kinds = new Set(numbers.map((number) => number.replace(/[^〔［(（【[]/g, '')))
    expect(kinds).toEqual(new Set(['〔', '［', '(', '（', '【', '[']))
    for (const { document } of plain.records) expect(document).toMatch(/^示环罚字\(20\d\d\)第\d+号$/)
  })

  test.each(twins)('are the same records in %s, whatever its sender says it is', async (name) => {
    const told = parseFileName(name)?.format
    for (const format of new Set([told, undefined, ...lies(told)])) {
      expectSame(await takeFile(read(name), format, { layout }))
    }
  })

  test.each(twins)('are the same records in %s packed by gzip', async (name) => {
    expectSame(await takeFile(gzipSync(read(name)), parseFileName(name)?.format, { layout }))
    expectSame(await takeFile(gzipSync(read(name)), undefined, { layout }))
  })

  test('are in files of every format', () => {
    const found = new Set(twins.map((name) => parseFileName(name)?.format))
    expect(found).toEqual(new Set(formats.map(({ name }) => name)))
  })
})

// A workbook is one whatever it is called; so is XML
function lies(told: FileFormat | undefined): readonly FileFormat[] {
  return told === 'workbook' || told === 'xml' ? ['csv', 'json', 'ndjson'] : []
}

function expectSame({ records, outcomes }: Taken): void {
  expect(records).toEqual(plain.records)
  expect(outcomes).toEqual(plain.outcomes)
}

describe('the name of a file', () => {
  test.each([
    ['day-1.csv', 'day-1', 'csv'],
    ['day-1.v2.CSV.gz', 'day-1.v2', 'csv'],
    ['a.ndjson', 'a', 'ndjson'],
    ['a.jsonl', 'a', 'ndjson'],
    ['a.json.gz', 'a', 'json'],
    ['a.xml', 'a', 'xml'],
    ['a.xls', 'a', 'workbook'],
    ['ZHXYXT0000_XYSJJH1-0102_2026112008.xlsx', 'ZHXYXT0000_XYSJJH1-0102_2026112008', 'workbook'],
  ])('%s says that it is %s, of the format %s', (name, stem, format) => {
    expect(parseFileName(name)).toEqual({ stem, format })
  })

  test.each(['csv', '.csv', 'a.txt', 'a.gz', 'a.csv.zip', 'a.xlsm', ''])('%j says nothing', (name) => {
    expect(parseFileName(name)).toBeUndefined()
  })
})

describe('a text without a name', () => {
  test.each([
    ['CSV', 'XK_WSH,XK_NR\r\n1,2\r\n', { rows: [['XK_WSH', 'XK_NR'], ['1', '2']] }],
    ['NDJSON', ' \n{"a":1}\n{"a":2}', { records: [{ a: 1 }, { a: 2 }] }],
    ['JSON', '\ufeff [{"a":1},\n{"a":2}]', { records: [{ a: 1 }, { a: 2 }] }],
    ['XML', '<ExchangeMessage><Body><fields><a>1</a></fields></Body></ExchangeMessage>', { records: [{ a: '1' }] }],
  ])('is %s by what it begins with', async (_, text, content) => {
    expect(await readFileContent(Buffer.from(text))).toMatchObject(content)
  })

  test('that its sender calls CSV may begin as JSON does: titles begin in any way', async () => {
    const text = '[附件1] 许可信息\r\nXK_WSH,XK_NR\r\n1,2\r\n'
    expect((await readFileContent(Buffer.from(text), "csv")).rows).toContainEqual(['XK_WSH', 'XK_NR'])
  })

  test('under the name of a workbook is refused: a web page, a table, nothing at all', async () => {
    for (const text of ['<html><table><tr><td>1</td></tr></table></html>', 'a,b\r\n1,2\r\n', '']) {
      expect(await refusalOf(Buffer.from(text), 'workbook')).toEqual({ code: 'FORMAT_DISAGREES', path: '/rows/0' })
    }
  })
})

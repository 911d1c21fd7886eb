import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import * as excel from '@e965/xlsx'
import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'
import { parseFileName } from '../../shared/ingest/file-name.ts'
import { type FileFormat, formats, readBatches } from '../../shared/ingest/formats/registry.ts'
import { codeOf } from '../records/world.ts'
import { readFileContent, refusalOf } from './read-content.ts'
import { streamOf, type Taken, takeFile } from './sample.ts'
import { part, partsOf, sheetOf, zipOf } from './zip-parts.ts'

const layout = 'penalty-2018'
const corpus = new URL('format-corpus/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, corpus))
const twins = readdirSync(corpus).filter((name) => name.startsWith('penalties'))
const plain = await takeFile(read('penalties.csv'), 'csv', { layout })

describe('the rows of penalties.csv', () => {
  test('are 48 records and three refusals, in document numbers of every kind of bracket', () => {
    expect(plain.draft).toMatchObject({ received: 51, accepted: 48, refused: 3 })
    const numbers = plain.records.map(({ facts }) =>
      'documentNumber' in facts ? String(facts.documentNumber) : '',
    )
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
    [
      'CSV',
      'XK_WSH,XK_NR\r\n1,2\r\n',
      {
        rows: [
          ['XK_WSH', 'XK_NR'],
          ['1', '2'],
        ],
      },
    ],
    ['NDJSON', ' \n{"a":1}\n{"a":2}', { records: [{ a: 1 }, { a: 2 }] }],
    ['JSON', '\ufeff [{"a":1},\n{"a":2}]', { records: [{ a: 1 }, { a: 2 }] }],
    [
      'JSON of records on lines of their own',
      '{\n  "a": 1\n}\n{\n  "a": 2\n}',
      { records: [{ a: 1 }, { a: 2 }] },
    ],
    ['JSON broken after a comma', '{"a": 1, \r\n"b": 2}', { records: [{ a: 1, b: 2 }] }],
    [
      'XML after a comment',
      '<!-- a --><m:ExchangeMessage xmlns:m="m"><m:Body><m:fields><m:a>1</m:a></m:fields></m:Body></m:ExchangeMessage>',
      { records: [{ a: '1' }] },
    ],
    [
      'XML with a prefix',
      '<m:ExchangeMessage xmlns:m="m"><m:Body><m:fields><m:a>1</m:a></m:fields></m:Body></m:ExchangeMessage>',
      { records: [{ a: '1' }] },
    ],
    [
      'XML',
      '<ExchangeMessage><Body><fields><a>1</a></fields></Body></ExchangeMessage>',
      { records: [{ a: '1' }] },
    ],
  ])('is %s by what it begins with', async (_, text, content) => {
    expect(await readFileContent(Buffer.from(text))).toMatchObject(content)
  })

  test('that its sender calls CSV may begin as JSON does: titles begin in any way', async () => {
    const text = '[附件1] 许可信息\r\nXK_WSH,XK_NR\r\n1,2\r\n'
    expect((await readFileContent(Buffer.from(text), 'csv')).rows).toContainEqual(['XK_WSH', 'XK_NR'])
  })

  test('under the name of a workbook is refused: a web page, a table, nothing at all', async () => {
    for (const text of ['<html><table><tr><td>1</td></tr></table></html>', 'a,b\r\n1,2\r\n', '']) {
      expect(await refusalOf(Buffer.from(text), 'workbook')).toEqual({
        code: 'FORMAT_DISAGREES',
        path: '/object',
      })
    }
  })
})

describe('a table in CSV', () => {
  const aCell = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '字', '𠮷', ' ', '“'), maxLength: 30 }),
    fc.string({ unit: fc.constantFrom('"', ',', '\n', 'a'), maxLength: 8 }),
  )
  const aTable = fc.array(fc.tuple(aCell, aCell, aCell), { minLength: 1, maxLength: 30 })

  // Each of more than one piece, so that pieces end anywhere in it
  test.each(['utf8', 'utf16le', 'gb18030'] as const)(
    'in %s is what the parser makes of the whole',
    async (encoding) => {
      await fc.assert(
        fc.asyncProperty(
          aTable,
          fc.nat(70),
          fc.constantFrom('\n', '\r\n', '\r'),
          async (rows, shift, newline) => {
            const text = `${'x'.repeat(shift)},字,y${newline}${repeated(Papa.unparse(rows, { newline }) + newline)}`
            const even = text.replaceAll('\r\n', '\n')
            const { data } = Papa.parse<string[]>(even, { delimiter: ',', skipEmptyLines: 'greedy' })
            expect((await readFileContent(encoded(text, encoding), 'csv')).rows).toEqual(data)
          },
        ),
        { numRuns: 12 },
      )
    },
  )

  test('has a row at each line end of whatever kind, also of several in one file', async () => {
    const { rows } = await readFileContent(Buffer.from('a,b\n1,2\r3,4\r\n5,"6\n7"\r'), 'csv')
    expect(rows).toEqual([
      ['a', 'b'],
      ['1', '2'],
      ['3', '4'],
      ['5', '6\n7'],
    ])
  })

  test.each<[string, string, string, string]>([
    ['a quote that never ends', 'a,b\r\n1,2\r\n\r\n3,"4\r\n5,6', 'CSV_MALFORMED', '/rows/3/columns/1'],
    ['a quote amid a quoted cell', 'a,b\r\n"1","2"x"\r\n', 'CSV_MALFORMED', '/rows/1/columns/1'],
    ['a quote amid the first cell', '"1"x",2\r\n', 'CSV_MALFORMED', '/rows/0/columns/0'],
    [
      'more columns than Excel has',
      `a\r\n${','.repeat(16_384)}`,
      'FILE_ROW_TOO_WIDE',
      '/rows/1/columns/16384',
    ],
  ])('is refused for %s, and told where', async (_, text, code, path) => {
    expect(await refusalOf(Buffer.from(text), 'csv')).toEqual({ code, path })
    // Also where pieces end in between
    const above = '1,2\r\n'.repeat(200_000)
    const [, row, column] = /rows\/(\d+)\/columns\/(\d+)/.exec(path) ?? []
    const moved = `/rows/${Number(row) + 200_000}/columns/${column}`
    expect(await refusalOf(Buffer.from(above + text), 'csv')).toEqual({ code, path: moved })
  })
})

describe('text', () => {
  const rows = (count: number) => '1,示例有限公司按照规定履行\r\n'.repeat(count)

  test.each<[string, Buffer]>([
    [
      'UTF-8 with a byte that is none',
      Buffer.concat([Buffer.from(rows(5)), Buffer.of(0xff), Buffer.from(rows(5))]),
    ],
    [
      'UTF-8 with rows in GB 18030',
      Buffer.concat([Buffer.from(rows(5)), encoded(gbk(1), 'gb18030'), Buffer.from(rows(5))]),
    ],
    [
      'GB 18030 with rows in UTF-8',
      Buffer.concat([encoded(gbk(5), 'gb18030'), Buffer.from(rows(1)), encoded(gbk(5), 'gb18030')]),
    ],
    [
      'GB 18030 with a byte that is none',
      Buffer.concat([encoded(gbk(5), 'gb18030'), Buffer.of(0xff, 0x2c), encoded(gbk(5), 'gb18030')]),
    ],
    [
      'a mark of UTF-8 before GB 18030',
      Buffer.concat([Buffer.from('\ufeff'), Buffer.from('1\r\n'.repeat(5)), encoded(gbk(1), 'gb18030')]),
    ],
    [
      'UTF-16 with half a pair',
      Buffer.concat([
        Buffer.from(`\ufeff${rows(5)}`, 'utf16le'),
        Buffer.of(0, 0xd8),
        Buffer.from(rows(1), 'utf16le'),
      ]),
    ],
    ['half a character at the end', Buffer.concat([Buffer.from(rows(5)), Buffer.from('字').subarray(0, 2)])],
    [
      'half a unit of UTF-16 at the end',
      Buffer.concat([Buffer.from(`\ufeff${rows(5)}`, 'utf16le'), Buffer.of(0x31)]),
    ],
  ])('that is %s is refused, at the row where it is found', async (_, bytes) => {
    expect(await refusalOf(bytes, 'csv')).toEqual({ code: 'ENCODING_INVALID', path: '/rows/5' })
    const above = bytes.subarray(0, 2).equals(Buffer.of(0xff, 0xfe))
      ? Buffer.from('1\r\n'.repeat(300_000), 'utf16le')
      : Buffer.from('1\r\n'.repeat(300_000))
    const mark = bytes.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : above.length === 1_800_000 ? 2 : 0
    const long = Buffer.concat([bytes.subarray(0, mark), above, bytes.subarray(mark)])
    expect(await refusalOf(long, 'csv')).toEqual({ code: 'ENCODING_INVALID', path: '/rows/300005' })
  })

  test('in GB 18030 is known as such also where its first megabyte is ASCII', async () => {
    const ascii = 'XK_WSH,XK_NR\r\n'.repeat(100_000)
    const { rows: found } = await readFileContent(
      Buffer.concat([Buffer.from(ascii), encoded(gbk(1), 'gb18030')]),
      'csv',
    )
    expect(found.at(-1)).toEqual(['1', '字'.repeat(12)])
  })
})

function gbk(count: number): string {
  return `1,${'字'.repeat(12)}\r\n`.repeat(count)
}

describe('JSON', () => {
  const aList = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 20 })
  const aSpace = fc.constantFrom(undefined, 1, '\t')

  test('is what JSON.parse makes of the whole, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(aList, aSpace, fc.nat(400_000), async (list, space, shift) => {
        const text = JSON.stringify(['x'.repeat(shift), ...list, '\\"]', { a: '[{"\\' }], undefined, space)
        expect((await readFileContent(Buffer.from(text), 'json')).records).toEqual(JSON.parse(text))
      }),
      { numRuns: 100 },
    )
  })

  test('of records one after another, on lines of their own or not, is those records', async () => {
    const records = [{ a: '}{' }, { b: { c: ['"'] } }, {}]
    for (const between of ['', ' ', '\n', '\r\n\t']) {
      const text = records.map((record) => JSON.stringify(record, undefined, between)).join(between)
      expect((await readFileContent(Buffer.from(text), 'json')).records).toEqual(records)
    }
  })

  test('is refused where JSON.parse refuses it', async () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"',
      '\\',
      'a',
      '1',
      ' ',
      '"a"',
      '{"a":1}',
      'null',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const text = `[${pieces.join('')}`
        const isList = parses(text) && Array.isArray(JSON.parse(text))
        expect((await refusalOf(Buffer.from(text), 'json')) === undefined).toBe(isList)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['[{"a":1},{"a":}]', 1],
    ['[{"a":1},{"a":2}', 1],
    ['[{"a":1},]', 1],
    ['[{"a":1}] x', 1],
    ['[{"a":1}][', 1],
    ['{"a":1},{"a":2}', 1],
    ['{"a":1} {"a":', 1],
    ['"a"', 0],
    ['', 0],
  ])('that is none is refused, and told after how many records: %s', async (text, row) => {
    const expected = text === '' ? undefined : { code: 'JSON_MALFORMED', path: `/rows/${row}` }
    expect(await refusalOf(Buffer.from(text), 'json')).toEqual(expected)
  })
})

describe('an ExchangeMessage', () => {
  const message = (body: string) =>
    Buffer.from(`<ExchangeMessage><Header><a>1</a></Header><Body>${body}</Body></ExchangeMessage>`)

  test('has a record for each fields element: members by name, empty ones too', async () => {
    const body =
      '<fields><CF_WSH> 1 </CF_WSH>\n<CF_SY/><m:CF_NR xmlns:m="urn:m" at="x">a<!-- b -->c</m:CF_NR></fields><fields></fields>'
    expect((await readFileContent(message(body))).records).toEqual([
      { CF_WSH: ' 1 ', CF_SY: '', CF_NR: 'ac' },
      {},
    ])
  })

  test('with a member twice, or with more than text in it, has it as what no field takes', async () => {
    const records = ['<fields><a>1</a><a>2</a></fields>', '<fields><a>1<b>2</b>3</a></fields>']
    for (const record of (await readFileContent(message(records.join('')))).records) {
      expect(record).toEqual({ a: expect.any(Array) })
    }
    const { outcomes } = await takeFile(
      message('<fields><CF_WSH>1</CF_WSH><CF_WSH>2</CF_WSH></fields>'),
      'xml',
      { layout },
    )
    expect(outcomes).toMatchObject([{ code: 'FIELD_NOT_TEXT', path: '/records/0/CF_WSH' }])
  })

  test.each([
    ['<a/>', 'XML_NOT_EXCHANGE_MESSAGE', '/rows/0'],
    ['<html><body/></html>', 'XML_NOT_EXCHANGE_MESSAGE', '/rows/0'],
    [
      '<ExchangeMessage><Body><fields/><record/></Body></ExchangeMessage>',
      'XML_NOT_EXCHANGE_MESSAGE',
      '/rows/1',
    ],
    [
      '<ExchangeMessage><Body><fields><a>1</a><b>2</a></fields></Body></ExchangeMessage>',
      'XML_MALFORMED',
      '/rows/0/columns/1',
    ],
    ['<ExchangeMessage><Body><fields/><fields><a>1', 'XML_MALFORMED', '/rows/1/columns/0'],
    ['<ExchangeMessage><Body></Body></ExchangeMessage><a/>', 'XML_MALFORMED', '/rows/0'],
    ['a', 'XML_MALFORMED', '/rows/0'],
    [
      '<ExchangeMessage><Body><fields><a b=c>1</a></fields></Body></ExchangeMessage>',
      'XML_MALFORMED',
      '/rows/0',
    ],
  ])('%s is none', async (text, code, path) => {
    expect(await refusalOf(Buffer.from(text), 'xml')).toEqual({ code, path })
  })
})

describe('a workbook', () => {
  const cellsOf = async (...cells: readonly excel.CellObject[]) =>
    (await readFileContent(bookOf([['a', ...cells]]))).rows[0]?.slice(1)

  test('has numbers as Excel shows them, and codes and amounts to their last digit', async () => {
    const numbers = [0.1 + 0.2, 20250709, 0.000001, 320404000009558, -1.5, 0.625]
    const texts = ['0.3', '20250709', '0.000001', '320404000009558', '-1.5', '0.625']
    expect(await cellsOf(...numbers.map((v) => ({ t: 'n', v }) as const))).toEqual(texts)
  })

  test.each([
    [45847, 'yyyy/m/d', '2025-07-09'],
    [45847, 'yyyy"年"m"月"d"日"', '2025-07-09'],
    [45847, '[$-804]yyyy"年"m"月"d"日";@', '2025-07-09'],
    [45847.354166666664, 'yyyy-mm-dd hh:mm:ss', '2025-07-09 08:30:00'],
    [1, 'yyyy-mm-dd', '1900-01-01'],
    [2958465, 'yyyy-mm-dd', '9999-12-31'],
    [45847, 'General', '45847'],
    [45847, '0.00_);[Red]-0.00', '45847'],
    [123456789012, '0.00E+00', '123456789012'],
    [0.125, '0.0%', '12.5%'],
    [123, '000000', '000123'],
    [500, '0"元"', '500元'],
    [5, '#,##0.00"万元"', '5万元'],
    [5, '0"号"', '5号'],
    [12, '"示环罚字〔2026〕第"0000"号"', '示环罚字〔2026〕第0012号'],
    [50000, '#,##0"元整"', '50000元整'],
    [500, '#,##0" 元 "', '500 元 '],
    [500, '0"元"_)', '500元'],
    [500, '0"元";@', '500元'],
    [5, '0"萬元"', '5萬元'],
    [5, '0.00" 万美元"', '5 万美元'],
    [5, '"千元"0.00', '千元5'],
    [500, '[$USD] #,##0', 'USD 500'],
    [500, '[$¥-804]#,##0.00', '¥500'],
    [0.5, '0.0"%"', '0.5%'],
    [3, '0"年"', '3年'],
    [-5, '¥0', '-¥5'],
    [-5, '0_);(0)', '(5)'],
    [500.5, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', '500.5'],
    [0, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', '-'],
  ])('has %s in the format %s as %s', async (v, z, text) => {
    expect(await cellsOf({ t: 'n', v, z })).toEqual([text])
  })

  test.each([
    [20260012, '0000"-"0000'],
    [123456, '000-000'],
    [50000, '0!.0000'],
    [5, '0"000"'],
    [5, '"2026年1"0'],
    [50000, '0.00,'],
    [50000, '[>=10000]0.0,"万";0"元"'],
    [5, '[DBNum1]0'],
    [5, '[$-30804]0'],
    [5, '0*0'],
    [0.5, '# ?/?'],
    [0.5, '0%%'],
    [-5, '0;0'],
    [5, ';;;'],
    [45847, '"截至"yyyy-mm-dd'],
    [5, `0"${'元'.repeat(300)}"`],
  ])('is not sure of %s in the format %s, which it cannot show as it is', async (v, z) => {
    const [batch] = await Array.fromAsync(readBatches({ bytes: streamOf(bookOf([[{ t: 'n', v, z }]])) }))
    if (batch === undefined || !('rows' in batch)) throw new Error('no rows')
    expect(batch.rows.map((row) => batch.unsure?.get(row))).toEqual([new Set([0])])
  })

  test('may be called what its package says', async () => {
    const renamed = partsOf(bookOf([['a', 1]])).map((each) => ({
      ...each,
      name: each.name.replace('xl/', 'books/').replace('workbook.xml', 'book2.xml'),
    }))
    const root =
      '<Relationships><Relationship Type="x/officeDocument" Target="books/book2.xml"/></Relationships>'
    const kept = renamed.filter(({ name }) => name !== '_rels/.rels')
    const { rows } = await readFileContent(zipOf([...kept, part('_rels/.rels', root)]))
    expect(rows).toEqual([['a', '1']])
  })

  test('is not sure of a number whose format is named and nowhere', async () => {
    const styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs></styleSheet>'
    const book = sheetOf('<row><c s="1"><v>45000</v></c></row>', styles)
    const [batch] = await Array.fromAsync(readBatches({ bytes: streamOf(book) }))
    expect(batch).toMatchObject({ unsure: new Map([[['45000'], new Set([0])]]) })
  })

  test('with a format of a length that nobody needs is read in no time', async () => {
    for (const format of ['万'.repeat(100_000), '['.repeat(200_000), '"'.repeat(200_001)]) {
      const styles = `<styleSheet><numFmts><numFmt numFmtId="200" formatCode="${format.replaceAll('"', '&quot;')}x"/></numFmts><cellXfs><xf numFmtId="200"/></cellXfs></styleSheet>`
      const begin = performance.now()
      await readFileContent(sheetOf('<row><c s="0"><v>1</v></c></row>', styles))
      expect(performance.now() - begin).toBeLessThan(2_000)
    }
  })

  test.each(['xlsx', 'biff8'] as const)(
    'in %s whose code has lost digits, or whose amount is shown otherwise than it is, refuses that record',
    async (bookType) => {
      const header = [
        'CF_XDR_MC',
        'CF_XDR_SHXYM',
        'CF_WSH',
        'CF_CFLB',
        'CF_NR_FK',
        'CF_JDRQ',
        'CF_CFJG',
        'CF_FR_ZJHM',
      ]
      const row = (number: unknown, fine: unknown, person: unknown = '') => [
        ...['示例有限公司', codeOf(1), number, '罚款', fine, '2025-07-09', '示例局', person],
      ]
      const rows = [
        header,
        row(123456789012345, { t: 'n', v: 5, z: '0.00' }),
        row(1234567890123456, 5),
        row('示罚〔2025〕3号', { t: 'n', v: 50000, z: '0!.0000' }),
        row('示罚〔2025〕4号', { t: 'n', v: 50000, z: '0.00,' }),
        row('示罚〔2025〕5号', 5, 110105194912310000),
      ]
      const { outcomes } = await takeFile(bookOf(rows, bookType), 'workbook', { layout })
      expect(outcomes.map(({ code, path }) => [code, path])).toEqual([
        [undefined, undefined],
        ['FIELD_NOT_TEXT', '/records/1/CF_WSH'],
        ['FIELD_NOT_TEXT', '/records/2/CF_NR_FK'],
        ['FIELD_NOT_TEXT', '/records/3/CF_NR_FK'],
        [undefined, undefined],
      ])
    },
  )

  test('has dates of the kinds that name no day count, and texts of several runs', async () => {
    const cells = [
      '<c t="d"><v>2025-07-09T00:00:00</v></c>',
      '<c t="inlineStr"><is><r><t>示例</t></r><r><t>_x4E2D_</t></r><rPh><t>shi</t></rPh></is></c>',
      '<c t="str"><v><![CDATA[a<b]]></v></c>',
    ]
    expect((await readFileContent(sheetOf(`<row>${cells.join('')}</row>`))).rows).toEqual([
      ['2025-07-09T00:00:00', '示例中', 'a<b'],
    ])
  })

  test('has truth as words, and nothing where there is nothing', async () => {
    const cells = [{ t: 'b', v: true }, { t: 'b', v: false }, { t: 'z' }, { t: 's', v: 'x' }] as const
    const hidden = { t: 'n', v: 0, z: '0;-0;;@' } as const
    expect(await cellsOf(hidden, ...cells)).toEqual(['', 'TRUE', 'FALSE', '', 'x'])
  })

  test('is read from its one visible sheet that has cells; lists on hidden ones are no data', async () => {
    const { rows } = await readFileContent(read('penalties.xlsx'))
    expect(rows).toHaveLength(53)
    const book = excel.utils.book_new()
    for (const rows of [[], [['a']], []]) excel.utils.book_append_sheet(book, excel.utils.aoa_to_sheet(rows))
    const bytes = excel.write(book, { type: 'buffer', bookType: 'xlsx' })
    expect((await readFileContent(bytes)).rows).toEqual([['a']])
  })

  test('leaves out its blank rows, and counts them where it is at fault', async () => {
    const rows = [['a'], [], [' '], ['b'], [{ t: 'e', v: 42 } satisfies excel.CellObject]]
    expect((await readFileContent(bookOf(rows.slice(0, 4)))).rows).toEqual([['a'], ['b']])
    expect(await refusalOf(bookOf(rows))).toEqual({ code: 'CELL_ERROR', path: '/rows/4/columns/0' })
  })
})

function bookOf(rows: readonly (readonly unknown[])[], bookType: excel.BookType = 'xlsx'): Buffer {
  const sheet = excel.utils.aoa_to_sheet(rows.map((row) => [...row]))
  return excel.write(excel.utils.book_new(sheet), { type: 'buffer', bookType })
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** So often that it is larger than two of the pieces in which a file is read. */
function repeated(text: string): string {
  return text.repeat(Math.ceil(600_000 / text.length))
}

const beyondAscii: Readonly<Record<string, string>> = { 字: 'd7d6', 𠮷: '9534b235', '“': 'a1b0' }

function encoded(text: string, encoding: 'utf8' | 'utf16le' | 'gb18030'): Buffer {
  if (encoding === 'utf8') return Buffer.from(text)
  if (encoding === 'utf16le') return Buffer.from(`\ufeff${text}`, 'utf16le')
  // Node.js decodes GB 18030 and does not encode it
  return Buffer.concat(
    [...text].map((each) => Buffer.from(beyondAscii[each] ?? Buffer.from(each).toString('hex'), 'hex')),
  )
}

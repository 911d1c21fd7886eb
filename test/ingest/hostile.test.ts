import { readFileSync } from 'node:fs'
import { deflateRawSync, gzipSync } from 'node:zlib'
import * as excel from '@e965/xlsx'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { limits } from '../../shared/ingest/formats/limits.ts'
import { type FileFormat, formats } from '../../shared/ingest/formats/registry.ts'
import { openWorkTime } from '../../shared/ingest/formats/work-time.ts'
import { meterBytes } from '../../shared/ingest/metered-bytes.ts'
import { codeOf } from '../records/world.ts'
import { packed } from './generated-file.ts'
import { readFileContent, refusalOf } from './read-content.ts'
import { streamOf, takeFile } from './sample.ts'
import { isNoSheet, part, partsOf, sheetOf, worksheetOf, type ZipPart, zipOf } from './zip-parts.ts'

const read = (name: string) => readFileSync(new URL(`format-corpus/${name}`, import.meta.url))
const MEBIBYTE = 2 ** 20
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]

/** As much as anybody asks for: who reads to its end never comes back. */
async function* endless(
  text: string | readonly number[],
  opening: string | readonly number[] = '',
): AsyncGenerator<Uint8Array> {
  yield bytesOf(opening)
  const unit = bytesOf(text)
  const chunk = Buffer.concat(Array.from({ length: Math.ceil(MEBIBYTE / unit.length) }, () => unit))
  for (;;) yield chunk
}

describe('what has no end is refused where it passes what is taken:', () => {
  const fields = '<ExchangeMessage><Body><fields>'
  const start = /^\/rows\/0$/

  test.each<[string, FileFormat, () => AsyncIterable<Uint8Array>, string, RegExp]>([
    [
      'a cell',
      'csv',
      () => endless('字', 'a,b\r\n1,2\r\n3,'),
      'FILE_ROW_TOO_LONG',
      /^\/rows\/2\/columns\/1$/,
    ],
    ['a quoted cell', 'csv', () => endless('a,\n', 'a,b\r\n1,"'), 'CSV_MALFORMED', /^\/rows\/1\/columns\/1$/],
    [
      'a row of quotes',
      'csv',
      () => endless('"', 'a,b\r\n1,x'),
      'FILE_ROW_TOO_LONG',
      /^\/rows\/1\/columns\/1$/,
    ],
    [
      'a row of empty cells',
      'csv',
      () => endless(',', 'a\r\n'),
      'FILE_ROW_TOO_WIDE',
      /^\/rows\/1\/columns\/16384$/,
    ],
    ['blank lines', 'csv', () => endless('\r\n'), 'FILE_TOO_MANY_ROWS', /^\/rows\/20000000$/],
    ['blank lines', 'ndjson', () => endless('\n'), 'FILE_TOO_MANY_ROWS', /^\/rows\/20000000$/],
    ['a line', 'ndjson', () => endless('a', '{"a":1}\n{"a":"'), 'FILE_ROW_TOO_LONG', /^\/rows\/1$/],
    ['a record', 'json', () => endless('1,', '[{},{"a":['), 'FILE_ROW_TOO_LONG', /^\/rows\/1$/],
    ['a text in a record', 'json', () => endless('\\"', '[{},{"a":"'), 'FILE_ROW_TOO_LONG', /^\/rows\/1$/],
    ['blanks before all records', 'json', () => endless(' '), 'FILE_ROW_TOO_LONG', start],
    ['nesting of arrays', 'json', () => endless('['), 'FILE_NESTS_TOO_DEEP', start],
    ['nesting of objects', 'json', () => endless('{"a":'), 'FILE_NESTS_TOO_DEEP', start],
    [
      'nesting of elements',
      'xml',
      () => endless('<a>', fields),
      'FILE_NESTS_TOO_DEEP',
      /^\/rows\/0\/columns\/0$/,
    ],
    [
      'a member’s text',
      'xml',
      () => endless('a', `${fields}<a>`),
      'FILE_ROW_TOO_LONG',
      /^\/rows\/0\/columns\/0$/,
    ],
    ['members', 'xml', () => endless('<a/>', fields), 'FILE_ROW_TOO_WIDE', /^\/rows\/0\/columns\/16384$/],
    ['an attribute', 'xml', () => endless('a', '<ExchangeMessage a="'), 'FILE_ROW_TOO_LONG', start],
    ['a comment', 'xml', () => endless('a', '<ExchangeMessage><!--'), 'FILE_ROW_TOO_LONG', start],
    ['a header', 'xml', () => endless('<a>1</a>', '<ExchangeMessage><Header>'), 'FILE_ROW_TOO_LONG', start],
    [
      'a document type',
      'xml',
      () => endless('a', '<?xml version="1.0"?><!DOCTYPE a ['),
      'FILE_ROW_TOO_LONG',
      start,
    ],
    [
      'GB 18030 without a character to end at',
      'csv',
      () => endless([0x81, 0x81], [0x81]),
      'FILE_ROW_TOO_LONG',
      start,
    ],
    ['a workbook', 'workbook', () => endless('PK', 'PK\u0003\u0004'), 'WORKBOOK_TOO_LARGE', /^\/object$/],
    ['an older workbook', 'workbook', () => endless('PK', COMPOUND_FILE), 'WORKBOOK_TOO_LARGE', /^\/object$/],
    [
      'lines of one character, packed',
      'csv',
      () => packed(endless(`${'a'.repeat(1_000)}\n`)),
      'FILE_EXPANDS_TOO_FAR',
      /^\/rows\/\d{5,}$/,
    ],
  ])('%s, as %s', async (_, format, bytes, code, path) => {
    expect(await refusalOf(bytes(), format)).toEqual({ code, path: expect.stringMatching(path) })
  })

  test('bytes, whatever they hold', async () => {
    const content = meterBytes(endless('a,b\r\n'), 10 * MEBIBYTE)
    await expect(content.finish()).rejects.toMatchObject({ refusal: { code: 'OBJECT_TOO_LARGE' } })
  })
})

describe('XML that declares anything of its own is refused:', () => {
  const message = (body: string, before = '') =>
    `<?xml version="1.0"?>${before}<ExchangeMessage><Body><fields><a>${body}</a></fields></Body></ExchangeMessage>`
  const laughs = Array.from(
    { length: 10 },
    (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`,
  ).join('')

  test.each([
    ['a file of this machine', message('&x;', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>')],
    ['an address', message('&x;', '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]>')],
    ['a billion laughs', message('&l10;', `<!DOCTYPE a [<!ENTITY l0 "ha">${laughs}]>`)],
    ['parameters', message('', '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///dev/zero"> %x;]>')],
    ['an external type', message('', '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">')],
    ['a type and nothing in it', message('', '<!DOCTYPE a>')],
  ])('%s', async (_, xml) => {
    expect(await refusalOf(Buffer.from(xml), 'xml')).toEqual({ code: 'XML_DOCTYPE', path: '/rows/0' })
  })

  test('and an entity that XML does not have is none', async () => {
    const path = '/rows/0/columns/0'
    expect(await refusalOf(Buffer.from(message('&x;')))).toEqual({ code: 'XML_MALFORMED', path })
    const { records } = await readFileContent(
      Buffer.from(message('&lt;&amp;&#x5b57;&#23383;<![CDATA[<b>&x;]]>')),
    )
    expect(records).toEqual([{ a: '<&字字<b>&x;' }])
  })

  test('also in a part of a workbook', async () => {
    const sheet = '<!DOCTYPE a [<!ENTITY x "1">]><worksheet><sheetData/></worksheet>'
    const bytes = zipOf([...partsOf(read('penalties.xlsx')), part('xl/worksheets/sheet9.xml', sheet)])
    expect(await refusalOf(bytes)).toEqual({ code: 'XML_DOCTYPE', path: '/object' })
  })
})

describe('what would be lost or read as something else is refused:', () => {
  const csv = (...lines: string[]) => lines.map((line) => `${line}\r\n`).join('')
  const header = 'CF_XDR_MC,CF_XDR_SHXYM,CF_WSH,CF_CFLB,CF_JDRQ,CF_CFJG'
  const row = (number: string, code = codeOf(1)) => `示例有限公司,${code},${number},罚款,2026-01-05,示例局`

  test.each<[string, string | Buffer, FileFormat, string, string]>([
    [
      'XML in an encoding that is not read',
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><ExchangeMessage/>\xe9\xe8', 'latin1'),
      'xml',
      'ENCODING_INVALID',
      '/rows/0',
    ],
    [
      'text between records',
      '<ExchangeMessage><Body><fields/>x<fields/></Body></ExchangeMessage>',
      'xml',
      'XML_NOT_EXCHANGE_MESSAGE',
      '/rows/1',
    ],
    [
      'text between members',
      '<ExchangeMessage><Body><fields><a>1</a>x</fields></Body></ExchangeMessage>',
      'xml',
      'XML_NOT_EXCHANGE_MESSAGE',
      '/rows/0/columns/0',
    ],
    [
      'gzip and then something else',
      Buffer.concat([gzipSync('a,b'), Buffer.from('x')]),
      'csv',
      'GZIP_MALFORMED',
      '/rows/0',
    ],
    ['gzip in gzip', gzipSync(gzipSync('a,b')), 'csv', 'FORMAT_UNKNOWN', '/object'],
  ])('%s', async (_, bytes, format, code, path) => {
    expect(await refusalOf(Buffer.from(bytes as string), format)).toEqual({ code, path })
  })

  test('gzip of several members is the text of all of them', async () => {
    const bytes = Buffer.concat(['a,b\r\n', '1,2\r\n'].map((text) => gzipSync(text)))
    expect((await readFileContent(bytes, 'csv')).rows).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ])
  })

  test.each([
    ['a header in the middle', header, 'ROW_IS_HEADER', ''],
    ['a header in the middle, with a mark', `\ufeff${header}`, 'ROW_IS_HEADER', ''],
    ['a formula', row('=HYPERLINK("x")').replaceAll('"', ''), 'FORMULA_CELL', '/CF_WSH'],
    [
      'a code that is kept from Excel by a formula',
      row('示罚1号', `=${codeOf(1)}`),
      'FORMULA_CELL',
      '/CF_XDR_SHXYM',
    ],
    ['characters that were lost', row('示罚\ufffd1号'), 'TEXT_NOT_WELL_FORMED', '/CF_WSH'],
    ['the sum at the end', '合计,,,,,', 'SUBJECT_IDENTIFIER_MISSING', ''],
  ])('of a table that record alone: %s', async (_, line, code, path) => {
    const text = csv(header, row('示罚〔2026〕1号'), line, row('示罚〔2026〕2号'))
    const { outcomes } = await takeFile(text, 'csv', { layout: 'penalty-2018' })
    expect(outcomes.map((each) => [each.outcome, each.code, each.path])).toEqual([
      ['accepted', undefined, undefined],
      ['refused', code, `/records/1${path}`],
      ['accepted', undefined, undefined],
    ])
  })

  test.each(['ndjson', 'json'] as const)('of %s the record that has a member twice', async (format) => {
    const twice = '{"CF_WSH":"1","b":{"CF_WSH":"1"},"CF_WSH" :"2"}'
    const once = '{"CF_WSH":"1","b":"\\"CF_WSH\\":","c":{"CF_WSH":"1"}}'
    const text = format === 'json' ? `[${twice},${once}]` : `${twice}\n${once}`
    const { outcomes } = await takeFile(text, format, { layout: 'penalty-2018' })
    expect(outcomes[0]).toMatchObject({ code: 'FIELD_NOT_TEXT', path: '/records/0/CF_WSH' })
    expect(outcomes[1]?.code).not.toBe('FIELD_NOT_TEXT')
  })
})

describe('the time that a workbook takes', () => {
  test('ends when all of its pieces took as long, whoever waits between them', () => {
    let now = 0
    const spend = openWorkTime(MEBIBYTE, () => now)
    const work = () => {
      now += limits.workbookMs / 2
      return 1
    }
    expect(spend(work)).toBe(1)
    now += 3_600_000
    expect(spend(work)).toBe(1)
    expect(() => spend(work)).toThrow('WORKBOOK_TOO_LARGE')
  })
})

describe('a workbook is refused', () => {
  const parts = partsOf(read('penalties.xlsx'))
  const withPart = (name: string) => zipOf([...parts, part(name, 'x')])

  test.each<[string, () => Uint8Array, string]>([
    ['with macros', () => withPart('xl/vbaProject.bin'), 'WORKBOOK_MACROS'],
    ['with a sheet of macros', () => withPart('xl/macrosheets/sheet1.xml'), 'WORKBOOK_MACROS'],
    ['with links to others', () => withPart('xl/externalLinks/externalLink1.xml'), 'WORKBOOK_EXTERNAL_DATA'],
    ['with connections', () => withPart('xl/connections.xml'), 'WORKBOOK_EXTERNAL_DATA'],
    [
      'that is a document of another kind',
      () => zipOf([part('word/document.xml', '<a/>')]),
      'FORMAT_UNKNOWN',
    ],
    ['that says to be a document of another kind', () => packageOf('document'), 'FORMAT_UNKNOWN'],
    ['that has two books', () => packageOf('workbook', 2), 'WORKBOOK_MALFORMED'],
    ['that is binary within', () => bookOf([['a']], 'xlsb'), 'FORMAT_UNKNOWN'],
    ['of OpenDocument', () => bookOf([['a']], 'ods'), 'FORMAT_UNKNOWN'],
    ['of Excel 95, whose text is in a code page', () => bookOf([['a']], 'biff5'), 'FORMAT_UNKNOWN'],
    ['of an older kind, with macros', () => withStream('/_VBA_PROJECT_CUR/VBA/dir'), 'WORKBOOK_MACROS'],
    ['of an older kind, with a sheet of macros', () => macroSheet(), 'WORKBOOK_MACROS'],
    ['under a password', () => withStream('/EncryptedPackage'), 'WORKBOOK_ENCRYPTED'],
    ['of an older kind, under a password', () => passworded(), 'WORKBOOK_ENCRYPTED'],
    ['that is packed by gzip twice', () => gzipSync(gzipSync(read('penalties.xlsx'))), 'FORMAT_UNKNOWN'],
    [
      'whose parts say to expand to gigabytes',
      () => zipOf([...parts, bomb(3 * 2 ** 30)]),
      'FILE_EXPANDS_TOO_FAR',
    ],
    ['whose parts expand to more than they say', () => zipOf([...parts, bomb(100)]), 'WORKBOOK_MALFORMED'],
    [
      'whose parts expand to less than they say',
      () => zipOf([...parts, bomb(100 * MEBIBYTE)]),
      'WORKBOOK_MALFORMED',
    ],
    [
      'with two parts of one name, of which a reader may see either',
      () => zipOf([...parts, part('xl/worksheets/sheet1.xml', '<worksheet/>')]),
      'WORKBOOK_MALFORMED',
    ],
    [
      'with two parts of one name in another case',
      () => zipOf([...parts, part('xl/Worksheets/Sheet1.XML', '<worksheet/>')]),
      'WORKBOOK_MALFORMED',
    ],
    ['that says it may have macros, and has none', () => macroEnabled(), 'WORKBOOK_MACROS'],
    ['with a sheet that is not there', () => zipOf(parts.filter(isNoSheet)), 'WORKBOOK_MALFORMED'],
    ['with a sheet of formulas beside its rows', () => withFormulas(), 'WORKBOOK_SHEETS'],
    [
      'with twenty thousand parts',
      () => zipOf(Array.from({ length: 20_000 }, (_, at) => part(`a${at}`, ''))),
      'FILE_EXPANDS_TOO_FAR',
    ],
    [
      'with a part that is changed',
      () => zipOf(parts.map((each) => ({ ...each, crc: each.crc ^ 1 }))),
      'WORKBOOK_MALFORMED',
    ],
    ['with two sheets that are one part', () => book({ sheets: 2 }), 'WORKBOOK_MALFORMED'],
    ['with two relations of one name', () => book({ relations: [2, 'a'] }), 'WORKBOOK_MALFORMED'],
    ['with more relations than parts', () => book({ relations: [100_000, ''] }), 'WORKBOOK_TOO_LARGE'],
    ['with more sheets than parts', () => book({ sheets: 100_000 }), 'WORKBOOK_TOO_LARGE'],
    ['with more styles than Excel has', () => sheetOf('', styles('cellXfs', 'xf')), 'WORKBOOK_TOO_LARGE'],
    ['with more merged cells than rows', () => merges('A1:A2'), 'WORKBOOK_TOO_LARGE'],
    ['with more shared texts than cells', () => book({ strings: 5_000_000 }), 'WORKBOOK_TOO_LARGE'],
    ['with two sheets', () => bookOf([['a']], 'xlsx', [['b']]), 'WORKBOOK_SHEETS'],
    ['of an older kind, with two sheets', () => bookOf([['a']], 'biff8', [['b']]), 'WORKBOOK_SHEETS'],
  ])('%s', async (_, bytes, code) => {
    const begin = performance.now()
    expect(await refusalOf(bytes())).toEqual({ code, path: '/object' })
    expect(performance.now() - begin).toBeLessThan(20_000)
  })

  test.each<[string, excel.CellObject, string]>([
    ['a formula', { t: 'n', v: 1, f: '1+1' }, 'FORMULA_CELL'],
    ['a formula without a result', { t: 'z', f: '1+1' }, 'FORMULA_CELL'],
    ['a formula of text', { t: 's', v: 'a', f: 'HYPERLINK("http://127.0.0.1:9","a")' }, 'FORMULA_CELL'],
    ['a formula that takes data from elsewhere', { t: 's', v: 'a', f: "cmd|'/c calc'!A1" }, 'FORMULA_CELL'],
    ['a formula of several cells', { t: 'n', v: 1, f: 'A1:A2', F: 'C18:C18' }, 'FORMULA_CELL'],
    ['an error', { t: 'e', v: 0x2a }, 'CELL_ERROR'],
  ])('with %s, and told where', async (_, cell, code) => {
    const rows = Array.from({ length: 18 }, (_, at): unknown[] => ['a', at, at === 17 ? cell : 'c'])
    expect(await refusalOf(bookOf(rows, 'xlsx'))).toEqual({ code, path: '/rows/17/columns/2' })
  })

  test.each(['formula.xls', 'formula.xlsx'])(
    'with a formula, by whoever it was written: %s',
    async (name) => {
      expect(await refusalOf(read(name))).toEqual({ code: 'FORMULA_CELL', path: '/rows/1/columns/1' })
    },
  )
})

describe('a sheet of a workbook is refused for', () => {
  const cell = (place: string) => `<c r="${place}" t="str"><v>x</v></c>`
  const row = (number: number | string, ...cells: string[]) => `<row r="${number}">${cells.join('')}</row>`
  const one = (attributes: string, content: string) =>
    row(1, cell('A1'), `<c r="B1"${attributes}>${content}</c>`)

  test.each<[string, string, string, string]>([
    [
      'a cell beyond the last column',
      row(1, cell('A1'), cell('XFE1')),
      'FILE_ROW_TOO_WIDE',
      '/rows/0/columns/16384',
    ],
    [
      'a cell beyond all that can be counted',
      row(2, cell('A2'), cell('AAAAAAAAAAAA2')),
      'FILE_ROW_TOO_WIDE',
      '/rows/1/columns/16384',
    ],
    [
      'a row beyond the last',
      row(1, cell('A1')) + row(1_048_577, cell('A1048577')),
      'WORKBOOK_MALFORMED',
      '/rows/1048576',
    ],
    ['a cell twice', row(1, cell('A1'), cell('A1')), 'WORKBOOK_MALFORMED', '/rows/0/columns/0'],
    ['a row twice', row(1, cell('A1')) + row(1, cell('A1')), 'WORKBOOK_MALFORMED', '/rows/0'],
    [
      'a cell in the row of another',
      row(1, cell('A1')) + row(2, cell('A5')),
      'WORKBOOK_MALFORMED',
      '/rows/1/columns/0',
    ],
    ['an element that is no cell', row(1, cell('A1'), '<x/>'), 'WORKBOOK_MALFORMED', '/rows/0/columns/0'],
    ['a number that is none', one('', '<v>0x10</v>'), 'WORKBOOK_MALFORMED', '/rows/0/columns/1'],
    ['a number without end', one('', '<v>1E400</v>'), 'WORKBOOK_MALFORMED', '/rows/0/columns/1'],
    ['a shared text that is not there', one(' t="s"', '<v>9</v>'), 'WORKBOOK_MALFORMED', '/rows/0/columns/1'],
    ['a style that is not there', one(' s="99"', '<v>5</v>'), 'WORKBOOK_MALFORMED', '/rows/0/columns/1'],
    ['a style that is none', one(' s="x"', '<v>5</v>'), 'WORKBOOK_MALFORMED', '/rows/0/columns/1'],
    [
      'rows in two places',
      `${row(1, cell('A1'))}</sheetData><sheetData>${row(2, cell('A2'))}`,
      'WORKBOOK_MALFORMED',
      '/rows/0/columns/0',
    ],
    ['two values', one('', '<v>1</v><v>2</v>'), 'WORKBOOK_MALFORMED', '/rows/0/columns/1'],
    [
      'a formula without a word',
      one('', '<f t="shared" si="0"/><v>2</v>'),
      'FORMULA_CELL',
      '/rows/0/columns/1',
    ],
    [
      'an error that is newer than we are',
      one(' t="e"', '<v>#SPILL!</v>'),
      'CELL_ERROR',
      '/rows/0/columns/1',
    ],
    ['an entity of its own', one(' t="str"', '<v>&x;</v>'), 'WORKBOOK_MALFORMED', '/rows/0/columns/1'],
    [
      'a row that never ends',
      `${row(1, cell('A1'))}<row r="2">${cell('A2')}`,
      'WORKBOOK_MALFORMED',
      '/rows/1/columns/0',
    ],
  ])('%s', async (_, data, code, path) => {
    expect(await refusalOf(sheetOf(data))).toEqual({ code, path })
  })

  test('rows of nothing but width', async () => {
    const rows = Array.from({ length: 9_000 }, (_, at) => row(at + 1, cell(`XFD${at + 1}`)))
    expect(await refusalOf(sheetOf(rows.join('')))).toEqual({
      code: 'FILE_EXPANDS_TOO_FAR',
      path: expect.stringMatching(/^\/rows\/\d+\/columns\/16383$/),
    })
  })

  test.each(['xlsx', 'biff8'] as const)('cells that records share, as %s; titles may', async (bookType) => {
    const rows = [['Title', 'Title'], [], ['a', 'b'], ['1', '2', '', 'a note'], ['', '3']]
    const merged = (from: string) => {
      const sheet = excel.utils.aoa_to_sheet(rows)
      sheet['!merges'] = [excel.utils.decode_range('A1:B2'), excel.utils.decode_range(from)]
      return excel.write(excel.utils.book_new(sheet), { type: 'buffer', bookType }) as Buffer
    }
    expect(await refusalOf(merged('A4:A5'))).toEqual({ code: 'MERGED_CELLS', path: '/rows/3/columns/0' })
    expect(await refusalOf(merged('A3:A4'))).toEqual({ code: 'MERGED_CELLS', path: '/rows/2/columns/0' })
    expect(await refusalOf(merged('B4:D5'))).toEqual({ code: 'MERGED_CELLS', path: '/rows/3/columns/1' })
    expect(await refusalOf(merged('A4:B4'))).toBeUndefined()
    // A note beside the table, and nothing at all
    expect(await refusalOf(merged('D4:D5'))).toBeUndefined()
    expect(await refusalOf(merged('E1:F5'))).toBeUndefined()
  })
})

describe('what breaks off is refused, wherever it does:', () => {
  const whole = [
    ...(['penalties.xlsx', 'penalties.xls', 'penalties.json', 'penalties.xml'] as const).map(
      (name) => [name, read(name)] as const,
    ),
    ['penalties.csv.gz', gzipSync(read('penalties.csv'))] as const,
  ]

  test.each(whole)('%s', async (name, bytes) => {
    const format = name.endsWith('json') ? 'json' : undefined
    const cuts = fc.integer({ min: 20, max: bytes.length - 3 })
    await fc.assert(
      fc.asyncProperty(cuts, async (length) => {
        const cut = bytes.subarray(0, length)
        const isRefused = (await refusalOf(cut, format)) !== undefined
        // The last sectors of an older workbook may be of no use to anybody
        if (!isRefused)
          expect(await readFileContent(cut, format)).toEqual(await readFileContent(bytes, format))
      }),
      { numRuns: 60 },
    )
  })
})

describe('any bytes at all are read or refused, and nothing else happens:', () => {
  const told = fc.constantFrom<FileFormat | undefined>(undefined, ...formats.map(({ name }) => name))
  const openings = [
    '',
    'PK\u0003\u0004',
    '<?xml version="1.0"?>',
    '<ExchangeMessage>',
    '[',
    '{',
    '{"a":1}\n',
    'a,b\r\n"',
  ]
  const opening = fc.oneof(
    fc.constantFrom(...openings.map((text) => Buffer.from(text))),
    fc
      .constantFrom(
        ...[
          COMPOUND_FILE,
          [0x1f, 0x8b, 8],
          [0xff, 0xfe],
          [0xfe, 0xff],
          [0xef, 0xbb, 0xbf],
          [0x84, 0x31, 0x95, 0x33],
        ],
      )
      .map((bytes) => Buffer.from(bytes)),
  )
  const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }).map(Buffer.from))

  test('bytes after any signature', async () => {
    await fc.assert(
      fc.asyncProperty(told, opening, anything, async (format, ...chunks) => {
        await refusalOf(streamOf(...chunks), format)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each(['xlsx', 'xls', 'xml', 'json', 'ndjson', 'csv'])(
    'a file of %s with bytes of it changed',
    async (ending) => {
      // What a library has to say of a file may quote it, and would be in the log
      const printed = vi.spyOn(console, 'error')
      const bytes = read(`penalties.${ending}`)
      const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 20 }), told, async (changes, format) => {
          const changed = Uint8Array.from(bytes)
          for (const [at, byte] of changes) changed[at] = byte
          await refusalOf(changed, format)
        }),
        { numRuns: 150 },
      )
      expect(printed).not.toHaveBeenCalled()
      printed.mockRestore()
    },
  )

  test('a sheet of a workbook with anything in its XML', async () => {
    const parts = partsOf(bookOf([['a', 1]], 'xlsx'))
    const sheet =
      '<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c></row></sheetData></worksheet>'
    const piece = fc.constantFrom(
      '<c r="',
      'A1',
      '1048577',
      'XFE1',
      '-1',
      '" t="s">',
      '<v>',
      '99999999999',
      '</v></c>',
      '<row r="',
      '4294967295',
      '">',
      '</row>',
      '<is><t>',
      '<f t="shared" si="0"/>',
      '<!--',
      '&#0;',
      '\ud800',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.nat(sheet.length), async (pieces, at) => {
        const xml = sheet.slice(0, at) + pieces.join('') + sheet.slice(at)
        const changed = parts.map((each) => (each.name.includes('sheet1') ? part(each.name, xml) : each))
        await refusalOf(zipOf(changed))
      }),
      { numRuns: 300 },
    )
  })

  test('and no name in them reaches what objects inherit', async () => {
    const names = ['__proto__', 'constructor', 'toString']
    const book = excel.utils.book_new(excel.utils.aoa_to_sheet([names, names]), '__proto__')
    await readFileContent(excel.write(book, { type: 'buffer', bookType: 'xlsx' }))
    const members = names.map((name) => `<${name}>x</${name}>`).join('')
    await readFileContent(
      Buffer.from(`<ExchangeMessage><Body><fields>${members}</fields></Body></ExchangeMessage>`),
    )
    await readFileContent(
      Buffer.from('[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]'),
    )
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})

function bytesOf(content: string | readonly number[]): Buffer {
  return typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)
}

/** Zeros: 40 MiB that are 40 KiB packed, whatever it says of itself. */
function bomb(sizeBytes: number): ZipPart {
  const zeros = Buffer.alloc(40 * MEBIBYTE)
  return { ...part('xl/worksheets/sheet9.xml', ''), packed: deflateRawSync(zeros), sizeBytes }
}

function bookOf(
  rows: readonly (readonly unknown[])[],
  bookType: excel.BookType,
  second?: unknown[][],
): Buffer {
  const sheets = [rows, ...(second === undefined ? [] : [second])]
  const book = excel.utils.book_new()
  for (const sheet of sheets) {
    excel.utils.book_append_sheet(book, excel.utils.aoa_to_sheet(sheet.map((row) => [...row])))
  }
  return excel.write(book, { type: 'buffer', bookType })
}

function withStream(path: string): Buffer {
  const file = excel.CFB.read(read('penalties.xls'), { type: 'buffer' })
  excel.CFB.utils.cfb_add(file, path, Buffer.from('x'))
  return excel.CFB.write(file, { type: 'buffer' })
}

function macroEnabled(): Buffer {
  const types =
    '<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
  const parts = partsOf(bookOf([['a', 1]], 'xlsx')).filter(({ name }) => name !== '[Content_Types].xml')
  return zipOf([...parts, part('[Content_Types].xml', types)])
}

function withFormulas(): Buffer {
  return bookOf([['a']], 'xlsx', [[{ t: 'n', v: 1, f: 'A1' }]])
}

/** An older workbook with the stream of its records changed ([MS-XLS] 2.1.4: type and length, two bytes each). */
function rewritten(change: (records: Buffer) => Buffer): Buffer {
  const file = excel.CFB.read(bookOf([['a']], 'biff8'), { type: 'buffer' })
  const stream = excel.CFB.find(file, '/Workbook')
  stream.content = change(Buffer.from(stream.content))
  stream.size = stream.content.length
  return excel.CFB.write(file, { type: 'buffer' })
}

function macroSheet(): Buffer {
  return rewritten((records) => {
    // The kind of the second BOF's part: 0x10 a sheet, 0x40 a sheet of macros
    const second = records.indexOf(Buffer.from([0x09, 0x08]), 4)
    records.writeUInt16LE(0x40, second + 6)
    return records
  })
}

function passworded(): Buffer {
  return rewritten((records) => {
    const begin = 4 + records.readUInt16LE(2)
    const filePass = Buffer.from([0x2f, 0, 6, 0, 0, 0, 1, 2, 3, 4])
    return Buffer.concat([records.subarray(0, begin), filePass, records.subarray(begin)])
  })
}

/** A package whose document has this root, and that names it so often. */
function packageOf(root: string, times = 1): Buffer {
  const relation = '<Relationship Type="x/officeDocument" Target="/word/document.xml"/>'
  return zipOf([
    part('[Content_Types].xml', '<Types/>'),
    part('_rels/.rels', `<Relationships>${relation.repeat(times)}</Relationships>`),
    part('word/document.xml', `<${root}/>`),
    part('word/_rels/document.xml.rels', '<Relationships/>'),
  ])
}

const styles = (list: string, item: string) =>
  `<styleSheet><${list}>${`<${item}/>`.repeat(70_000)}</${list}></styleSheet>`

const merges = (area: string) =>
  worksheetOf(`<sheetData/><mergeCells>${`<mergeCell ref="${area}"/>`.repeat(70_000)}</mergeCells>`)

/** A workbook of one part of a sheet, which is named so often; with relations of a name and texts that nobody needs. */
function book({ sheets = 1, relations: [count, id] = [0, ''], strings = 0 }: BookOptions): Buffer {
  const names = Array.from({ length: sheets }, (_, at) => `<sheet name="${at}" r:id="s"/>`)
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="x/${type}" Target="${target}"/>`
  return zipOf([
    part('[Content_Types].xml', '<Types/>'),
    part('xl/workbook.xml', `<workbook xmlns:r="r"><sheets>${names.join('')}</sheets></workbook>`),
    part(
      'xl/_rels/workbook.xml.rels',
      `<Relationships>${relation('s', 'worksheet', 'a.xml')}${relation('t', 'sharedStrings', 't.xml')}${relation(id, 'theme', 'b.xml').repeat(count)}</Relationships>`,
    ),
    part('xl/t.xml', `<sst>${'<si/>'.repeat(strings)}</sst>`),
    part('xl/a.xml', '<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>'),
  ])
}

type BookOptions = {
  readonly sheets?: number
  readonly relations?: readonly [count: number, id: string]
  readonly strings?: number
}

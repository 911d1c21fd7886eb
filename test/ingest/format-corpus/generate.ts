import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import * as excel from '@e965/xlsx'
import Papa from 'papaparse'
import { columnFinder } from '../../../shared/ingest/columns.ts'
import { penalty2018 } from '../../../shared/ingest/layouts/penalty-2018.ts'

// One example in every format that is read. It has what encodings and authorities write differently: characters of two
// and of four bytes in GB 18030, and brackets of every kind in document numbers
const example = readFileSync(new URL('../../../examples/penalties-2018.csv', import.meta.url), 'utf8')
const brackets = ['〔$1〕', '［$1］', '($1)', '（$1）', '【$1】', '[$1]']
const [title = [], header = [], ...rows] = Papa.parse<string[]>(example.trim()).data.map((row, at) =>
  row.map((cell) =>
    cell.replace('云湖', '云䶮').replace(/\[(\d{4})\]/, brackets[at % brackets.length] ?? ''),
  ),
)
const csv = `${Papa.unparse([[title[0]], header, ...rows])}\r\n`
const objects = rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at] ?? ''])))

const DATE = /^(\d{4})[年-](\d{1,2})[月-](\d{1,2})日?(?: 0?(\d+):00:00)?$/

write('penalties.csv', csv)
write('penalties-bom.csv', `\ufeff${csv}`)
write('penalties-gb18030.csv', gb18030(csv))
write('penalties-utf16le.csv', Buffer.from(`\ufeff${csv}`, 'utf16le'))
write('penalties-utf16be.csv', Buffer.from(`\ufeff${csv}`, 'utf16le').swap16())
write('penalties.ndjson', objects.map((row) => `${JSON.stringify(row)}\n`).join(''))
write('penalties.json', JSON.stringify(objects, undefined, 2))
write('penalties.xml', xmlOf('UTF-8'))
write('penalties-gb18030.xml', gb18030(xmlOf('GB18030')))
for (const [ending, bookType] of [
  ['xlsx', 'xlsx'],
  ['xls', 'biff8'],
] as const) {
  write(`penalties.${ending}`, workbookOf(rows, bookType))
  write(`penalties-typed.${ending}`, workbookOf(rows.map(typed), bookType))
}

function gb18030(text: string): Buffer {
  return execFileSync('iconv', ['-f', 'UTF-8', '-t', 'GB18030'], { input: text })
}

function xmlOf(encoding: string): string {
  const codes = header.map((name) => columnFinder(penalty2018)(name)?.code ?? name)
  const records = rows.map((row) => {
    const members = codes.map((code, at) => `      <${code}>${escaped(row[at] ?? '')}</${code}>`)
    return `    <fields>\n${members.join('\n')}\n    </fields>`
  })
  const body = `  <Header><SendTime>20261120080000</SendTime></Header>\n  <Body>\n${records.join('\n')}\n  </Body>`
  return `<?xml version="1.0" encoding="${encoding}"?>\n<ExchangeMessage>\n${body}\n</ExchangeMessage>\n`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

type Cell = string | excel.CellObject

function workbookOf(body: readonly (readonly Cell[])[], bookType: excel.BookType): Buffer {
  const table = [[title[0] ?? ''], header, ...body].map((row) => [...row])
  const book = excel.utils.book_new(excel.utils.aoa_to_sheet(table), '行政处罚')
  excel.utils.book_append_sheet(book, excel.utils.aoa_to_sheet([['警告'], ['罚款']]), '字典')
  book.Workbook = { Sheets: [{ Hidden: 0 }, { Hidden: 2 }] }
  return excel.write(book, { type: 'buffer', bookType, compression: true })
}

/** Dates and amounts as Excel keeps them when they are typed into it. */
function typed(row: readonly string[]): readonly Cell[] {
  return row.map((cell) => {
    const [, year, month, day, hour = '0'] = DATE.exec(cell) ?? []
    if (year !== undefined) {
      const days =
        (Date.UTC(+year, +(month ?? 1) - 1, +(day ?? 1), +hour) - Date.UTC(1899, 11, 30)) / 86_400_000
      return { t: 'n', v: days, z: hour === '0' ? 'yyyy"年"m"月"d"日"' : 'yyyy/m/d h:mm' }
    }
    return /^\d+\.\d+$/.test(cell) ? { t: 'n', v: Number(cell) } : cell
  })
}

function write(name: string, content: string | Uint8Array): void {
  writeFileSync(new URL(name, import.meta.url), content)
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import Papa from 'papaparse'
import { completeUscc } from '../shared/identity/uscc.ts'
import { formats } from '../shared/ingest/formats/registry.ts'
import { findHeader } from '../shared/ingest/header.ts'
import { type Column, isKept, type Layout } from '../shared/ingest/layouts/layout.ts'
import { licence2018 } from '../shared/ingest/layouts/licence-2018.ts'
import { penalty2018 } from '../shared/ingest/layouts/penalty-2018.ts'
import { layouts } from '../shared/ingest/layouts/registry.ts'
import { formatOf, type Writing, write, writings } from '../test/ingest/any-submission.ts'

/** One submission's file, and its rows as the bare limit reads them: a line of JSON each. */
export type BenchFile = {
  readonly layout: string
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly lines: readonly string[]
}

type BenchRow = Readonly<Record<string, string>>

/** What one agency sends at once. */
const SUBMISSION_ROWS = 10_000

/** Half licences, half penalties, about 1.3 KB a row as NDJSON; no two rows ever the same. */
export function makeFiles(rows: number, writing: 'ndjson' | 'csv'): readonly BenchFile[] {
  const files: BenchFile[] = []
  for (let done = 0; done < rows; done += SUBMISSION_ROWS) {
    const layout = files.length % 2 === 0 ? licence2018 : penalty2018
    const toRow = layout === licence2018 ? licenceRow : penaltyRow
    const list = Array.from({ length: Math.min(SUBMISSION_ROWS, rows - done) }, () => toRow(nextRow++))
    files.push(fileOf(list, { layout: layout.name, writing, isPacked: false }))
  }
  return files
}

/**
 * As many files as there are layouts, formats and packings of them, all of one length; rows such as the test corpus
 * has, no two ever the same.
 */
export function makeMixedFiles(rows: number): readonly BenchFile[] {
  const kinds = layouts.flatMap((layout) =>
    writings.flatMap((writing) => [true, false].map((isPacked) => ({ layout, writing, isPacked }))),
  )
  return kinds.map(({ layout, ...kind }, at) => {
    const length = Math.floor((rows * (at + 1)) / kinds.length) - Math.floor((rows * at) / kinds.length)
    const toRow = sampleOf(layout)
    return fileOf(
      Array.from({ length }, () => toRow(nextRow++)),
      { layout: layout.name, ...kind },
    )
  })
}

type Kind = { readonly layout: string; readonly writing: Writing; readonly isPacked: boolean }

function fileOf(rows: readonly BenchRow[], { layout, writing, isPacked }: Kind): BenchFile {
  const header = Object.keys(rows[0] ?? {})
  const written = write({ header, rows: rows.map((row) => Object.values(row)) }, writing)
  const format = formats.find(({ name }) => name === formatOf[writing])
  return {
    layout,
    contentType: isPacked ? 'application/gzip' : (format?.mediaTypes[0] ?? ''),
    bytes: new Uint8Array(isPacked ? gzipSync(written) : written),
    lines: rows.map((row) => JSON.stringify(row)),
  }
}

let nextRow = 0

const NARRATIVE =
  '经现场检查，当事人在生产经营活动中未按照规定履行相关义务，依据有关法律法规的规定予以处理，具体情况以决定书记载为准。'

function subject(at: number): { readonly uscc: string; readonly name: string } {
  const organisation = at % 1_000_000
  const body = `YY${String(organisation).padStart(6, '0')}`
  const uscc = completeUscc({ prefix: '91', division: '330203', body })
  return { uscc, name: `示例第${organisation}号机械设备制造有限公司` }
}

// biome-ignore format: one line a group of columns
function licenceRow(at: number): BenchRow {
  const { uscc, name } = subject(at)
  return {
    XK_XDR_MC: name, XK_XDR_LB: '法人及非法人组织', XK_XDR_SHXYM: uscc, XK_XDR_GSZC: '', XK_XDR_ZZJG: uscc.slice(8, 17),
    XK_FRDB: '某某', XK_FR_ZJLX: '身份证', XK_FR_ZJHM: '', XK_XKWS: '行政许可决定书', XK_WSH: `示许〔2025〕${at}号`,
    XK_XKLB: '普通', XK_XKZS: '建筑业企业资质证书', XK_XKBH: `D3${String(at).padStart(8, '0')}`, XK_NR: NARRATIVE.repeat(2),
    XK_JDRQ: '2025/07/09', XK_YXQZ: '2025-07-09', XK_YXQZI: '2028-07-08', XK_XKJG: '示例市市场监督管理局',
    XK_XKJGDM: '11330200YY0009014P', XK_ZT: '1', XK_LYDW: '示例市市场监督管理局', XK_LYDWDM: '11330200YY0009014P', BZ: '',
  }
}

// biome-ignore format: one line a group of columns
function penaltyRow(at: number): BenchRow {
  const { uscc, name } = subject(at)
  return {
    CF_XDR_MC: name, CF_XDR_LB: '法人及非法人组织', CF_XDR_SHXYM: uscc, CF_XDR_ZZJG: uscc.slice(8, 17), CF_FRDB: '某某',
    CF_WSH: `示罚字[2025]第${at}号`, CF_WFXW: '违反登记管理规定', CF_SY: NARRATIVE, CF_YJ: '《示例条例》第三十八条第二款',
    CF_CFLB: '罚款', CF_NR: NARRATIVE, CF_NR_FK: '0.500000', CF_NR_WFFF: '', CF_NR_ZKDX: '', CF_JDRQ: '2025年7月15日',
    CF_YXQ: '2099-12-31', CF_GSJZQ: '2027-07-15', CF_CFJG: '示例市市场监督管理局', CF_CFJGDM: '11330200YY0009014P',
    CF_SJLY: '示例市市场监督管理局', CF_SJLYDM: '11330200YY0009014P', BZ: '',
  }
}

const CORPUS = fileURLToPath(new URL('../test/ingest/corpus', import.meta.url))

/** The first row of the corpus that is accepted in a layout, as another organisation's. */
function sampleOf(layout: Layout): (at: number) => BenchRow {
  const sample = readdirSync(join(CORPUS, layout.name))
    .filter((name) => name.endsWith('.csv'))
    .map((name) => findSample(layout, join(CORPUS, layout.name, name)))
    .find((found) => found !== undefined)
  if (sample === undefined) throw new Error(`the corpus has no row of ${layout.name} that is accepted`)
  return (at) => Object.fromEntries(sample.map((each) => [each[0].code, cellOf(each, at)]))
}

type Sample = readonly (readonly [Column, string])[]

function findSample(layout: Layout, file: string): Sample | undefined {
  const { data } = Papa.parse<string[]>(readFileSync(file, 'utf8'), { skipEmptyLines: true })
  const header = findHeader(layout, data)
  if ('code' in header) return undefined
  const expected = file.replace(/csv$/, 'json')
  const { outcomes } = JSON.parse(readFileSync(expected, 'utf8')) as { readonly outcomes: readonly string[] }
  const cells = data[header.row + 1 + outcomes.indexOf('accepted')]
  if (cells === undefined || !outcomes.includes('accepted')) return undefined
  return header.columns.flatMap(
    (column, at): Sample => (column === undefined || !isKept(column) ? [] : [[column, cells[at] ?? '']]),
  )
}

function cellOf([{ kind, fact }, cell]: Sample[number], at: number): string {
  const { uscc, name } = subject(at)
  if (cell === '') return ''
  if (kind === 'uscc' || kind === 'identifier' || kind === 'tax-number') return uscc
  if (kind === 'organisation-code') return uscc.slice(8, 17)
  if (kind === 'registration-number') return ''
  if (kind === 'number') return `示〔2025〕${at}号`
  return fact === 'subjectName' || fact === 'name' ? name : cell
}

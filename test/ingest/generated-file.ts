import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { completeUscc } from '../../shared/identity/uscc.ts'

const ROWS_AT_ONCE = 100
const SUBJECTS = 5_000
const NARRATIVE =
  '经现场检查，当事人在生产经营活动中未按照规定履行相关义务，依据有关法律法规的规定予以处理，具体情况以决定书记载为准。'
const subjects = new Map<number, string>()

type Row = Readonly<Record<string, string>>

type Writing = {
  readonly opening: string
  readonly row: (row: Row) => string
  readonly between: string
  readonly closing: string
}

const writings = {
  csv: {
    opening: `${Object.keys(rowOf(0)).join(',')}\r\n`,
    row: (row) => Object.values(row).join(','),
    between: '\r\n',
    closing: '\r\n',
  },
  ndjson: { opening: '', row: JSON.stringify, between: '\n', closing: '\n' },
  json: { opening: '[', row: JSON.stringify, between: ',', closing: ']' },
  xml: {
    opening: '<ExchangeMessage><Header/><Body>',
    row: (row) => {
      const members = Object.entries(row).map(([name, value]) => `<${name}>${value}</${name}>`)
      return `<fields>${members.join('')}</fields>`
    },
    between: '\n',
    closing: '</Body></ExchangeMessage>',
  },
} as const satisfies Record<string, Writing>

export type GeneratedFormat = keyof typeof writings

/** A file of licences that nobody holds: its rows come when they are asked for, about 1 KB each, no two the same. */
export async function* generateFile(format: GeneratedFormat, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const { opening, row, between, closing } = writings[format]
  let doneBytes = 0
  for (let at = 0; doneBytes < sizeBytes; at += ROWS_AT_ONCE) {
    const rows = Array.from({ length: ROWS_AT_ONCE }, (_, next) => row(rowOf(at + next)))
    const chunk = Buffer.from((at === 0 ? opening : between) + rows.join(between))
    doneBytes += chunk.length
    yield chunk
  }
  yield Buffer.from(closing)
}

export function packed(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return Readable.from(bytes).pipe(createGzip())
}

function rowOf(at: number): Row {
  return {
    XK_XDR_MC: `示例第${at}号机械设备制造有限公司`,
    XK_XDR_SHXYM: subjectOf(at % SUBJECTS),
    XK_FRDB: '某某',
    XK_WSH: `示许〔2025〕${at}号`,
    XK_NR: NARRATIVE.repeat(4),
    XK_JDRQ: '2025/07/09',
    XK_YXQZI: '2028-07-08',
    XK_XKJG: '示例市市场监督管理局',
  }
}

function subjectOf(number: number): string {
  const known = subjects.get(number)
  if (known !== undefined) return known
  const body = `YY${String(number).padStart(6, '0')}`
  const uscc = completeUscc({ prefix: '91', division: '330200', body })
  subjects.set(number, uscc)
  return uscc
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import Papa from 'papaparse'
import { type HomeSession, openHomeSession } from '../bin/home-session.ts'
import { completeUscc } from '../shared/identity/uscc.ts'
import { licence2018 } from '../shared/ingest/layouts/licence-2018.ts'
import { penalty2018 } from '../shared/ingest/layouts/penalty-2018.ts'
import { median } from './median.ts'

/** What one agency sends at once. */
const SUBMISSION_ROWS = 10_000
const AUTHORITY = 'demo-market-regulator'

export type IngestBenchOptions = {
  readonly rows: number
  readonly heldRecords: number
  readonly rounds: number
  readonly report: (line: string) => void
}

type Format = 'ndjson' | 'csv'

type File = { readonly layout: string; readonly bytes: Uint8Array<ArrayBuffer> }

/**
 * Records a second from the first byte at the door until every receipt says applied, into an empty home and into one
 * that holds records already, each beside the bare limit in alternation: JSON.parse of every line and one SQLite
 * insert of it, with the same pragmas, in transactions of 2,000.
 */
export async function benchIngest(options: IngestBenchOptions): Promise<object> {
  const results: Record<string, object> = {}
  const held = await openHeld(options)
  try {
    for (const format of ['ndjson', 'csv'] as const) {
      for (const home of ['empty', 'held'] as const) {
        results[`${format} into ${home}`] = await compare(
          options,
          format,
          home === 'held' ? held.session : undefined,
        )
      }
    }
  } finally {
    await held.close()
  }
  return { rows: options.rows, heldRecords: options.heldRecords, rounds: options.rounds, results }
}

let serial = 0

async function compare(
  options: IngestBenchOptions,
  format: Format,
  held: HomeSession | undefined,
): Promise<object> {
  const [ours, bare]: [number[], number[]] = [[], []]
  for (let round = 0; round < options.rounds; round++) {
    const files = makeFiles(options.rows, format)
    const lines = makeFiles(options.rows, 'ndjson').map(({ bytes }) => Buffer.from(bytes).toString('utf8'))
    bare.push(options.rows / (await timeBare(lines)))
    ours.push(options.rows / (await (held === undefined ? timeEmpty(files) : timePush(held, files))))
    options.report(
      `  ${format} into ${held ? 'held' : 'empty'}, round ${round + 1}: ${ours.at(-1)?.toFixed(0)}/s beside ${bare.at(-1)?.toFixed(0)}/s bare`,
    )
  }
  const [perSecond, barePerSecond] = [median(ours), median(bare)]
  return {
    perSecond: Math.round(perSecond),
    barePerSecond: Math.round(barePerSecond),
    ratio: perSecond / barePerSecond,
  }
}

async function openHeld({ heldRecords, report }: IngestBenchOptions) {
  const directory = await mkdtemp(join(tmpdir(), 'bench-ingest-'))
  const session = await openHomeSession(directory)
  session.work()
  for (let done = 0; done < heldRecords; done += 200_000) {
    await timePush(session, makeFiles(Math.min(200_000, heldRecords - done), 'ndjson'))
    report(`  filling the home: ${done + 200_000} records`)
  }
  return {
    session,
    async close() {
      await session.close()
      await rm(directory, { recursive: true })
    },
  }
}

async function timeEmpty(files: readonly File[]): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-ingest-'))
  const session = await openHomeSession(directory)
  session.work()
  // The worker's thread starts once for a service, not for each submission
  await timePush(session, makeFiles(10, 'ndjson'))
  const seconds = await timePush(session, files)
  await session.close()
  await rm(directory, { recursive: true })
  return seconds
}

async function timePush(session: HomeSession, files: readonly File[]): Promise<number> {
  const begin = performance.now()
  const ids: string[] = []
  for (const { layout, bytes } of files) {
    const submissionId = `bench-${++serial}`
    const query = new URLSearchParams({ submissionId, layout, sentAt: session.home.now() })
    const contentType = bytes[0] === '{'.charCodeAt(0) ? 'application/x-ndjson' : 'text/csv'
    const file = { contentType, bytes }
    const answer = await session.call({
      method: 'POST',
      path: `/v1/submissions?${query}`,
      as: AUTHORITY,
      file,
    })
    if (answer.status !== 202) throw new Error(`not received: ${JSON.stringify(answer.body)}`)
    ids.push(submissionId)
  }
  for (const id of ids) await waitUntilApplied(session, id)
  return (performance.now() - begin) / 1_000
}

async function waitUntilApplied(session: HomeSession, id: string): Promise<void> {
  for (;;) {
    const answer = await session.call({
      method: 'GET',
      path: `/v1/receipts/${AUTHORITY}/${id}`,
      as: AUTHORITY,
    })
    const body = answer.body as { status?: unknown; applied?: { new: number }; receipt: { received: number } }
    if (body.status === 'applied') {
      if (body.applied?.new !== body.receipt.received) throw new Error('not every row was accepted as new')
      return
    }
    await sleep(5)
  }
}

async function timeBare(texts: readonly string[]): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-bare-'))
  const database = new DatabaseSync(join(directory, 'bare.sqlite'))
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=50000')
  database.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO bare (body) VALUES (?)')
  const begin = performance.now()
  for (const text of texts) {
    const lines = text.trimEnd().split('\n')
    for (let at = 0; at < lines.length; at += 2_000) {
      database.exec('BEGIN IMMEDIATE')
      for (const line of lines.slice(at, at + 2_000)) {
        JSON.parse(line)
        insert.run(line)
      }
      database.exec('COMMIT')
    }
  }
  const seconds = (performance.now() - begin) / 1_000
  database.close()
  await rm(directory, { recursive: true })
  return seconds
}

/** Half licences, half penalties, about 1.3 KB a row as NDJSON; no two rows ever the same. */
export function makeFiles(rows: number, format: Format): readonly File[] {
  const files: File[] = []
  for (let done = 0; done < rows; done += SUBMISSION_ROWS) {
    const layout = files.length % 2 === 0 ? licence2018 : penalty2018
    const list = Array.from({ length: Math.min(SUBMISSION_ROWS, rows - done) }, () =>
      layout === licence2018 ? licenceRow(nextRow++) : penaltyRow(nextRow++),
    )
    const text =
      format === 'ndjson' ? `${list.map((row) => JSON.stringify(row)).join('\n')}\n` : Papa.unparse(list)
    files.push({ layout: layout.name, bytes: new Uint8Array(Buffer.from(text)) })
  }
  return files
}

let nextRow = 0

const NARRATIVE =
  '经现场检查，当事人在生产经营活动中未按照规定履行相关义务，依据有关法律法规的规定予以处理，具体情况以决定书记载为准。'

function subject(at: number): { readonly uscc: string; readonly name: string } {
  const organisation = at % 1_000_000
  const uscc = completeUscc({
    prefix: '91',
    division: '330203',
    body: `YY${String(organisation).padStart(6, '0')}`,
  })
  return { uscc, name: `示例第${organisation}号机械设备制造有限公司` }
}

// biome-ignore format: one line a group of columns
function licenceRow(at: number): Record<string, string> {
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
function penaltyRow(at: number): Record<string, string> {
  const { uscc, name } = subject(at)
  return {
    CF_XDR_MC: name, CF_XDR_LB: '法人及非法人组织', CF_XDR_SHXYM: uscc, CF_XDR_ZZJG: uscc.slice(8, 17), CF_FRDB: '某某',
    CF_WSH: `示罚字[2025]第${at}号`, CF_WFXW: '违反登记管理规定', CF_SY: NARRATIVE, CF_YJ: '《示例条例》第三十八条第二款',
    CF_CFLB: '罚款', CF_NR: NARRATIVE, CF_NR_FK: '0.500000', CF_NR_WFFF: '', CF_NR_ZKDX: '', CF_JDRQ: '2025年7月15日',
    CF_YXQ: '2099-12-31', CF_GSJZQ: '2027-07-15', CF_CFJG: '示例市市场监督管理局', CF_CFJGDM: '11330200YY0009014P',
    CF_SJLY: '示例市市场监督管理局', CF_SJLYDM: '11330200YY0009014P', BZ: '',
  }
}

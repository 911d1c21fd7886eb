import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HomeSession, openHomeSession } from '../bin/home-session.ts'
import { recordTypes } from '../shared/settings.ts'
import { type BenchFile, makeFiles, makeMixedFiles } from './ingest-files.ts'
import { median } from './median.ts'

const AUTHORITY = 'demo-market-regulator'

export type IngestBenchOptions = {
  readonly rows: number
  readonly heldRecords: number
  readonly rounds: number
  /** Submissions that are under way at the door at once. */
  readonly senders: number
  readonly inputs: readonly IngestInput[]
  readonly report: (line: string) => void
}

const inputs = {
  ndjson: (rows: number) => makeFiles(rows, 'ndjson'),
  csv: (rows: number) => makeFiles(rows, 'csv'),
  mixed: makeMixedFiles,
} as const satisfies Readonly<Record<string, (rows: number) => readonly BenchFile[]>>

export type IngestInput = keyof typeof inputs
export const ingestInputs = Object.keys(inputs) as IngestInput[]

/**
 * Records a second from the first byte at the door until every receipt says applied, into an empty home and into one
 * that holds records already, each beside the bare limit in alternation: JSON.parse of every row as a line and one
 * SQLite insert of it, with the same pragmas, in transactions of 2,000.
 */
export async function benchIngest(options: IngestBenchOptions): Promise<object> {
  const results: Record<string, object> = {}
  const held = await openHeld(options)
  try {
    for (const input of options.inputs) {
      results[`${input}, into an empty home`] = await compare(options, input, undefined)
      results[`${input}, into a held one`] = await compare(options, input, held.session)
    }
  } finally {
    await held.close()
  }
  const { rows, heldRecords, rounds, senders } = options
  return { rows, heldRecords, rounds, senders, results }
}

let serial = 0

/** A run's speed, and the most memory its process took beyond what it had before, files and all. */
type Run = { readonly perSecond: number; readonly peakMib: number }

async function compare(
  options: IngestBenchOptions,
  input: IngestInput,
  held: HomeSession | undefined,
): Promise<object> {
  const { rows, rounds, senders, report } = options
  const [ours, bare]: [Run[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const files = inputs[input](rows)
    bare.push(rows / (await timeBare(files)))
    const work = { files, senders }
    const { seconds, peakMib } = await (held === undefined ? timeEmpty(work) : timePush(held, work))
    ours.push({ perSecond: rows / seconds, peakMib })
    report(
      `  ${input}, ${held ? 'held' : 'empty'}, round ${round + 1}: ${ours.at(-1)?.perSecond.toFixed(0)}/s beside ${bare.at(-1)?.toFixed(0)}/s bare, ${peakMib} MiB`,
    )
  }
  const [perSecond, barePerSecond] = [median(ours.map((run) => run.perSecond)), median(bare)]
  return {
    perSecond: Math.round(perSecond),
    barePerSecond: Math.round(barePerSecond),
    ratio: perSecond / barePerSecond,
    peakMib: Math.max(...ours.map((run) => run.peakMib)),
  }
}

async function openHeld({ heldRecords, senders, report }: IngestBenchOptions) {
  const home = await openBenchHome()
  for (let done = 0; done < heldRecords; done += 200_000) {
    const files = makeFiles(Math.min(200_000, heldRecords - done), 'ndjson')
    await timePush(home.session, { files, senders })
    report(`  filling the home: ${done + files.length} records`)
  }
  return home
}

/** A new home whose authority may send records of every type. */
async function openBenchHome() {
  const directory = await mkdtemp(join(tmpdir(), 'bench-ingest-'))
  const deployed = new URL('../examples/deployment/authorities.json', import.meta.url)
  const { authorities } = JSON.parse(await readFile(deployed, 'utf8'))
  const every = authorities.map((authority: object) => ({ ...authority, recordTypes }))
  await writeFile(join(directory, 'authorities.json'), JSON.stringify({ authorities: every }))
  const session = await openHomeSession(directory)
  session.work()
  return {
    session,
    async close() {
      await session.close()
      await rm(directory, { recursive: true })
    },
  }
}

type Work = { readonly files: readonly BenchFile[]; readonly senders: number }
type Timed = { readonly seconds: number; readonly peakMib: number }

async function timeEmpty(work: Work): Promise<Timed> {
  const home = await openBenchHome()
  // The service's threads start once, not for each submission
  await timePush(home.session, { ...work, files: makeFiles(10, 'ndjson') })
  const timed = await timePush(home.session, work)
  await home.close()
  return timed
}

async function timePush(session: HomeSession, { files, senders }: Work): Promise<Timed> {
  const memory = watchMemory()
  const begin = performance.now()
  const waiting = [...files]
  const ids: string[] = []
  const send = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      ids.push(await sendFile(session, file))
  }
  await Promise.all(Array.from({ length: senders }, send))
  for (const id of ids) await waitUntilApplied(session, id)
  const seconds = (performance.now() - begin) / 1_000
  return { seconds, peakMib: memory.stop() }
}

async function sendFile(session: HomeSession, { layout, contentType, bytes }: BenchFile): Promise<string> {
  const submissionId = `bench-${++serial}`
  const query = new URLSearchParams({ submissionId, layout, sentAt: session.home.now() })
  const path = `/v1/submissions?${query}`
  const answer = await session.call({ method: 'POST', path, as: AUTHORITY, file: { contentType, bytes } })
  if (answer.status !== 202) throw new Error(`not received: ${JSON.stringify(answer.body)}`)
  return submissionId
}

function watchMemory(): { stop(): number } {
  const before = process.memoryUsage.rss()
  let most = before
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss())
  }
  const timer = setInterval(look, 20)
  return {
    stop() {
      look()
      clearInterval(timer)
      return Math.round((most - before) / 2 ** 20)
    },
  }
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
      if (body.applied?.new !== body.receipt.received) {
        throw new Error(`not every row was accepted as new: ${JSON.stringify(body.receipt)}`)
      }
      return
    }
    await sleep(5)
  }
}

async function timeBare(files: readonly BenchFile[]): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-bare-'))
  const database = new DatabaseSync(join(directory, 'bare.sqlite'))
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=50000')
  database.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO bare (body) VALUES (?)')
  const begin = performance.now()
  for (const { lines } of files) {
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

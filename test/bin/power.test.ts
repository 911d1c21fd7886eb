import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openHomeSession } from '../../bin/home-session.ts'
import { push } from '../../bin/pushed.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { completeUscc } from '../../shared/identity/uscc.ts'
import { readContents } from './contents.ts'
import { document, type Ended, makeDirectory, type Running, start } from './run.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const AUTHORITY = 'demo-environment-bureau'
const RECORDS = 1_000

let directory: Awaited<ReturnType<typeof makeDirectory>>
const inDirectory = (name: string) => join(directory.path, name)

beforeAll(async () => {
  directory = await makeDirectory()
  await mkdir(inDirectory('tmp'))
})
afterAll(() => directory.remove())

/** Penalties of as many organisations, from the n-th on. */
function penalties(from: number, count: number): Uint8Array<ArrayBuffer> {
  const rows = Array.from({ length: count }, (_, at) => ({
    ...{
      CF_XDR_MC: `示例${from + at}号有限公司`,
      CF_XDR_SHXYM: codeOf(from + at),
      CF_WSH: `示罚${from + at}号`,
    },
    ...{ CF_CFLB: '罚款', CF_JDRQ: '2026-01-05', CF_CFJG: '示例局', CF_GSJZQ: '2099-12-31' },
  }))
  return new Uint8Array(Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')))
}

function codeOf(n: number): string {
  return completeUscc({ prefix: '91', division: '330203', body: `YY${String(n).padStart(6, '0')}` })
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Killing = {
  readonly begin: () => Running
  /** What it says when its own work begins. */
  readonly work: RegExp
  readonly random: () => number
  /** Does what must hold whenever the power fails. */
  readonly check: () => unknown
}

/** Lets one run end, for the time its work takes, and then kills as many others, each at some point of that. */
async function killAtRandom(kills: number, spanMs: number, { begin, work, random, check }: Killing) {
  let killed = 0
  for (let run = 0; run < 4 * kills && killed < kills; run++) {
    const running = begin()
    // One in three is killed while it opens the home, or before
    if (run % 3 !== 0) await running.said(work)
    await sleep(random() * spanMs)
    running.signal('SIGKILL')
    if ((await running.ended).code === null) killed++
    await check()
  }
  expect(killed).toBe(kills)
}

async function timeWork(running: Running, work: RegExp): Promise<number> {
  await running.said(work)
  const from = performance.now()
  expect((await running.ended).code).toBe(0)
  return performance.now() - from
}

describe('a push that is killed', () => {
  const begin = (home: string, file: string, submission: string) => {
    const head = ['--authority', AUTHORITY, '--layout', 'penalty-2018', '--submission', submission]
    return start('credit-fusion.ts', ['push', ...head, file, '--home', home, '--json'])
  }

  test.concurrent('more often than a message is tried loses nothing, and the next push gets the receipt', async () => {
    const random = seeded(20_261_123)
    const files = await Promise.all(
      [0, 1, 2].map(async (n) => {
        await writeFile(inDirectory(`${n}.ndjson`), penalties(n * RECORDS, RECORDS))
        return inDirectory(`${n}.ndjson`)
      }),
    )
    const [rehearsed = '', ...submissions] = files
    const spanMs = await timeWork(begin(inDirectory('rehearsal'), rehearsed, 'rehearsal'), /^reading/m)
    const home = inDirectory('pushed')
    await mkdir(home)
    for (const [at, file] of submissions.entries()) {
      await killAtRandom(6, spanMs, {
        begin: () => begin(home, file, `submission-${at}`),
        work: /^reading/m,
        random,
        check: () => expect(readContents(home).failures.filter((count) => count > 0)).toEqual([]),
      })
      const ended = await begin(home, file, `submission-${at}`).ended
      expect(ended.code).toBe(0)
      const none = { repeated: 0, refused: 0, unresolved: 0 }
      expect(document(ended)).toMatchObject({ received: RECORDS, accepted: RECORDS, ...none })
      expect(document(ended)['applied']).toEqual({ new: RECORDS, known: 0 })
    }
    const { sightings, entries, failures } = readContents(home)
    expect(sightings).toHaveLength(2 * RECORDS)
    expect(sightings.filter((count) => count !== 1)).toEqual([])
    expect(entries.filter((id) => id.startsWith('submission:'))).toEqual([
      `submission:${AUTHORITY}:submission-0`,
      `submission:${AUTHORITY}:submission-1`,
    ])
    expect(failures).toEqual([])
  })
})

describe('a server that is killed', () => {
  // More than the longest life has time for, on a fast machine too
  const FILES = 12

  test.concurrent('while it takes in what is dropped loses no file of it and counts none twice', async () => {
    const home = inDirectory('dropped')
    const begin = () => start('credit-fusion.ts', ['serve', '--port', '0', '--home', home])
    const folder = join(home, 'drop', AUTHORITY, 'penalty-2018')
    await mkdir(folder, { recursive: true })
    for (let n = 0; n < FILES; n++) {
      await writeFile(join(folder, `.part-${n}.ndjson`), penalties(n * RECORDS, RECORDS))
      await rename(join(folder, `.part-${n}.ndjson`), join(folder, `part-${n}.ndjson`))
    }
    const receipts = async () => (await readdir(join(home, 'receipts', AUTHORITY)).catch(() => [])).sort()
    const whole = Array.from({ length: FILES }, (_, n) => `part-${n}.json`).sort()
    // Until they have lain still; from then on every life takes them
    await sleep(5_000)
    let cut = 0
    const check = async () => {
      expect(readContents(home).failures.filter((count) => count > 0)).toEqual([])
      if ((await receipts()).length < FILES) cut++
    }
    await killAtRandom(8, 600, { begin, work: /^serving/m, random: seeded(6), check })
    expect(cut, 'killed while there was something to do').toBeGreaterThan(0)
    const last = begin()
    // Before that it does not know yet what to do when told to end
    await last.said(/^serving/m)
    while ((await receipts()).length < FILES) await sleep(50)
    while ((await readdir(folder, { recursive: true })).some((name) => name.endsWith('.ndjson')))
      await sleep(50)
    while (readContents(home).sightings.length < FILES * RECORDS) await sleep(50)
    last.signal('SIGTERM')
    expect((await last.ended).code).toBe(0)
    expect(await receipts()).toEqual(whole)
    const { sightings, entries, failures } = readContents(home)
    expect(sightings).toHaveLength(FILES * RECORDS)
    expect(sightings.filter((count) => count !== 1)).toEqual([])
    expect(entries.filter((id) => id.startsWith('submission:'))).toHaveLength(FILES)
    expect(failures).toEqual([])
  })
})

describe('a publication that is killed', () => {
  const ROUNDS = 3

  test.concurrent('leaves whole versions at any time, and the next one goes on with the next number', async () => {
    const home = inDirectory('published')
    const random = seeded(7)
    const begin = () => publish(home)
    const session = await openHomeSession(home)
    const send = (round: number) =>
      push(session, {
        ...{ authority: AUTHORITY, layout: 'penalty-2018', submissionId: `round-${round}` },
        file: { contentType: 'application/x-ndjson', bytes: penalties(round * RECORDS, RECORDS) },
      })
    try {
      await send(0)
      const spanMs = await timeWork(begin(), /^publishing/m)
      for (let round = 1; round <= ROUNDS; round++) {
        await send(round)
        const check = () => readVersions(home)
        await killAtRandom(3, spanMs, { begin, work: /^publishing/m, random, check })
        const ended = await begin().ended
        expect(await readVersions(home)).toEqual({ versions: round + 1, latest: versionOf(ended) })
        expect(versionOf(ended)).toMatchObject({ version: round + 1, rows: (round + 1) * RECORDS })
      }
    } finally {
      await session.close()
    }
  })

  const publish = (home: string) =>
    start(
      'credit-fusion.ts',
      ['dataset', 'publish', 'organisations', '--home', home, '--json'],
      inDirectory('tmp'),
    )

  function versionOf(ended: Ended) {
    expect(ended.code).toBe(0)
    const { version, manifestSha256, rows } = document(ended)['version'] as Version
    return { version, manifestSha256, rows }
  }
})

type Version = { readonly version: number; readonly manifestSha256: string; readonly rows: number }

/** What is published in a home, all of which must be there: each manifest with its files, and what the pointer names. */
async function readVersions(home: string) {
  const root = join(home, 'objects/datasets')
  const folder = join(root, 'organisations')
  const names = (await readdir(join(folder, 'versions')).catch(() => [])).sort()
  const manifests = new Map<number, string>()
  for (const name of names) {
    const bytes = await readFile(join(folder, 'versions', name, 'manifest.json')).catch(() => undefined)
    // Killed between a version's two documents: the next to come puts the other
    if (bytes === undefined) continue
    manifests.set(Number(name), sha256(bytes))
    for (const file of JSON.parse(bytes.toString()).files as readonly { path: string; sha256: string }[]) {
      expect(sha256(await readFile(join(root, file.path)))).toBe(file.sha256)
    }
  }
  const { version, manifestSha256, rows } = JSON.parse(
    await readFile(join(folder, 'latest.json'), 'utf8'),
  ) as Version
  expect([...manifests.keys()]).toEqual(Array.from({ length: manifests.size }, (_, at) => at + 1))
  expect(manifests.get(version)).toBe(manifestSha256)
  return { versions: manifests.size, latest: { version, manifestSha256, rows } }
}

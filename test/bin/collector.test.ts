import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { collectFile, type Sender, stamp } from '../../bin/collector/collect.ts'
import { type Door, deliverAll, deliverNext } from '../../bin/collector/deliver.ts'
import { openProgress } from '../../bin/collector/progress.ts'
import { type Disk, openSpool, realDisk, type Spool, type Spooled } from '../../bin/collector/spool.ts'
import { watchDirectory } from '../../bin/collector/watch.ts'
import { CommandEnd } from '../../bin/command-end.ts'
import type { Pushed } from '../../bin/commands/push.ts'
import { findSentFile } from '../../bin/sent-file.ts'
import { verifySignature } from '../../shared/authorities/signature.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { keyOf, makeKeyPair } from '../authorities/keys.ts'
import { Crash } from '../faults.ts'
import { csvOf, rows } from '../ingest/sample.ts'

const own = await makeKeyPair()
const layout = findLayout('penalty-2018') ?? missing()
const silent = openProgress(0, { write: () => undefined })
const directories: string[] = []
afterAll(async () => {
  for (const each of directories) await rm(each, { recursive: true, force: true })
})

async function makeDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'credit-fusion-spool-'))
  directories.push(path)
  return path
}

/** A clock that never stands still, so that no two moments are one. */
function ticking(): () => Instant {
  let at = Date.parse('2026-06-01T00:00:00.000Z')
  return () => instantOf(at++)
}

const senderNow = (now = ticking()): Sender => ({ authority: 'authority-0', key: own.privateJwk, now })

async function saveFile(directory: string, name: string, n = 0): Promise<string> {
  const row = { ...rows['penalty-2018'], CF_WSH: `示罚〔2026〕${n}号`, CF_XDR_ZJHM: '', CF_FRDB: '张三' }
  const path = join(directory, name)
  await writeFile(path, csvOf([Object.keys(row), Object.values(row)]))
  return path
}

async function collect(spool: Spool, path: string, sender = senderNow()): Promise<string> {
  const collecting = { spool, sender, layout, progress: silent }
  return (await collectFile(await findSentFile(path), collecting)).submissionId
}

const applied = { submissionId: '', authority: '', entry: 1, applied: { new: 1, known: 0 }, records: [] }
const PUSHED: Pushed = { ...applied, received: 1, accepted: 1, repeated: 0, refused: 0, unresolved: 0 }

/** Receives whatever comes, and keeps it by its id, as the service would. */
function openReceiver() {
  const received = new Map<string, { readonly content: string; readonly sentAt: string }>()
  const take = async ({ head, file }: Spooled) => {
    const content = await readFile(file, 'utf8')
    const earlier = received.get(head.submissionId)
    if (earlier !== undefined && earlier.content !== content) throw new Error('one id, two contents')
    const jws = head.signature ?? ''
    const { authority, submissionId, sentAt } = head
    const statement = { schemaVersion: '1', authority, submissionId, layout: head.layout, sentAt }
    const verified = await verifySignature(jws, { keys: [keyOf(own)], at: sentAt as Instant, statement })
    if (!('sha256' in verified) || verified.sha256 !== head.contentSha256) throw new Error('not signed')
    received.set(submissionId, { content, sentAt: earlier?.sentAt ?? sentAt })
  }
  return { received, take }
}

const doorTo = (deliver: (spooled: Spooled) => Promise<void>): Door => ({
  deliver: async (spooled) => {
    await deliver(spooled)
    return PUSHED
  },
  close: async () => undefined,
})

/** One life of a collector: at its n-th write, or its n-th word to the door, it dies before that is done or after. */
function dying(crashAt: number, mode: 'failed' | 'stored') {
  let writes = 0
  const write = async (act: () => Promise<void>): Promise<void> => {
    writes++
    if (writes > crashAt) throw new Crash()
    if (writes < crashAt) return act()
    if (mode === 'stored') await act()
    throw new Crash()
  }
  const disk: Disk = {
    write: (file, body) => write(() => realDisk.write(file, body)),
    move: (from, to) => write(() => realDisk.move(from, to)),
    remove: (file) => write(() => realDisk.remove(file)),
  }
  return { disk, write, died: () => writes >= crashAt }
}

describe('a collector that dies', () => {
  const deaths = Array.from({ length: 30 }, (_, at) => at + 1).flatMap((crashAt) =>
    (['failed', 'stored'] as const).map((mode) => ({ crashAt, mode })),
  )
  test.each(deaths)('at write $crashAt ($mode) loses nothing and doubles nothing', async (death) => {
    const directory = await makeDirectory()
    const files = await makeFiles(3)
    const { received, take } = openReceiver()
    const sender = senderNow()
    const { disk, write } = dying(death.crashAt, death.mode)
    const door = doorTo((spooled) => write(() => take(spooled)))
    // A Crash is no answer of the door's: it ends the process
    const life = live(await openSpool(directory, disk).catch(rethrown), { files, sender, door })
    await life.catch((fault: unknown) => {
      if (!(fault instanceof Crash)) throw fault
    })
    const again = await openSpool(directory)
    await live(again, { files, sender, door: doorTo(take) })
    expect([...received.values()].map(({ content }) => content)).toHaveLength(3)
    const numbers = [...received.values()].map(({ content }) => /〕(\d)号/.exec(content)?.[1])
    expect(numbers.toSorted()).toEqual(['0', '1', '2'])
    expect(await again.list()).toEqual([])
    for (const each of ['waiting', 'drafts', 'refused'])
      expect(await readdir(join(directory, each)), each).toEqual([])
  })

  async function makeFiles(count: number): Promise<readonly string[]> {
    const directory = await makeDirectory()
    return Promise.all(Array.from({ length: count }, (_, n) => saveFile(directory, `${n}.csv`, n)))
  }

  async function live(
    spool: Spool,
    { files, sender, door }: { files: readonly string[]; sender: Sender; door: Door },
  ): Promise<void> {
    for (const path of files) {
      const seen = { path, sizeBytes: 1, changedMs: 1 }
      if (await spool.hasSeen(seen)) continue
      await collect(spool, path, sender)
      await spool.markSeen(seen)
    }
    for (;;) {
      const delivery = await deliverNext({ spool, sender, door })
      if (delivery === undefined) return
      if (delivery.outcome === 'unreachable') throw new Crash()
    }
  }

  function rethrown(fault: unknown): never {
    throw fault
  }
})

describe('what waits', () => {
  test('is minimised and holds nothing of a person, nor of the file it came from', async () => {
    const directory = await makeDirectory()
    const spool = await openSpool(directory)
    const path = await saveFile(await makeDirectory(), 'a.csv')
    await collect(spool, path)
    const [{ file, head } = missing()] = await spool.list()
    const content = await readFile(file, 'utf8')
    expect(content).not.toContain('张三')
    expect(head).toMatchObject({ sha256: sha256(content), form: 'records' })
    const all = await readdir(directory, { recursive: true, withFileTypes: true })
    const names = all.filter((each) => each.isFile()).map(({ name }) => name)
    expect(names.map((name) => name.replace(head.submissionId, 'ID')).toSorted()).toEqual([
      '0000000000001-ID.json',
      '0000000000001-ID.ndjson',
    ])
    expect(JSON.stringify(head)).not.toContain(sha256(await readFile(path)))
  })

  test('is one submission however often the same content is collected', async () => {
    const spool = await openSpool(await makeDirectory())
    const path = await saveFile(await makeDirectory(), 'a.csv')
    expect(await collect(spool, path)).toBe(await collect(spool, path))
    expect(await spool.list()).toHaveLength(1)
  })

  test('is sent in the order it was collected, each later than the one before, whatever was tried between', async () => {
    const spool = await openSpool(await makeDirectory())
    const directory = await makeDirectory()
    const sender = senderNow()
    const ids = []
    for (const n of [0, 1, 2])
      ids.push(await collect(spool, await saveFile(directory, `${n}.csv`, n), sender))
    const collectedAt = sender.now()
    const { received, take } = openReceiver()
    let tries = 0
    const door = doorTo(async (spooled) => {
      if (tries++ < 3) throw new Error('offline')
      await take(spooled)
    })
    const outcomes: string[] = []
    await deliverAll(
      { spool, sender, door },
      {
        ...{ signal: new AbortController().signal, idles: false, firstWaitMs: 1 },
        onDelivery: ({ outcome }) => outcomes.push(outcome) > 0,
      },
    )
    expect(outcomes).toEqual([...Array(3).fill('unreachable'), ...Array(3).fill('received')])
    expect([...received.keys()]).toEqual(ids)
    const moments = [...received.values()].map(({ sentAt }) => sentAt)
    expect([collectedAt, ...moments]).toEqual([collectedAt, ...moments].toSorted())
    expect(new Set(moments).size).toBe(3)
  })

  test.each([
    ['AUTHORITY_SUSPENDED', 'held'],
    ['SIGNATURE_KEY_UNKNOWN', 'held'],
    ['SIGNATURE_KEY_NOT_VALID', 'held'],
    ['SENT_AT_IN_FUTURE', 'held'],
    ['FORBIDDEN', 'held'],
    ['TOKEN_INVALID', 'held'],
    ['RECORD_TYPE_NOT_ADMITTED', 'refused'],
    ['SUBMISSION_EMPTY', 'refused'],
    ['REQUEST_MALFORMED', 'refused'],
  ] as const)('and is answered with %s is %s', async (code, outcome) => {
    const directory = await makeDirectory()
    const spool = await openSpool(directory)
    const id = await collect(spool, await saveFile(await makeDirectory(), 'a.csv'))
    const refusing = doorTo(() => Promise.reject(new CommandEnd(3, code, 'a reason')))
    const delivery = await deliverNext({ spool, sender: senderNow(), door: refusing })
    expect(delivery).toMatchObject({ outcome, code })
    expect(await spool.list()).toHaveLength(outcome === 'held' ? 1 : 0)
    const kept = await readdir(join(directory, 'refused'))
    expect(kept).toEqual(outcome === 'held' ? [] : [`0000000000001-${id}.json`])
  })

  test('and is refused by a receipt is refused as by an answer', async () => {
    const spool = await openSpool(await makeDirectory())
    await collect(spool, await saveFile(await makeDirectory(), 'a.csv'))
    const refusal = { code: 'AUTHORITY_SUSPENDED', path: '', reason: 'it is' } as const
    const door: Door = { deliver: async () => ({ ...PUSHED, refusal }), close: async () => undefined }
    expect(await deliverNext({ spool, sender: senderNow(), door })).toMatchObject({ outcome: 'held' })
  })

  test('is signed by the key there is when it is sent', async () => {
    const other = await makeKeyPair()
    const head = { authority: 'a', layout: 'l', submissionId: 's', form: 'file', sizeBytes: 1 } as const
    const content = { sha256: sha256(''), contentSha256: sha256('') }
    const first = await stamp({ ...head, ...content }, senderNow())
    const second = await stamp(first, { ...senderNow(), key: other.privateJwk })
    const keys = [keyOf(other)]
    const { sentAt } = second
    const statement = { schemaVersion: '1', authority: 'a', submissionId: 's', layout: 'l', sentAt }
    const verified = await verifySignature(second.signature ?? '', {
      ...{ keys, at: sentAt as Instant, statement },
    })
    expect(verified).toEqual({ sha256: sha256('') })
  })
})

describe('a watched directory', () => {
  const lookMs = 300
  async function watch(directory: string, spool: Spool, told: string[] = []): Promise<readonly string[]> {
    const ending = new AbortController()
    const collected: string[] = []
    const watching = watchDirectory({
      ...{ directory, spool, signal: ending.signal, scanMs: 5 },
      async collect(path) {
        collected.push(path)
        if (path.endsWith('bad.csv')) throw new CommandEnd(2, 'LAYOUT_NOT_DETECTED', 'x')
      },
      onFault: (path) => told.push(`refused ${basename(path)}`),
      onPassedOver: (path) => told.push(`passed over ${basename(path)}`),
    })
    await new Promise((done) => setTimeout(done, lookMs))
    ending.abort()
    await watching
    return collected
  }

  test('has each file collected once, by this process and those after it; what changes, again', async () => {
    const directory = await makeDirectory()
    const spool = await openSpool(await makeDirectory())
    const path = await saveFile(directory, 'a.csv')
    await mkdir(join(directory, 'folder.csv'))
    await saveFile(directory, '.hidden.csv')
    await saveFile(directory, 'letter.doc')
    expect(await watch(directory, spool)).toEqual([path])
    expect(await watch(directory, spool)).toEqual([])
    await utimes(path, new Date(), new Date(Date.now() + 5_000))
    expect(await watch(directory, spool)).toEqual([path])
  })

  test('has what cannot be collected tried once, and again by the next process', async () => {
    const directory = await makeDirectory()
    const spool = await openSpool(await makeDirectory())
    const path = await saveFile(directory, 'bad.csv')
    expect(await watch(directory, spool)).toEqual([path])
    expect(await watch(directory, spool)).toEqual([path])
  })

  test('has each name told once that ends in no format, however often its file changes', async () => {
    const directory = await makeDirectory()
    const spool = await openSpool(await makeDirectory())
    await mkdir(join(directory, 'folder.doc'))
    await saveFile(directory, '.hidden.doc')
    await saveFile(directory, 'bad.csv')
    const path = await saveFile(directory, 'letter.doc')
    const told: string[] = []
    const watching = watch(directory, spool, told)
    await vi.waitFor(() => expect(told).toContain('passed over letter.doc'))
    await utimes(path, new Date(), new Date(Date.now() + 5_000))
    await watching
    expect(told.toSorted()).toEqual(['passed over letter.doc', 'refused bad.csv'])
  })
})

describe('progress', () => {
  const drawn = async (isTTY: boolean): Promise<string> => {
    let text = ''
    const progress = openProgress(10, { isTTY, write: (more: string) => (text += more) })
    async function* bytes() {
      yield Buffer.alloc(5)
    }
    for await (const _ of progress.through(bytes() as never));
    progress.end()
    return text
  }

  test('is drawn on a terminal, and taken away', async () => {
    expect(await drawn(true)).toBe(`\r[${'#'.repeat(15)}${'.'.repeat(15)}] 50 %, 0 rows\r\u001b[K`)
  })

  test('is nothing in a log', async () => {
    expect(await drawn(false)).toBe('')
  })
})

function missing(): never {
  throw new Error('there is none')
}

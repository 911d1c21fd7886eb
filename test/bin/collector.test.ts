import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { collectFile, type Sender, stamp } from '../../bin/collector/collect.ts'
import { deliverAll, deliverNext, type Outlet } from '../../bin/collector/deliver.ts'
import { openProgressBar } from '../../bin/collector/progress-bar.ts'
import { type Disk, openSpool, realDisk, type Spool, type Spooled } from '../../bin/collector/spool.ts'
import { watchDirectory } from '../../bin/collector/watch.ts'
import { CommandEnd } from '../../bin/command-end.ts'
import { FileChanged, findLocalFile } from '../../bin/local-file.ts'
import type { Pushed } from '../../bin/pushed.ts'
import { verifySignature } from '../../shared/authorities/signature.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { keyOf, makeKeyPair } from '../authorities/keys.ts'
import { Crash } from '../faults.ts'
import { csvOf, MOBILE_NUMBER, rows } from '../ingest/sample.ts'

const own = await makeKeyPair()
const layout = findLayout('penalty-2018') ?? missing()
const silent = openProgressBar(0, { write: () => undefined })
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

async function waitingIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(join(directory, 'waiting'))
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
}

async function firstOf(spool: Spool): Promise<Spooled> {
  const first = await spool.first('authority-0')
  return first === undefined || 'damaged' in first ? missing() : first
}

async function collect(spool: Spool, path: string, sender = senderNow()): Promise<string> {
  const collecting = { spool, sender, layout, progress: silent }
  return (await collectFile(await findLocalFile(path), collecting)).submissionId
}

const applied = { submissionId: '', authority: '', layout: '', entry: 1, applied: { new: 1, known: 0 } }
const counts = { received: 1, accepted: 1, repeated: 0, refused: 0, unresolved: 0 }
const PUSHED: Pushed = { ...applied, ...counts, records: [] }

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

const outletTo = (deliver: (spooled: Spooled) => Promise<void>): Outlet => ({
  deliver: async (spooled) => {
    await deliver(spooled)
    return PUSHED
  },
  close: async () => undefined,
})

/** One life of a collector: at its n-th write, or its n-th word to the outlet, it dies before that is done or after. */
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
    putAway: (from, to) => write(() => realDisk.putAway(from, to)),
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
    const outlet = outletTo((spooled) => write(() => take(spooled)))
    // A Crash is no answer of the outlet's: it ends the process
    const life = live(await openSpool(directory, disk).catch(rethrown), { files, sender, outlet })
    await life.catch((fault: unknown) => {
      if (!(fault instanceof Crash)) throw fault
    })
    const again = await openSpool(directory)
    await live(again, { files, sender, outlet: outletTo(take) })
    expect([...received.values()].map(({ content }) => content)).toHaveLength(3)
    const numbers = [...received.values()].map(({ content }) => /〕(\d)号/.exec(content)?.[1])
    expect(numbers.toSorted()).toEqual(['0', '1', '2'])
    for (const each of ['waiting', 'drafts', 'refused'])
      expect(await readdir(join(directory, each)), each).toEqual([])
  })

  async function makeFiles(count: number): Promise<readonly string[]> {
    const directory = await makeDirectory()
    return Promise.all(Array.from({ length: count }, (_, n) => saveFile(directory, `${n}.csv`, n)))
  }

  async function live(
    spool: Spool,
    { files, sender, outlet }: { files: readonly string[]; sender: Sender; outlet: Outlet },
  ): Promise<void> {
    for (const path of files) {
      const seen = { path, sizeBytes: 1, writtenMs: 1, changedMs: 1, inode: 1 }
      if (await spool.hasSeen(seen)) continue
      await spool.markSeen(seen, await collect(spool, path, sender))
    }
    for (;;) {
      const delivery = await deliverNext({ spool, sender, outlet })
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
    const { file, head } = await firstOf(spool)
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
    const directory = await makeDirectory()
    const spool = await openSpool(directory)
    const path = await saveFile(await makeDirectory(), 'a.csv')
    const id = await collect(spool, path)
    expect(await collect(spool, path)).toBe(id)
    expect(await waitingIn(directory)).toEqual([`0000000000001-${id}`])
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
    const outlet = outletTo(async (spooled) => {
      if (tries++ < 3) throw new Error('offline')
      await take(spooled)
    })
    const outcomes: string[] = []
    await deliverAll(
      { spool, sender, outlet },
      {
        ...{ signal: new AbortController().signal, idles: false, firstWaitMs: 1 },
        onAttempt: ({ outcome }) => outcomes.push(outcome) > 0,
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
    const refusing = outletTo(() => Promise.reject(new CommandEnd(3, code, 'a reason')))
    const delivery = await deliverNext({ spool, sender: senderNow(), outlet: refusing })
    expect(delivery).toMatchObject({ outcome, code })
    expect(await waitingIn(directory)).toHaveLength(outcome === 'held' ? 1 : 0)
    const kept = await readdir(join(directory, 'refused'))
    expect(kept).toEqual(outcome === 'held' ? [] : [`0000000000001-${id}.json`])
  })

  test('and is refused by a receipt is refused as by an answer', async () => {
    const spool = await openSpool(await makeDirectory())
    await collect(spool, await saveFile(await makeDirectory(), 'a.csv'))
    const refusal = { code: 'AUTHORITY_SUSPENDED', path: '', reason: 'it is' } as const
    const outlet: Outlet = { deliver: async () => ({ ...PUSHED, refusal }), close: async () => undefined }
    expect(await deliverNext({ spool, sender: senderNow(), outlet })).toMatchObject({ outcome: 'held' })
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

describe('what was damaged where it waits', () => {
  type Damage = (file: string, directory: string) => Promise<void>
  const change =
    (from: string, to: string): Damage =>
    async (file) => {
      const text = await readFile(file, 'utf8')
      if (!text.includes(from)) throw new Error(`${from} is not there`)
      await writeFile(file, text.replace(from, to))
    }
  const damages: readonly (readonly [string, 'json' | 'ndjson', Damage])[] = [
    ['a head that is empty', 'json', (file) => writeFile(file, '')],
    ['a head that is no JSON', 'json', (file) => truncate(file, 40)],
    ['a head with a member less', 'json', change('"form":"records",', '')],
    ['a head that is a directory', 'json', (file) => rm(file).then(() => mkdir(file))],
    ['a head of another authority', 'json', change('authority-0', 'authority-1')],
    ['a head in another layout', 'json', change('penalty-2018', 'penalty-2015')],
    ['a head with another id', 'json', change('"submissionId":"', '"submissionId":"0')],
    ['a head of another size', 'json', change('"sizeBytes":', '"sizeBytes":1')],
    ['a head of another form', 'json', change('"form":"records"', '"form":"file"')],
    ['a content with a bit flipped', 'ndjson', change('示罚〔2026〕0号', '示罚〔2026〕1号')],
    ['a content that breaks off', 'ndjson', (file) => truncate(file, 100)],
    ['a content with a line more', 'ndjson', (file) => appendFile(file, '{}\n')],
    ['a content that is gone', 'ndjson', (file) => rm(file)],
  ]

  async function spoolTwo() {
    const [directory, files] = [await makeDirectory(), await makeDirectory()]
    const spool = await openSpool(directory)
    const path = await saveFile(files, '0.csv', 0)
    const seen = { path, sizeBytes: 1, writtenMs: 1, changedMs: 1, inode: 1 }
    const first = await collect(spool, path)
    await spool.markSeen(seen, first)
    const next = await collect(spool, await saveFile(files, '1.csv', 1))
    return { directory, spool, path, seen, first, next, name: `0000000000001-${first}` }
  }

  test.each(damages)(
    '%s is set aside, unsigned and unseen, and what is behind it is sent',
    async (_, part, damage) => {
      const { directory, spool, path, seen, first, next, name } = await spoolTwo()
      await damage(join(directory, 'waiting', `${name}.${part}`), directory)
      const { received, take } = openReceiver()
      const delivering = { spool, sender: senderNow(), outlet: outletTo(take) }
      const delivery = await deliverNext(delivering)
      if (delivery?.outcome !== 'damaged') throw new Error(delivery?.outcome)
      expect(delivery).toMatchObject({
        name,
        end: { exitCode: 1, document: { code: 'SPOOL_DAMAGED', name } },
      })
      expect(delivery.end.message).toContain(name)
      expect(await readdir(join(directory, 'damaged'))).toContain(`${name}.json`)
      expect(await spool.hasSeen(seen)).toBe(false)
      expect(await deliverNext(delivering)).toMatchObject({ outcome: 'received' })
      expect([...received.keys()]).toEqual([next])
      expect(await collect(spool, path)).toBe(first)
      await spool.markSeen(seen, first)
      expect(await spool.hasSeen(seen)).toBe(true)
      expect(await deliverNext(delivering)).toMatchObject({ outcome: 'received' })
      expect([...received.keys()]).toEqual([next, first])
    },
  )

  test('takes its file as never seen, also where that is only marked afterwards', async () => {
    const { directory, spool, seen, first, name } = await spoolTwo()
    await truncate(join(directory, 'waiting', `${name}.ndjson`), 1)
    await deliverNext({ spool, sender: senderNow(), outlet: outletTo(async () => undefined) })
    await spool.markSeen(seen, first)
    expect(await spool.hasSeen(seen)).toBe(false)
  })

  test('is read again from its file by the next process where its head is gone', async () => {
    const { directory, path, seen, first, name } = await spoolTwo()
    await rm(join(directory, 'waiting', `${name}.json`))
    const spool = await openSpool(directory)
    expect(await spool.hasSeen(seen)).toBe(false)
    expect(await collect(spool, path)).toBe(first)
    expect(await waitingIn(directory)).toHaveLength(2)
  })

  test('is put right in its place where its file is collected before it is sent', async () => {
    const { directory, spool, path, first, name } = await spoolTwo()
    await truncate(join(directory, 'waiting', `${name}.ndjson`), 1)
    await collect(spool, path)
    const { received, take } = openReceiver()
    expect(await deliverNext({ spool, sender: senderNow(), outlet: outletTo(take) })).toMatchObject({
      outcome: 'received',
    })
    expect([...received.keys()]).toEqual([first])
  })

  const deaths = Array.from({ length: 8 }, (_, at) => at + 1).flatMap((crashAt) =>
    (['failed', 'stored'] as const).map((mode) => ({ crashAt, mode })),
  )
  test.each(deaths)('is lost by no death at write $crashAt ($mode) while it is set aside', async (death) => {
    const { directory, path, seen, first, next, name } = await spoolTwo()
    await truncate(join(directory, 'waiting', `${name}.ndjson`), 1)
    const sender = senderNow()
    const { received, take } = openReceiver()
    const { disk } = dying(death.crashAt, death.mode)
    const drain = async (spool: Spool) => {
      while ((await deliverNext({ spool, sender, outlet: outletTo(take) })) !== undefined);
    }
    await openSpool(directory, disk)
      .then(drain)
      .catch((fault: unknown) => {
        if (!(fault instanceof Crash)) throw fault
      })
    const again = await openSpool(directory)
    await drain(again)
    // As a watch does with a file that is not seen
    if (!(await again.hasSeen(seen))) await collect(again, path, sender)
    await drain(again)
    expect([...received.keys()].toSorted()).toEqual([first, next].toSorted())
    expect(await readdir(join(directory, 'waiting'))).toEqual([])
    expect(await readdir(join(directory, 'damaged'))).toEqual([`${name}.json`, `${name}.ndjson`])
  })

  test('is no stray file, which blocks nothing and gives no later one a place before it', async () => {
    const directory = await makeDirectory()
    await mkdir(join(directory, 'waiting'), { recursive: true })
    for (const name of ['notes.json', `${MOBILE_NUMBER}.json`])
      await writeFile(join(directory, 'waiting', name), '{}')
    const spool = await openSpool(directory)
    const id = await collect(spool, await saveFile(await makeDirectory(), 'a.csv'))
    expect(await waitingIn(directory)).toContain(`0000000000001-${id}`)
    const { received, take } = openReceiver()
    const delivering = { spool, sender: senderNow(), outlet: outletTo(take) }
    const told: string[] = []
    for (;;) {
      const delivery = await deliverNext(delivering)
      if (delivery === undefined) break
      if (delivery.outcome === 'damaged') told.push(delivery.name, delivery.end.message)
    }
    expect([...received.keys()]).toEqual([id])
    expect(await readdir(join(directory, 'damaged'))).toHaveLength(2)
    expect(told).toContain('notes')
    // What whoever put it there called it may be somebody's number
    expect(told.join('\n')).not.toContain(MOBILE_NUMBER)
  })
})

describe('a file that is written to while it is read', () => {
  const corpus = fileURLToPath(new URL('../ingest/format-corpus/', import.meta.url))
  const names = ['penalties.csv', 'penalties-gb18030.csv', 'penalties.json', 'penalties.xml', 'penalties.xls']

  test.each([...names, 'penalties.xlsx', 'packed.csv.gz'])('is not taken: %s', async (name) => {
    const [directory, files] = [await makeDirectory(), await makeDirectory()]
    const path = join(files, name)
    const packed = name.endsWith('.gz')
    const bytes = await readFile(join(corpus, packed ? 'penalties.csv' : name))
    await writeFile(path, packed ? gzipSync(bytes) : bytes)
    const spool = await openSpool(directory)
    const sent = await findLocalFile(path)
    await appendFile(path, '\n')
    const collecting = { spool, sender: senderNow(), layout, progress: silent }
    await expect(collectFile(sent, collecting)).rejects.toThrow('FILE_CHANGED')
    for (const each of ['waiting', 'drafts']) expect(await readdir(join(directory, each))).toEqual([])
    expect(await collect(spool, path).catch(({ message }) => message)).not.toContain('FILE_CHANGED')
  })

  test.each([
    ['takes another time', (path: string) => utimes(path, new Date(), new Date(Date.now() + 5_000))],
    [
      'is replaced by another of its size and time',
      async (path: string) => {
        const { atime, mtime } = await stat(path)
        await copyFile(path, `${path}.new`)
        for (const each of [path, `${path}.new`]) await utimes(each, atime, mtime)
        await rename(`${path}.new`, path)
      },
    ],
    ['is removed', (path: string) => rm(path)],
  ])('is not taken either where it %s', async (_, change) => {
    const spool = await openSpool(await makeDirectory())
    const path = await saveFile(await makeDirectory(), 'a.csv')
    const { atime } = await stat(path)
    // In whole milliseconds, which every file system can give to another
    await utimes(path, atime, new Date('2026-06-01T00:00:00Z'))
    const sent = await findLocalFile(path)
    await change(path)
    const collecting = { spool, sender: senderNow(), layout, progress: silent }
    await expect(collectFile(sent, collecting)).rejects.toThrow('FILE_CHANGED')
    expect(await spool.first('authority-0')).toBeUndefined()
  })
})

describe('a watched directory', () => {
  type Watched = { readonly told?: string[]; readonly change?: () => Promise<void> }
  /** Looks five times, with a change after the third if there is to be one. */
  async function watch(
    directory: string,
    spool: Spool,
    { told = [], change = async () => undefined }: Watched = {},
  ): Promise<readonly string[]> {
    const ending = new AbortController()
    const collected: string[] = []
    let looks = 0
    await watchDirectory({
      ...{ directory, spool, signal: ending.signal },
      async pause() {
        looks++
        if (looks === 3) await change()
        if (looks === 5) ending.abort()
      },
      async collect({ path }) {
        collected.push(path)
        if (path.endsWith('growing.csv')) throw new FileChanged()
        if (path.endsWith('bad.csv')) throw new CommandEnd(2, 'LAYOUT_NOT_DETECTED', 'x')
        return sha256(path)
      },
      onFault: (path) => told.push(`refused ${basename(path)}`),
      onPassedOver: (path) => told.push(`passed over ${basename(path)}`),
    })
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

  test.each([
    ['put in its place', (path: string) => rename(`${path}.new`, path)],
    ['written over it', async (path: string) => writeFile(path, await readFile(`${path}.new`))],
  ])('has a file of the same size and time collected that was %s', async (_, replace) => {
    const directory = await makeDirectory()
    const spool = await openSpool(await makeDirectory())
    const path = await saveFile(directory, 'a.csv', 1)
    await rename(await saveFile(directory, 'b.csv', 2), `${path}.new`)
    const time = new Date('2026-06-01T00:00:00Z')
    for (const each of [path, `${path}.new`]) await utimes(each, time, time)
    expect(await watch(directory, spool)).toEqual([path])
    await replace(path)
    await utimes(path, time, time)
    expect(await watch(directory, spool)).toEqual([path])
    expect(await watch(directory, spool)).toEqual([])
  })

  test('has what cannot be collected tried once, and again by the next process', async () => {
    const directory = await makeDirectory()
    const spool = await openSpool(await makeDirectory())
    const path = await saveFile(directory, 'bad.csv')
    expect(await watch(directory, spool)).toEqual([path])
    expect(await watch(directory, spool)).toEqual([path])
  })

  test('has a file that changes while it is read looked at again and again, without a word', async () => {
    const directory = await makeDirectory()
    const spool = await openSpool(await makeDirectory())
    const path = await saveFile(directory, 'growing.csv')
    const told: string[] = []
    // At each look but the first, which has none before it
    expect(await watch(directory, spool, { told })).toEqual(Array(4).fill(path))
    expect(told).toEqual([])
  })

  test('has each name told once that ends in no format, however often its file changes', async () => {
    const directory = await makeDirectory()
    const spool = await openSpool(await makeDirectory())
    await mkdir(join(directory, 'folder.doc'))
    await saveFile(directory, '.hidden.doc')
    await saveFile(directory, 'bad.csv')
    const path = await saveFile(directory, 'letter.doc')
    const told: string[] = []
    await watch(directory, spool, {
      told,
      change: () => utimes(path, new Date(), new Date(Date.now() + 5_000)),
    })
    expect(told.toSorted()).toEqual(['passed over letter.doc', 'refused bad.csv'])
  })
})

describe('progress', () => {
  const drawn = async (isTTY: boolean): Promise<string> => {
    let text = ''
    const progress = openProgressBar(10, { isTTY, write: (more: string) => (text += more) })
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

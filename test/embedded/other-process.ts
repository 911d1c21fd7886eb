import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Instant } from '../../shared/base/instant.ts'
import { openDatabase } from '../../shared/embedded/database.ts'
import { tryLock } from '../../shared/embedded/lock.ts'
import { openObjects } from '../../shared/embedded/objects.ts'
import { openQueue } from '../../shared/embedded/queue.ts'
import { openSigner } from '../../shared/embedded/signer.ts'
import { openStore } from '../../shared/embedded/store.ts'
import type { SealingStore } from '../../shared/ports.ts'

/** What another process on the same machine does; each prints a line per step. */
const tasks = {
  /** Takes the lock and keeps it. */
  lock: async (file: string) => {
    console.log(tryLock(file) === undefined ? 'refused' : 'held')
    await forever()
  },
  /** Commits numbered entries one after the other, and prints each that returned. */
  commit: async (file: string, name: string, count: string) => {
    const store = openStore(openDatabase(file))
    for (let n = 0; n < Number(count); n++) console.log(await commitNumbered(store, name, n))
  },
  /** Adds to a counter as many times, reading and swapping until it holds. */
  count: async (file: string, name: string, count: string) => {
    const store = openStore(openDatabase(file))
    for (let n = 0; n < Number(count); n++) await increment(store, name)
    console.log('counted')
  },
  /** Adds to a counter in an object, reading and replacing until it holds. */
  countObject: async (directory: string, path: string, count: string) => {
    const objects = await openObjects(directory)
    for (let left = Number(count); left > 0; ) {
      const found = await objects.find({ area: 'ledger', path })
      const body = Buffer.from(String(Number(found && Buffer.from(found.body).toString()) + 1))
      const answer = await objects.put({ area: 'ledger', path }, body, { tag: found?.tag ?? '' })
      if (answer === 'stored') left--
    }
    console.log('counted')
  },
  /** Leases all there is, and then does nothing with it. */
  lease: async (file: string, name: string) => {
    const queue = openQueue(openDatabase(file), name)
    console.log(queue.receive(1_000, '2026-11-23T08:00:00.000Z' as Instant).length)
    await forever()
  },
  /** Prints the public key of the signer's file. */
  sign: async (file: string) => {
    console.log(Buffer.from((await openSigner(file)).verifierKey).toString('hex'))
  },
}

export type OtherProcess = {
  /** What it printed before it ended; throws when it failed. */
  readonly ended: Promise<readonly string[]>
  /** Resolves when so many lines were printed. */
  printed(lines: number): Promise<void>
  /** Kills it (SIGKILL) and answers what it printed until then. */
  kill(): Promise<readonly string[]>
}

/** Starts a process that does one of the tasks. */
export function startProcess(task: keyof typeof tasks, ...args: readonly string[]): OtherProcess {
  const script = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, [script, task, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const errors: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  child.stderr.on('data', (data) => errors.push(String(data)))
  const closed = once(child, 'close')
  return {
    ended: ending(child, closed, errors).then(() => lines),
    printed: async (count) => {
      while (lines.length < count && child.exitCode === null) await new Promise((done) => setTimeout(done, 2))
      if (lines.length < count) throw new Error(`ended early: ${errors.join('')}`)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await closed
      return lines
    },
  }
}

async function ending(
  child: ChildProcess,
  closed: Promise<unknown>,
  errors: readonly string[],
): Promise<void> {
  await closed
  if (child.exitCode !== 0 && child.signalCode !== 'SIGKILL') throw new Error(errors.join(''))
}

export async function commitNumbered(store: SealingStore, name: string, number: number): Promise<string> {
  const id = `${name}-${number}`
  const key = { table: 'cases', partition: name, sort: String(number) } as const
  const at = '2026-11-23T08:00:00.000Z' as Instant
  const value = '行政处罚'.repeat(200)
  const answer = await store.commit([{ key, value, when: 'absent' }], {
    id,
    kind: 'tested',
    at,
    payload: null,
  })
  return answer === 'committed' ? id : answer
}

async function increment(store: SealingStore, name: string): Promise<void> {
  const key = { table: 'ledger', partition: name, sort: 'counter' } as const
  for (;;) {
    const item = await store.find(key)
    const when = item === undefined ? 'absent' : { revision: item.revision }
    if (await store.swap({ key, value: Number(item?.value ?? 0) + 1, when })) return
  }
}

function forever(): Promise<never> {
  setInterval(() => {}, 60_000)
  return new Promise(() => {})
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [task = '', ...args] = process.argv.slice(2)
  await (tasks as Record<string, (...args: string[]) => Promise<void>>)[task]?.(...args)
}

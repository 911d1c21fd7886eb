import type { Objects, Queue, SealingStore, World } from '../shared/ports.ts'

/** The process died here. Not a Failure: no code of ours may catch it and go on. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/**
 * What goes wrong, at the n-th write (the first is 1) counted over all ports that share the faults.
 * - `failed`: the process dies before the write is done.
 * - `stored`: it dies after; the write is there, its caller never learns.
 * - `partial`: a write of several things (`add`, `remove`, `send`) is done for the first `keep` of them; one that
 *   is whole or nothing is not done.
 */
export type Schedule = {
  readonly crashAt?: number | undefined
  readonly mode?: 'failed' | 'stored' | 'partial'
  /** How many of a batch a partial write does; 1 when not given. */
  readonly keep?: number
  /**
   * Conditional writes answered as if another process had been first, without being done. Writes that are not
   * conditional are done as ever; so is `put` of what is absent, whose 'exists' promises that something is there.
   */
  readonly conflictAt?: readonly number[]
}

/** One life of a process: how many writes it has begun, and whether it has died. */
export type Faults = {
  readonly schedule: Schedule
  writes: number
  crashed: boolean
}

/** Faults for one life. A run without any tells, in `writes`, how many places there are to crash at. */
export function faultsFrom(schedule: Schedule = {}): Faults {
  return { schedule, writes: 0, crashed: false }
}

type FaultyPorts = Pick<World, 'store' | 'objects' | 'queues'>

/**
 * The same world, seen by a process that the faults befall; after its crash every call throws `Crash`.
 * Wrapping the underlying world again is the process started anew.
 */
export function faulty<W extends Partial<FaultyPorts>>(world: W, faults: Faults): W {
  const { store, objects, queues } = world
  return {
    ...world,
    ...(store && { store: faultyStore(store, faults) }),
    ...(objects && { objects: faultyObjects(objects, faults) }),
    ...(queues && {
      queues: { inbox: faultyQueue(queues.inbox, faults), sealed: faultyQueue(queues.sealed, faults) },
    }),
  }
}

export function faultyStore(store: SealingStore, faults: Faults): SealingStore {
  return {
    find: (key) => alive(faults, () => store.find(key)),
    list: (range) => listAlive(faults, () => store.list(range)),
    add: (additions) => writeEach(faults, additions, (some) => store.add(some)),
    commit: (writes, entry) => write(faults, () => store.commit(writes, entry), 'conflict'),
    swap: (each) => write(faults, () => store.swap(each), false),
    remove: (keys) => writeEach(faults, keys, (some) => store.remove(some)),
  }
}

export function faultyObjects(objects: Objects, faults: Faults): Objects {
  return {
    find: (key) => alive(faults, () => objects.find(key)),
    put: (key, body, when) =>
      write(faults, () => objects.put(key, body, when), when === 'absent' ? undefined : 'exists'),
    list: (under) => listAlive(faults, () => objects.list(under)),
    remove: (key) => write(faults, () => objects.remove(key), undefined),
    link: (key, ttlSeconds) => alive(faults, () => objects.link(key, ttlSeconds)),
  }
}

export function faultyQueue(queue: Queue, faults: Faults): Queue {
  return { send: (messages) => writeEach(faults, messages, (some) => queue.send(some)) }
}

/** A write that is whole or nothing; `refusal` is what it answers when another was first. */
async function write<T>(faults: Faults, work: () => Promise<T>, refusal: T | undefined): Promise<T> {
  const number = begin(faults)
  if (refusal !== undefined && faults.schedule.conflictAt?.includes(number)) return refusal
  if (number !== faults.schedule.crashAt) return alive(faults, work)
  return crash(faults, faults.schedule.mode === 'stored' ? work : undefined)
}

async function writeEach<I, T>(
  faults: Faults,
  items: readonly I[],
  work: (some: readonly I[]) => Promise<T>,
): Promise<T> {
  const { crashAt, mode = 'failed', keep = 1 } = faults.schedule
  if (begin(faults) !== crashAt) return alive(faults, () => work(items))
  const done = { failed: 0, stored: items.length, partial: keep }[mode]
  return crash(faults, () => work(items.slice(0, done)))
}

function begin(faults: Faults): number {
  if (faults.crashed) throw new Crash()
  faults.writes++
  return faults.writes
}

async function crash(faults: Faults, last: (() => Promise<unknown>) | undefined): Promise<never> {
  // Dead first: what runs beside this in the same process is not to get any further
  faults.crashed = true
  await last?.()
  throw new Crash()
}

/** The dead learn nothing, not even the outcome of what they had begun. */
async function alive<T>(faults: Faults, work: () => Promise<T>): Promise<T> {
  if (faults.crashed) throw new Crash()
  const result = await work()
  if (faults.crashed) throw new Crash()
  return result
}

async function* listAlive<T>(faults: Faults, list: () => AsyncIterable<T>): AsyncGenerator<T> {
  if (faults.crashed) throw new Crash()
  for await (const item of list()) {
    if (faults.crashed) throw new Crash()
    yield item
  }
}

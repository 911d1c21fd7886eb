import type { Objects, Queue, SealingStore, World } from '../../shared/ports.ts'

/** Lets one call of one process through at a time, in the order the picks decide. */
export type Turnstile = {
  /** Waits for its turn. */
  pass(): Promise<void>
  /** Lets one waiting call through and sees where it leads; false when none waits. */
  step(): Promise<boolean>
}

export function openTurnstile(picks: readonly number[]): Turnstile {
  const waiting: (() => void)[] = []
  let at = 0
  return {
    pass: () => new Promise((resolve) => waiting.push(resolve)),
    step: async () => {
      const [next] = waiting.splice((picks[at++ % picks.length] ?? 0) % (waiting.length || 1), 1)
      next?.()
      // Ports in memory answer in microtasks, or at the end of a turn: after these every process waits here or has ended
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
      return next !== undefined
    },
  }
}

/** Runs processes to their ends; what they throw is theirs to catch. */
export async function runTogether(
  turnstile: Turnstile,
  processes: readonly Promise<unknown>[],
): Promise<void> {
  await new Promise(setImmediate)
  while (await turnstile.step()) {}
  await Promise.all(processes)
}

type Ports = Pick<World, 'store' | 'objects' | 'queues'>

/** The same world, each call of which waits for its turn: between any two calls any other process may come. */
export function turning<W extends Ports>(world: W, { pass }: Turnstile): W {
  return {
    ...world,
    store: turningStore(world.store, pass),
    objects: turningObjects(world.objects, pass),
    queues: {
      inbox: turningQueue(world.queues.inbox, pass),
      sealed: turningQueue(world.queues.sealed, pass),
    },
  }
}

type Pass = Turnstile['pass']

// What the contract does not call atomic is done one by one, so that others come in between
function turningStore(store: SealingStore, pass: Pass): SealingStore {
  return {
    find: (key) => pass().then(() => store.find(key)),
    list: (range) => listInTurn(pass, () => store.list(range)),
    add: async (additions) => {
      const created: boolean[] = []
      for (const addition of additions) {
        await pass()
        created.push(...(await store.add([addition])))
      }
      return created
    },
    commit: (writes, entry) => pass().then(() => store.commit(writes, entry)),
    swap: (write) => pass().then(() => store.swap(write)),
    remove: (keys) => eachInTurn(pass, keys, (key) => store.remove([key])),
  }
}

function turningObjects(objects: Objects, pass: Pass): Objects {
  return {
    find: (key) => pass().then(() => objects.find(key)),
    put: (key, body, when) => pass().then(() => objects.put(key, body, when)),
    list: (under) => listInTurn(pass, () => objects.list(under)),
    remove: (key) => pass().then(() => objects.remove(key)),
    link: (key, ttlSeconds) => pass().then(() => objects.link(key, ttlSeconds)),
  }
}

function turningQueue(queue: Queue, pass: Pass): Queue {
  return { send: (messages) => eachInTurn(pass, messages, (message) => queue.send([message])) }
}

async function eachInTurn<T>(
  pass: Pass,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  for (const item of items) {
    await pass()
    await work(item)
  }
}

async function* listInTurn<T>(pass: Pass, list: () => AsyncIterable<T>): AsyncGenerator<T> {
  await pass()
  yield* list()
}

import { setTimeout as sleep } from 'node:timers/promises'
import { describeFault, Failure } from '../base/failure.ts'
import { acceptDraft, buryDraft } from '../ingest/accept.ts'
import { carryOutEntry } from '../ingest/deliver.ts'
import { sealPending } from '../ledger/seal.ts'
import { advanceWatermark } from '../records/watermark.ts'
import { watchDrop } from './drop.ts'
import { type Home, workerLockFile } from './home.ts'
import { tryLock } from './lock.ts'
import type { Message } from './queue.ts'
import type { Told, Trouble } from './told.ts'
import { watchHome } from './watcher.ts'

/** Messages leased at once: few, so that one round stays short. */
const INBOX_LEASE = 16
const SEALED_LEASE = 16
const IDLE_MS = 20
const LOCK_RETRY_MS = 250
const FAULT_REST_MS = 1_000

/** Told of a try that failed; the message, or what waits in the outbox to be sealed, stays where it is. */
type OnFault = (trouble: Trouble) => void

/**
 * Does the home's standing work until told to stop: takes in what is dropped, accepts what is in the inbox, seals,
 * applies, watches the log. Only the holder of the home's lock works; the others wait for it, and take over when the
 * holder dies, however it dies.
 */
export async function runWorker(
  home: Home,
  signal: AbortSignal,
  onTold: (told: Told) => void,
): Promise<void> {
  while (!signal.aborted) {
    const lock = tryLock(workerLockFile(home))
    if (lock === undefined) {
      await sleep(LOCK_RETRY_MS)
      continue
    }
    const ended = new AbortController()
    const beside = workBeside(home, AbortSignal.any([signal, ended.signal]), onTold)
    try {
      await workUntil(home, signal, onTold)
    } finally {
      ended.abort()
      await beside
      lock.release()
    }
  }
}

// What takes minutes, and must keep nothing that comes in at the doors waiting. Neither ever fails
async function workBeside(home: Home, signal: AbortSignal, onTold: (told: Told) => void): Promise<void> {
  await Promise.all([
    watchHome(home, { signal, onFound: onTold }),
    watchDrop(home, { signal, onFault: onTold, onTaken: onTold, onStray: onTold }),
  ])
}

async function workUntil(home: Home, signal: AbortSignal, onFault: OnFault): Promise<void> {
  let isFresh = true
  while (!signal.aborted) {
    // After a fault as at the start: whatever was leased then, nobody works on it any more
    const done = await tryRound(home, { isFresh, onFault })
    isFresh = done === undefined
    if (done === undefined) await sleep(FAULT_REST_MS)
    if (done === 0) await sleep(IDLE_MS)
  }
}

// A full disk or a held lock ends no worker: every step of a round can be taken again. Undefined after such a fault
async function tryRound(
  home: Home,
  { isFresh, onFault }: { readonly isFresh: boolean; readonly onFault: OnFault },
): Promise<number | undefined> {
  try {
    if (isFresh) takeOver(home)
    return await workRound(home, onFault)
  } catch (fault) {
    if (!(fault instanceof Failure && fault.retryable)) throw fault
    onFault({ where: 'outbox', code: fault.code })
    return undefined
  }
}

/** Makes due again what whoever worked before has left, and entries that could not be applied: they hold the watermark. */
export function takeOver({ queues }: Pick<Home, 'queues'>): void {
  queues.inbox.release()
  queues.sealed.release()
  queues.sealed.revive()
}

/** One round over both queues and the outbox; answers how many things it did. */
export async function workRound(home: Home, onFault: OnFault): Promise<number> {
  const accepted = await drain(home, {
    name: 'inbox',
    limit: INBOX_LEASE,
    onFault,
    work: (body) => acceptDraft(home, body),
  })
  await buryDead(home, onFault)
  const sealed = await sealPending({ ...home, signer: home.ledgerSigner })
  const applied = await drain(home, {
    name: 'sealed',
    limit: SEALED_LEASE,
    onFault,
    work: (body) => applyMessage(home, body),
  })
  if (applied + sealed > 0) await advanceWatermark(home.store)
  return accepted + sealed + applied
}

async function applyMessage(home: Home, body: unknown): Promise<void> {
  await carryOutEntry(home, (body as { number: number }).number)
}

type Drain = {
  readonly name: 'inbox' | 'sealed'
  readonly limit: number
  readonly onFault: OnFault
  readonly work: (body: unknown) => Promise<unknown>
}

async function drain(home: Home, { name, limit, onFault, work }: Drain): Promise<number> {
  const queue = home.queues[name]
  const messages = queue.receive(limit, home.now())
  // Together: their commits share a transaction, and so does what they came to
  const faults = await Promise.all(messages.map(({ body }) => tryMessage(body, work)))
  queue.settle(idsOf(messages, (at) => faults[at] === undefined))
  // A full disk fails them all, however often: it is no reason to give up on any
  queue.giveBack(
    idsOf(messages, (at) => faults[at]?.retryable === true),
    home.now(),
  )
  for (const [at, fault] of faults.entries()) {
    if (fault === undefined) continue
    if (!fault.retryable) queue.fail(messages[at]?.id ?? 0, home.now(), fault.code)
    onFault({ where: name, code: fault.code })
  }
  return faults.filter((fault) => fault === undefined).length
}

function idsOf(messages: readonly Message[], isChosen: (at: number) => boolean): readonly number[] {
  return messages.filter((_, at) => isChosen(at)).map(({ id }) => id)
}

async function tryMessage(
  body: unknown,
  work: (body: unknown) => Promise<unknown>,
): Promise<ReturnType<typeof describeFault> | undefined> {
  try {
    await work(body)
    return undefined
  } catch (fault) {
    return describeFault(fault)
  }
}

// The inbox alone has dead messages worth a receipt; an entry that can't be applied holds the watermark, and is seen
async function buryDead(home: Home, onFault: OnFault): Promise<void> {
  const { inbox } = home.queues
  for (const message of inbox.dead()) {
    try {
      await buryDraft(home, message.body)
      inbox.forgetDead(message.id)
    } catch (fault) {
      const { code, retryable } = describeFault(fault)
      onFault({ where: 'inbox', code })
      if (!retryable) inbox.setAside(message.id)
    }
  }
}

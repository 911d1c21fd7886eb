import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../base/failure.ts'
import { acceptDraft, buryDraft } from '../ingest/accept.ts'
import { sealPending } from '../ledger/seal.ts'
import { applyEntry } from '../records/apply.ts'
import { advanceWatermark } from '../records/watermark.ts'
import { type Home, workerLockFile } from './home.ts'
import { tryLock } from './lock.ts'
import type { Message, WorkerQueue } from './queue.ts'

/** Messages leased at once: few, so that one round stays short. */
const INBOX_LEASE = 16
const SEALED_LEASE = 16
const IDLE_MS = 20
const LOCK_RETRY_MS = 250
const FAULT_REST_MS = 1_000

/** Told of a try that failed; the message, or what waits in the outbox to be sealed, stays where it is. */
export type FaultListener = (fault: {
  readonly queue: 'inbox' | 'outbox' | 'sealed'
  readonly code: string
}) => void

/**
 * Does the home's standing work until told to stop: accepts what is in the inbox, seals, applies. Only the holder
 * of the home's lock works; the others wait for it, and take over when the holder dies, however it dies.
 */
export async function runWorker(home: Home, signal: AbortSignal, onFault: FaultListener): Promise<void> {
  while (!signal.aborted) {
    const lock = tryLock(workerLockFile(home))
    if (lock === undefined) {
      await sleep(LOCK_RETRY_MS)
      continue
    }
    try {
      home.queues.inbox.release()
      home.queues.sealed.release()
      while (!signal.aborted) if ((await tryRound(home, onFault)) === 0) await sleep(IDLE_MS)
    } finally {
      lock.release()
    }
  }
}

// A full disk or a held lock ends no worker: every step of a round can be taken again
async function tryRound(home: Home, onFault: FaultListener): Promise<number> {
  try {
    return await workRound(home, onFault)
  } catch (fault) {
    if (!(fault instanceof Failure && fault.retryable)) throw fault
    onFault({ queue: 'outbox', code: fault.code })
    await sleep(FAULT_REST_MS)
    return 0
  }
}

/** One round over both queues and the outbox; answers how many things it did. */
export async function workRound(home: Home, onFault: FaultListener): Promise<number> {
  const accepted = await drain(home, {
    name: 'inbox',
    limit: INBOX_LEASE,
    onFault,
    work: (body) => acceptDraft(home, body),
  })
  await buryDead(home, onFault)
  const sealed = await sealPending(home)
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
  await applyEntry(home, (body as { number: number }).number)
}

type Drain = {
  readonly name: 'inbox' | 'sealed'
  readonly limit: number
  readonly onFault: FaultListener
  readonly work: (body: unknown) => Promise<unknown>
}

async function drain(home: Home, { name, limit, onFault, work }: Drain): Promise<number> {
  const queue = home.queues[name]
  const messages = queue.receive(limit, home.now())
  for (const message of messages) {
    const code = await tryMessage(queue, message, work)
    if (code === undefined) continue
    queue.fail(message.id, home.now(), code)
    onFault({ queue: name, code })
  }
  return messages.length
}

async function tryMessage(
  queue: WorkerQueue,
  message: Message,
  work: (body: unknown) => Promise<unknown>,
): Promise<string | undefined> {
  try {
    await work(message.body)
    queue.settle(message.id)
    return undefined
  } catch (fault) {
    return codeOf(fault)
  }
}

// The inbox alone has dead messages worth a receipt; an entry that can't be applied holds the watermark, and is seen
async function buryDead(home: Home, onFault: FaultListener): Promise<void> {
  const { inbox } = home.queues
  for (const message of inbox.dead()) {
    try {
      await buryDraft(home, message.body)
      inbox.buryDead(message.id)
    } catch (fault) {
      onFault({ queue: 'inbox', code: codeOf(fault) })
      if (!(fault instanceof Failure && fault.retryable)) inbox.setAside(message.id)
    }
  }
}

// A fault that is not ours may quote what was sent, so only a code goes on
function codeOf(fault: unknown): string {
  return fault instanceof Failure ? fault.code : 'UNEXPECTED'
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type RefusalCode, refusalCodes } from '../../shared/ingest/refusal.ts'
import { CommandEnd } from '../command-end.ts'
import { toldName } from '../local-file.ts'
import { outcomesToTell, type Pushed, waitUntilApplied } from '../pushed.ts'
import { faultCode, type Session } from '../session.ts'
import { type Sender, stamp } from './collect.ts'
import type { Damaged, Spool, Spooled } from './spool.ts'

/** Where a spool is emptied to. */
export type Outlet = {
  /** Hands a submission in and waits until it is applied, or refused whole. Throws where nobody can be reached. */
  deliver(spooled: Spooled): Promise<Pushed>
  close(): Promise<void>
}

export type OutletOptions = {
  readonly open: () => Promise<Session>
  readonly as: string
  readonly json: boolean | undefined
  readonly timeoutMs: number
}

/** An outlet through sessions: one that failed is given up, since its sign-in may have run out, and the next is new. */
export function openOutlet({ open, as, json, timeoutMs }: OutletOptions): Outlet {
  let session: Session | undefined
  const close = async () => {
    const closing = session
    session = undefined
    await closing?.close()
  }
  return {
    close,
    async deliver({ head, file }) {
      session ??= await open()
      const { form, sizeBytes, sha256, contentSha256, ...said } = head
      const content = { file, form, sizeBytes, sha256, contentSha256 }
      try {
        const submitted = await session.submitMinimised({ ...said, as, content })
        const { authority, submissionId } = said
        const waiting = { authority, submissionId, as, outcomes: outcomesToTell(json), ...submitted }
        return await waitUntilApplied(session, { ...waiting, timeoutMs })
      } catch (fault) {
        await close()
        throw fault
      }
    },
  }
}

export type Attempt =
  | { readonly outcome: 'received'; readonly spooled: Spooled; readonly pushed: Pushed }
  /** For good: it waits no more. */
  | {
      readonly outcome: 'refused'
      readonly spooled: Spooled
      readonly end: CommandEnd
      readonly code: string
    }
  /** It goes on waiting: what stands against it can be lifted where it is sent. */
  | { readonly outcome: 'held'; readonly spooled: Spooled; readonly end: CommandEnd; readonly code: string }
  | { readonly outcome: 'unreachable'; readonly spooled: Spooled; readonly code: string }
  /** Set aside, unsigned and unsent: what lay in the spool is not what was spooled. */
  | { readonly outcome: 'damaged'; readonly name: string; readonly end: CommandEnd }

type Delivering = { readonly spool: Spool; readonly sender: Sender; readonly outlet: Outlet }

/**
 * Tries to send what has waited longest; undefined where nothing waits. It is stamped anew at each try: the time it is
 * sent orders what it says among all that was sent, and a refusal of an earlier try is not taken for one of this.
 * A crash before the head is removed sends it once more, and it is found to be there already.
 */
export async function deliverNext({ spool, sender, outlet }: Delivering): Promise<Attempt | undefined> {
  const first = await spool.first(sender.authority)
  if (first === undefined) return undefined
  if ('damaged' in first) {
    await spool.setAside(first)
    return tellDamaged(first)
  }
  const spooled = { ...first, head: await stamp(first.head, sender) }
  await spool.restamp(first, spooled.head)
  const tried = await attempt(outlet, spooled)
  if (tried.outcome === 'received') await spool.remove(spooled)
  if (tried.outcome === 'refused') await spool.refuse(spooled, tried.code)
  return tried
}

function tellDamaged({ name: found, damaged: part }: Damaged): Attempt {
  // Of ours it is a number and a digest; whatever else lies there may be called after anybody
  const name = /^\d+-[0-9a-f]{64}$/.test(found) ? found : toldName(found)
  const reason = `the ${part} of ${name} is not what was spooled; what is left of it is in \`damaged\` there, and nothing of it was sent`
  return { outcome: 'damaged', name, end: new CommandEnd(1, 'SPOOL_DAMAGED', reason, { document: { name } }) }
}

async function attempt(outlet: Outlet, spooled: Spooled): Promise<Attempt> {
  try {
    const pushed = await outlet.deliver(spooled)
    if (pushed.refusal === undefined) return { outcome: 'received', spooled, pushed }
    const { code, path, reason } = pushed.refusal
    return refusal(spooled, new CommandEnd(3, code, reason, { path, document: pushed }))
  } catch (fault) {
    if (fault instanceof CommandEnd && fault.exitCode === 3) return refusal(spooled, fault)
    // What was asked for wrongly stays wrong however often it is tried
    if (fault instanceof CommandEnd && fault.exitCode === 2) throw fault
    return {
      outcome: 'unreachable',
      spooled,
      code: fault instanceof CommandEnd ? fault.code : faultCode(fault),
    }
  }
}

function refusal(spooled: Spooled, end: CommandEnd): Attempt {
  const { code } = end
  const isFinal = FINAL.has(code) && !LIFTED.has(code)
  return { outcome: isFinal ? 'refused' : 'held', spooled, end, code }
}

const FINAL: ReadonlySet<string> = new Set([...refusalCodes, 'REQUEST_MALFORMED', 'BODY_TOO_LARGE'])

/** What an operator, or the passing of time, sets right. Whatever is no word on the submission is held as well. */
const LIFTED: ReadonlySet<string> = new Set<RefusalCode>([
  'AUTHORITY_SUSPENDED',
  'SIGNATURE_MISSING',
  'SIGNATURE_KEY_UNKNOWN',
  'SIGNATURE_KEY_NOT_VALID',
  'SENT_AT_IN_FUTURE',
])

export type Patience = {
  readonly signal: AbortSignal
  /** Told of each try; answers whether there is to be another. */
  readonly onAttempt: (tried: Attempt) => boolean | Promise<boolean>
  /** Whether to go on where nothing waits. */
  readonly idles: boolean
  readonly firstWaitMs?: number
}

/** Sends what waits, in order; where that cannot be, waits twice as long each time, up to a minute. */
export async function deliverAll(delivering: Delivering, patience: Patience): Promise<void> {
  const { signal, onAttempt, idles, firstWaitMs = FIRST_WAIT_MS } = patience
  let waitMs = firstWaitMs
  while (!signal.aborted) {
    const tried = await deliverNext(delivering)
    if (tried === undefined) {
      if (!idles) return
      await rest(IDLE_MS, signal)
      continue
    }
    // Called off, its session was closed under it
    if (signal.aborted && tried.outcome === 'unreachable') return
    if (!(await onAttempt(tried))) return
    if (tried.outcome !== 'held' && tried.outcome !== 'unreachable') {
      waitMs = firstWaitMs
      continue
    }
    await rest(waitMs, signal)
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
  }
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 60_000
const IDLE_MS = 200

/** Ends early where it is called off, which is no fault. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

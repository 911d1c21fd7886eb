import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { statusSchema } from '../shared/api/receipts.ts'
import { systemClock } from '../shared/base/instant.ts'
import { findLayout, layoutNameOf } from '../shared/ingest/layouts/registry.ts'
import type { Mends } from '../shared/ingest/mends.ts'
import type { Outcome, RecordOutcome } from '../shared/ingest/outcomes.ts'
import type { Receipt } from '../shared/ingest/receipt.ts'
import type { Applied } from '../shared/records/applied.ts'
import { CommandEnd, expectDone } from './command-end.ts'
import { type OutgoingFile, report, type Session, type Submitted } from './session.ts'

/** What `push` answers once the submission is applied. */
export type Pushed = {
  readonly submissionId: string
  readonly authority: string
  readonly layout: string
  readonly received: number
  readonly accepted: number
  readonly repeated: number
  readonly refused: number
  readonly unresolved: number
  readonly entry: number
  readonly applied: Applied
  readonly correctionsUntil?: string
  readonly refusal?: Receipt['refusal']
  readonly records: readonly RecordOutcome[]
  /** The first record that is not listed, where there are more than a list takes. */
  readonly next?: number
}

export const TIMEOUT_SECONDS = 600

/** A hundred pages of the API, some 200 MB here; what is past them is asked for there. */
export const LISTED_RECORDS = 1_000_000

// As JSON all of them; to people, what they may have to mend
export function outcomesToTell(json: boolean | undefined): readonly Outcome[] | undefined {
  return json ? undefined : ['refused', 'unresolved']
}

export type Push = {
  readonly authority: string
  readonly layout: string
  readonly submissionId: string
  readonly sentAt?: string
  readonly as?: string
  readonly timeoutSeconds?: number
  readonly file: OutgoingFile
  /** List records of these outcomes alone. */
  readonly outcomes?: readonly Outcome[] | undefined
  readonly mends?: Mends
}

/** Sends a file and waits until its records are applied. */
export async function push(
  session: Session,
  { as, timeoutSeconds, outcomes, ...push }: Push,
): Promise<Pushed> {
  const { authority, submissionId, sentAt = systemClock() } = push
  const principal = as ?? authority
  const submitted = await session.submit({ ...push, sentAt, as: principal })
  report(`received as ${submissionId}, waiting until applied`)
  const waiting = { authority, submissionId, as: principal, outcomes, ...submitted }
  return waitUntilApplied(session, { ...waiting, timeoutMs: (timeoutSeconds ?? TIMEOUT_SECONDS) * 1_000 })
}

type Waiting = Submitted & {
  readonly authority: string
  readonly submissionId: string
  readonly as: string
  readonly outcomes: readonly Outcome[] | undefined
  readonly timeoutMs: number
}

type ReceiptStatus = z.infer<typeof statusSchema>

export async function waitUntilApplied(session: Session, waiting: Waiting): Promise<Pushed> {
  const began = performance.now()
  let [told, toldAt] = ['received', began]
  for (;;) {
    const state = await readState(session, waiting)
    const pushed = state?.applied && toPushed(await listOn(session, waiting, state))
    if (pushed !== undefined) return pushed
    const status = state?.status ?? 'received'
    const isRefused = state?.receipt.refusal !== undefined
    const now = performance.now()
    if (now - began > waiting.timeoutMs) throw notAppliedYet(waiting, status)
    if (status !== told || now - toldAt > TELL_MS) {
      report(
        `${isRefused ? 'refused whole' : status} after ${Math.round((now - began) / 1_000)} s${describeParts(state)}`,
      )
      ;[told, toldAt] = [status, now]
    }
    await sleep(POLL_MS)
  }
}

// Of a file of one part there is nothing to tell between none and all
function describeParts(state: ReceiptStatus | undefined): string {
  const { applied = 0, of = 0 } = state?.parts ?? {}
  return of > 1 ? `: ${applied} of ${of} parts applied` : ''
}

const POLL_MS = 25
const TELL_MS = 10_000

async function readState(session: Session, waiting: Waiting): Promise<ReceiptStatus | undefined> {
  const { authority, submissionId, refusedId } = waiting
  const state = await findState(session, waiting, { submissionId })
  if (state === undefined) {
    return refusedId === undefined ? undefined : findState(session, waiting, { submissionId: refusedId })
  }
  if (state.receipt.sha256 === waiting.sha256) return state
  const reason = `${submissionId} names other content`
  throw new CommandEnd(3, 'SUBMISSION_ID_REUSED', reason, { document: { submissionId, authority } })
}

async function findState(
  session: Session,
  { authority, as, outcomes = [] }: Waiting,
  { submissionId, from = 0 }: { readonly submissionId: string; readonly from?: number },
): Promise<ReceiptStatus | undefined> {
  const wanted = outcomes.map((outcome): [string, string] => ['outcome', outcome])
  const query = new URLSearchParams([['from', String(from)], ...wanted])
  const path = `/v1/receipts/${encodeURIComponent(authority)}/${encodeURIComponent(submissionId)}?${query}`
  const answer = await session.call({ method: 'GET', path, as })
  return answer.status === 404 ? undefined : expectDone(answer, statusSchema)
}

function notAppliedYet({ authority, submissionId, timeoutMs }: Waiting, status: string): CommandEnd {
  const reason = `${status} after ${timeoutMs / 1_000} s; nothing is lost: \`serve\`, or the same push, goes on with it`
  return new CommandEnd(1, 'NOT_APPLIED_YET', reason, { document: { submissionId, authority, status } })
}

async function listOn(session: Session, waiting: Waiting, first: ReceiptStatus): Promise<ReceiptStatus> {
  const { submissionId } = first.receipt
  const records = [...first.records]
  let { next } = first
  while (next !== undefined && records.length < LISTED_RECORDS) {
    const page = await findState(session, waiting, { submissionId, from: next })
    records.push(...(page?.records ?? []))
    next = page?.next
  }
  const { next: _, ...rest } = first
  return { ...rest, records, ...(next !== undefined && { next }) }
}

// Undefined until it is applied
function toPushed({ receipt, entry, applied, records, next }: ReceiptStatus): Pushed | undefined {
  if (entry === undefined || applied === undefined) return undefined
  const { submissionId, authority, layout, received, accepted, repeated, refused, unresolved } = receipt
  const { refusal, correctionsUntil } = receipt
  const counts = { received, accepted, repeated, refused, unresolved }
  return {
    submissionId,
    authority,
    layout,
    ...counts,
    entry,
    applied,
    ...(correctionsUntil !== undefined && { correctionsUntil }),
    ...(refusal !== undefined && { refusal }),
    records,
    ...(next !== undefined && { next }),
  }
}

/** The receipt for people: the sums, and why each record was refused or waits. */
export function describePushed(pushed: Pushed): string {
  const { submissionId, authority, entry, applied, correctionsUntil } = pushed
  const [sums = '', ...records] = describeOutcomes(pushed)
  return [
    `submission ${submissionId} from ${authority}, ledger entry ${entry}`,
    sums,
    `  applied: ${applied.new} new, ${applied.known} known`,
    ...(correctionsUntil === undefined ? [] : [`  corrections until ${correctionsUntil}, in China`]),
    ...records,
  ].join('\n')
}

type Outcomes = Pick<
  Pushed,
  'layout' | 'received' | 'accepted' | 'repeated' | 'refused' | 'unresolved' | 'records' | 'next'
>

/** The sums and the records that are listed, each at its place with the header of its column. */
export function describeOutcomes(outcomes: Outcomes): readonly string[] {
  const { received, accepted, repeated, refused, unresolved } = outcomes
  const sums = `${accepted} accepted + ${repeated} repeated + ${refused} refused + ${unresolved} unresolved`
  const lines = [`  ${received} received = ${sums}`]
  const placeOf = placesIn(outcomes.layout)
  for (const { index, outcome, code, path = '', reason } of outcomes.records) {
    if (outcome === 'refused') lines.push(`  record ${index} refused: ${code} at ${placeOf(path)}: ${reason}`)
    if (outcome === 'unresolved') lines.push(`  record ${index} unresolved: ${UNRESOLVED}`)
  }
  if (outcomes.next !== undefined) lines.push(`  and more, from record ${outcomes.next} on`)
  return lines
}

const UNRESOLVED = 'kept, but it names no unified social credit code, so it joins no organisation yet'

/** A place with the header of its column beside the field's code: `/records/3/CF_WSH (处罚决定书文号)`. */
export function placesIn(layout: string): (path: string) => string {
  // Of a receipt by an older version: what this one still has is called the same
  const columns = findLayout(layoutNameOf(layout))?.columns ?? []
  const headers = new Map(columns.map(({ code, headers: [header] }) => [code, header]))
  return (path) => {
    const header = headers.get(path.slice(path.lastIndexOf('/') + 1))
    return header === undefined ? path : `${path} (${header})`
  }
}

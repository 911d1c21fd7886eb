import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { statusSchema } from '../../shared/api/receipts.ts'
import { chinaDate, systemClock } from '../../shared/base/instant.ts'
import { contentSha256, submissionHeadSchema } from '../../shared/ingest/envelope.ts'
import { findLayout, layoutNameOf, layouts } from '../../shared/ingest/layouts/registry.ts'
import type { Outcome, RecordOutcome } from '../../shared/ingest/outcomes.ts'
import type { Mends } from '../../shared/ingest/quarantine.ts'
import type { Receipt } from '../../shared/ingest/receipt.ts'
import { tryFile } from '../../shared/ingest/trial.ts'
import type { Applied } from '../../shared/records/applied.ts'
import { policySchema } from '../../shared/settings.ts'
import { describeAdmission, wholeRefusal, withAdmission } from '../admission.ts'
import { type Sender, stamp } from '../collector/collect.ts'
import { openSender } from '../collector/signing-key.ts'
import { type ClientOptions, clientCommand, parseSeconds, print, run, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../command-end.ts'
import { refused, withMinimised } from '../minimised-file.ts'
import { ENDINGS, FileChanged, findSentFile, type SentFile } from '../sent-file.ts'
import { type OutgoingFile, report, type Session, type Submitted } from '../session.ts'

type PushOptions = Omit<ClientOptions, 'as'> & {
  readonly as?: string
  readonly authority: string
  readonly layout: string
  readonly submission?: string
  readonly sentAt?: string
  readonly key?: string
  readonly timeout: number
  readonly dryRun?: boolean
}

/** What `push` answers once the submission is applied. */
export type Pushed = {
  readonly submissionId: string
  readonly authority: string
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

const SIGN_IN = { may: 'submission:send', otherwise: 'the authority', makesHome: true } as const

export function pushCommand(): Command {
  const summary = "Send a file of records as an authority's, and wait until it is applied"
  return clientCommand('push', summary, SIGN_IN)
    .argument('<file>', `a file: ${ENDINGS}; each also as .gz`)
    .requiredOption('--authority <code>', 'the authority it comes from')
    .requiredOption('--layout <name>', `the layout it is in: ${LAYOUTS}`, parseLayout)
    .option('--submission <id>', 'names this content for good (default: from its SHA-256)')
    .option('--sent-at <instant>', 'when the authority sent it (default: now)')
    .option('--key <file>', KEY_OPTION)
    .option('--timeout <seconds>', 'how long to wait until it is applied', parseSeconds, TIMEOUT_SECONDS)
    .option('--dry-run', 'read the file here and say what would become of it; nothing is sent')
    .action((file: string, options: PushOptions) => {
      if (options.dryRun) return run(options, () => tryHere(file, options))
      const as = options.as ?? options.authority
      const describe = (pushed: Pushed) => describePush(pushed, options.layout)
      return runClient({ ...options, as }, (session) => pushFile(session, file, { ...options, as }), describe)
    })
}

export const LAYOUTS = layouts.map(({ name }) => name).join(', ')
export const TIMEOUT_SECONDS = 600
export const KEY_OPTION =
  'minimise it here and sign it with this: the private half, as `authority make-key` made it'

export function parseLayout(name: string): string {
  if (findLayout(name) !== undefined) return name
  throw new InvalidArgumentError(`The layouts are ${LAYOUTS}.`)
}

// By the policy that admits least: what a deployment admits besides is for its own to say
async function tryHere(file: string, options: PushOptions): Promise<void> {
  const { layout, json } = options
  const sender = await openSender(options)
  const { format, open } = await findSentFile(file)
  const found = findLayout(layout)
  if (found === undefined) return
  const admission = await withAdmission({ ...options, sender }, (admissionOf) => admissionOf(found))
  const trial = {
    ...{ dryRun: true, admission },
    ...(await tryFile(
      found,
      { format, bytes: open() },
      {
        ...{ policy: policySchema.parse({}), today: chinaDate(systemClock()) },
        ...{ outcomes: outcomesToTell(json), limit: LISTED_RECORDS },
      },
    )),
  }
  const lines = [
    'nothing was sent; it would be',
    ...describeOutcomes(trial, layout),
    describeAdmission(admission),
  ]
  const refusal = wholeRefusal(trial)
  if (refusal !== undefined) {
    const { code, path, reason } = refusal
    throw new CommandEnd(3, code, reason, { path, document: trial, text: lines.join('\n') })
  }
  await print(json ? JSON.stringify(trial) : lines.join('\n'))
}

/** A hundred pages of the API, some 200 MB here; what is past them is asked for there. */
const LISTED_RECORDS = 1_000_000

// As JSON all of them; to people, what they may have to mend
export function outcomesToTell(json: boolean | undefined): readonly Outcome[] | undefined {
  return json ? undefined : ['refused', 'unresolved']
}

export async function pushFile(session: Session, file: string, options: Pushing): Promise<Pushed> {
  checkHead(options)
  const sender = await openSender(options)
  const sent = await findSentFile(file)
  report(`reading ${sent.sizeBytes} bytes`)
  const pushed = await (sender.key === undefined
    ? pushAsItIs(session, sent, options)
    : pushSigned(session, sent, { ...options, sender }))
  if (pushed.refusal === undefined) return pushed
  const { code, path, reason } = pushed.refusal
  const text = describePush(pushed, options.layout)
  throw new CommandEnd(3, code, reason, { path, document: pushed, text })
}

type Pushing = Omit<PushOptions, 'dryRun'> & { readonly as: string; readonly mends?: Mends }

async function pushAsItIs(session: Session, sent: SentFile, options: Pushing): Promise<Pushed> {
  const { authority, layout, sentAt, as, mends } = options
  const submissionId = options.submission ?? contentSha256(layout, await sent.hash())
  const body = sent.open()
  const bytes = Readable.toWeb(body) as ReadableStream<Uint8Array<ArrayBuffer>>
  try {
    return await push(session, {
      ...{ authority, layout, as, submissionId, file: { contentType: sent.contentType, bytes } },
      ...{ timeoutSeconds: options.timeout, outcomes: outcomesToTell(options.json) },
      ...(sentAt !== undefined && { sentAt }),
      ...(mends !== undefined && { mends }),
    })
  } catch (fault) {
    // Whoever it was sent to knows no more than that it broke off
    throw body.errored instanceof FileChanged ? body.errored : fault
  }
}

/** As `collect` does, and under the same id where none is named. */
async function pushSigned(
  session: Session,
  { format, open }: SentFile,
  { sender, as, mends, timeout, json, ...options }: Pushing & { readonly sender: Sender },
): Promise<Pushed> {
  const layout = findLayout(options.layout)
  if (layout === undefined) throw refused({ code: 'LAYOUT_UNKNOWN', path: '/layout' })
  return withMinimised({ format, bytes: open() }, layout, async (content) => {
    const { authority } = sender
    const { contentSha256 } = content
    const submissionId = options.submission ?? contentSha256
    const said = { authority, layout: layout.name, submissionId, contentSha256, ...(mends && { mends }) }
    const { contentSha256: _, ...head } = await stamp(said, sender)
    const submitted = await session.submitMinimised({ ...head, as, content })
    report(`received as ${submissionId}, signed, waiting until applied`)
    const waiting = { authority, submissionId, as, outcomes: outcomesToTell(json), ...submitted }
    return waitUntilApplied(session, { ...waiting, timeoutMs: timeout * 1_000 })
  })
}

// Neither is quoted: whoever mistypes may have typed somebody's number
function checkHead({ submission, sentAt }: PushOptions): void {
  const { shape } = submissionHeadSchema
  if (submission !== undefined && !shape.submissionId.safeParse(submission).success) {
    const rule = 'up to 100 of A-Z a-z 0-9 . _ -, the first a letter or digit, and no person’s number'
    throw new CommandEnd(2, 'SUBMISSION_INVALID', `--submission: ${rule}`)
  }
  if (sentAt !== undefined && !shape.sentAt.safeParse(sentAt).success) {
    const rule = 'a date and time with an offset, such as 2026-06-01T09:00:00+08:00'
    throw new CommandEnd(2, 'SENT_AT_INVALID', `--sent-at: ${rule}`)
  }
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
  const { submissionId, authority, received, accepted, repeated, refused, unresolved } = receipt
  const { refusal, correctionsUntil } = receipt
  const counts = { received, accepted, repeated, refused, unresolved }
  return {
    submissionId,
    authority,
    ...counts,
    entry,
    applied,
    ...(correctionsUntil !== undefined && { correctionsUntil }),
    ...(refusal !== undefined && { refusal }),
    records,
    ...(next !== undefined && { next }),
  }
}

/** The receipt for people: the sums, and why each record was refused or waits; `layout` names the columns in Chinese. */
export function describePush(pushed: Pushed, layout: string): string {
  const { submissionId, authority, entry, applied, correctionsUntil } = pushed
  const [sums = '', ...records] = describeOutcomes(pushed, layout)
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
  'received' | 'accepted' | 'repeated' | 'refused' | 'unresolved' | 'records' | 'next'
>

export function describeOutcomes(outcomes: Outcomes, layout: string): readonly string[] {
  const { received, accepted, repeated, refused, unresolved } = outcomes
  const sums = `${accepted} accepted + ${repeated} repeated + ${refused} refused + ${unresolved} unresolved`
  const lines = [`  ${received} received = ${sums}`]
  const placeOf = placesIn(layout)
  for (const { index, outcome, code, path = '', reason } of outcomes.records) {
    if (outcome === 'refused') lines.push(`  record ${index} refused: ${code} at ${placeOf(path)}: ${reason}`)
    if (outcome === 'unresolved') lines.push(`  record ${index} unresolved: ${UNRESOLVED}`)
  }
  if (outcomes.next !== undefined) lines.push(`  and more, from record ${outcomes.next} on`)
  return lines
}

const UNRESOLVED = 'kept, but it names no unified social credit code, so it joins no organisation yet'

/** A place with the header of its column beside the field's code: `/records/3/CF_WSH (处罚决定书文号)`. */
function placesIn(layout: string): (path: string) => string {
  // Of a receipt by an older version: what this one still has is called the same
  const columns = findLayout(layoutNameOf(layout))?.columns ?? []
  const headers = new Map(columns.map(({ code, headers: [header] }) => [code, header]))
  return (path) => {
    const header = headers.get(path.slice(path.lastIndexOf('/') + 1))
    return header === undefined ? path : `${path} (${header})`
  }
}

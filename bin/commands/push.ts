import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { chinaDate, systemClock } from '../../shared/base/instant.ts'
import { contentSha256, submissionHeadSchema } from '../../shared/ingest/envelope.ts'
import { findLayout, layouts } from '../../shared/ingest/layouts/registry.ts'
import type { Receipt, RecordOutcome } from '../../shared/ingest/receipt.ts'
import { tryFile } from '../../shared/ingest/trial.ts'
import type { Applied } from '../../shared/records/applied.ts'
import { policySchema } from '../../shared/settings.ts'
import { type ClientOptions, clientCommand, print, run, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../outcome.ts'
import { report, type Session, type Submitted } from '../session.ts'

type PushOptions = Omit<ClientOptions, 'as'> & {
  readonly as?: string
  readonly authority: string
  readonly layout: string
  readonly submission?: string
  readonly sentAt?: string
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
  readonly refusal?: Receipt['refusal']
  readonly records: readonly RecordOutcome[]
}

const contentTypes: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.ndjson': 'application/x-ndjson',
  '.jsonl': 'application/x-ndjson',
}

const SIGN_IN = { may: 'submission:send', otherwise: 'the authority', makesHome: true } as const

export function pushCommand(): Command {
  const summary = "Send a file of records as an authority's, and wait until it is applied"
  return clientCommand('push', summary, SIGN_IN)
    .argument('<file>', 'a .csv or .ndjson file')
    .requiredOption('--authority <code>', 'the authority it comes from')
    .requiredOption('--layout <name>', `the layout it is in: ${LAYOUTS}`, parseLayout)
    .option('--submission <id>', 'names this content for good (default: from its SHA-256)')
    .option('--sent-at <instant>', 'when the authority sent it (default: now)')
    .option('--timeout <seconds>', 'how long to wait until it is applied', parseSeconds, TIMEOUT_SECONDS)
    .option('--dry-run', 'read the file here and say what would become of it; nothing is sent')
    .action((file: string, options: PushOptions) => {
      if (options.dryRun) return run(options, () => tryHere(file, options))
      const as = options.as ?? options.authority
      const describe = (pushed: Pushed) => describePush(pushed, options.layout)
      return runClient({ ...options, as }, (session) => pushFile(session, file, { ...options, as }), describe)
    })
}

const LAYOUTS = layouts.map(({ name }) => name).join(', ')
const TIMEOUT_SECONDS = 600

function parseLayout(name: string): string {
  if (findLayout(name) !== undefined) return name
  throw new InvalidArgumentError(`The layouts are ${LAYOUTS}.`)
}

function parseSeconds(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A whole number of seconds, 1 or more.')
}

// By the policy that admits least: what a deployment admits besides is for its own to say
async function tryHere(file: string, { layout, json }: PushOptions): Promise<void> {
  const { contentType, bytes } = await readSent(file)
  const found = findLayout(layout)
  if (found === undefined) return
  const format = contentType === 'text/csv' ? 'csv' : 'ndjson'
  const trial = {
    dryRun: true,
    ...tryFile(found, { format, bytes }, { policy: policySchema.parse({}), today: chinaDate(systemClock()) }),
  }
  if (trial.refusal !== undefined) {
    const { code, path, reason } = trial.refusal
    throw new CommandEnd(3, code, reason, { path, document: trial })
  }
  const lines = ['nothing was sent; it would be', ...describeOutcomes(trial, layout)]
  await print(json ? JSON.stringify(trial) : lines.join('\n'))
}

async function readSent(file: string): Promise<Push['file']> {
  const contentType = contentTypes[extname(file).toLowerCase()]
  if (contentType === undefined)
    throw new CommandEnd(2, 'FILE_FORMAT_UNKNOWN', 'a .csv or .ndjson file is wanted')
  const bytes = await readFile(file).catch(() => {
    throw new CommandEnd(2, 'FILE_UNREADABLE', `${file} cannot be read`)
  })
  return { contentType, bytes: new Uint8Array(bytes) }
}

async function pushFile(
  session: Session,
  file: string,
  options: PushOptions & { readonly as: string },
): Promise<Pushed> {
  checkHead(options)
  const sent = await readSent(file)
  const { authority, layout, sentAt, as, timeout, submission = contentSha256(layout, sent.bytes) } = options
  const pushed = await push(session, {
    ...{ authority, layout, as, submissionId: submission, file: sent },
    timeoutSeconds: timeout,
    ...(sentAt !== undefined && { sentAt }),
  })
  if (pushed.refusal === undefined) return pushed
  const { code, path, reason } = pushed.refusal
  const text = describePush(pushed, layout)
  throw new CommandEnd(3, code, reason, { path, document: pushed, text })
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
  readonly file: { readonly contentType: string; readonly bytes: Uint8Array<ArrayBuffer> }
}

/** Sends a file and waits until its records are applied. */
export async function push(session: Session, { as, timeoutSeconds, ...push }: Push): Promise<Pushed> {
  const { authority, submissionId, file, sentAt = systemClock() } = push
  const principal = as ?? authority
  report(`reading ${file.bytes.length} bytes`)
  const submitted = await session.submit({ ...push, sentAt, as: principal })
  report(`received as ${submissionId}, waiting until applied`)
  const waiting = { authority, submissionId, as: principal, ...submitted }
  return waitUntilApplied(session, { ...waiting, timeoutMs: (timeoutSeconds ?? TIMEOUT_SECONDS) * 1_000 })
}

type Waiting = Submitted & {
  readonly authority: string
  readonly submissionId: string
  readonly as: string
  readonly timeoutMs: number
}

type ReceiptStatus = {
  readonly receipt: Receipt
  readonly status: string
  readonly entry: number
  readonly applied: Applied
  readonly records: readonly RecordOutcome[]
}

async function waitUntilApplied(session: Session, waiting: Waiting): Promise<Pushed> {
  const began = performance.now()
  let [told, toldAt] = ['received', began]
  for (;;) {
    const state = await readState(session, waiting)
    if (state?.status === 'applied') return toPushed(state)
    const status = state?.status ?? 'received'
    const now = performance.now()
    if (now - began > waiting.timeoutMs) throw notAppliedYet(waiting, status)
    if (status !== told || now - toldAt > TELL_MS) {
      report(`${status} after ${Math.round((now - began) / 1_000)} s`)
      ;[told, toldAt] = [status, now]
    }
    await sleep(POLL_MS)
  }
}

const POLL_MS = 25
const TELL_MS = 10_000

async function readState(session: Session, waiting: Waiting): Promise<ReceiptStatus | undefined> {
  const { authority, submissionId, refusedId } = waiting
  const state = await findState(session, waiting, submissionId)
  if (state === undefined) {
    return refusedId === undefined ? undefined : findState(session, waiting, refusedId)
  }
  if (state.receipt.sha256 === waiting.sha256) return state
  const reason = `${submissionId} names other content`
  throw new CommandEnd(3, 'SUBMISSION_ID_REUSED', reason, { document: { submissionId, authority } })
}

async function findState(
  session: Session,
  { authority, as }: Waiting,
  submissionId: string,
): Promise<ReceiptStatus | undefined> {
  const path = `/v1/receipts/${encodeURIComponent(authority)}/${encodeURIComponent(submissionId)}`
  const answer = await session.call({ method: 'GET', path, as })
  return answer.status === 404 ? undefined : (expectDone(answer) as unknown as ReceiptStatus)
}

function notAppliedYet({ authority, submissionId, timeoutMs }: Waiting, status: string): CommandEnd {
  const reason = `${status} after ${timeoutMs / 1_000} s; nothing is lost: \`serve\`, or the same push, goes on with it`
  return new CommandEnd(1, 'NOT_APPLIED_YET', reason, { document: { submissionId, authority, status } })
}

function toPushed({ receipt, entry, applied, records }: ReceiptStatus): Pushed {
  const { submissionId, authority, received, accepted, repeated, refused, unresolved, refusal } = receipt
  const counts = { received, accepted, repeated, refused, unresolved }
  return {
    submissionId,
    authority,
    ...counts,
    entry,
    applied,
    ...(refusal === undefined ? {} : { refusal }),
    records,
  }
}

/** The receipt for people: the sums, and why each record was refused or waits; `layout` names the columns in Chinese. */
export function describePush(pushed: Pushed, layout: string): string {
  const { submissionId, authority, entry, applied } = pushed
  const [sums = '', ...records] = describeOutcomes(pushed, layout)
  return [
    `submission ${submissionId} from ${authority}, ledger entry ${entry}`,
    sums,
    `  applied: ${applied.new} new, ${applied.known} known`,
    ...records,
  ].join('\n')
}

type Outcomes = Pick<Pushed, 'received' | 'accepted' | 'repeated' | 'refused' | 'unresolved' | 'records'>

function describeOutcomes(outcomes: Outcomes, layout: string): readonly string[] {
  const { received, accepted, repeated, refused, unresolved } = outcomes
  const sums = `${accepted} accepted + ${repeated} repeated + ${refused} refused + ${unresolved} unresolved`
  const lines = [`  ${received} received = ${sums}`]
  const placeOf = placesIn(layout)
  for (const { index, outcome, code, path = '', reason } of outcomes.records) {
    if (outcome === 'refused') lines.push(`  record ${index} refused: ${code} at ${placeOf(path)}: ${reason}`)
    if (outcome === 'unresolved') lines.push(`  record ${index} unresolved: ${UNRESOLVED}`)
  }
  return lines
}

const UNRESOLVED = 'kept, but it names no unified social credit code, so it joins no organisation yet'

/** A place with the header of its column beside the field's code: `/records/3/CF_WSH (处罚决定书文号)`. */
function placesIn(layout: string): (path: string) => string {
  const columns = findLayout(layout)?.columns ?? []
  const headers = new Map(columns.map(({ code, headers: [header] }) => [code, header]))
  return (path) => {
    const header = headers.get(path.slice(path.lastIndexOf('/') + 1))
    return header === undefined ? path : `${path} (${header})`
  }
}

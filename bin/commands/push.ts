import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { sha256 } from '../../shared/base/digest.ts'
import { systemClock } from '../../shared/base/instant.ts'
import { formats, parseFileName } from '../../shared/ingest/formats/registry.ts'
import type { Outcome, RecordOutcome } from '../../shared/ingest/outcomes.ts'
import type { Receipt } from '../../shared/ingest/receipt.ts'
import type { Applied } from '../../shared/records/apply.ts'
import { type ClientOptions, clientCommand, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../outcome.ts'
import { type OutgoingFile, report, type Session } from '../session.ts'

type PushOptions = ClientOptions & {
  readonly authority: string
  readonly layout: string
  readonly submission?: string
  readonly sentAt?: string
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
  /** The first record that is not listed, where there are more than a list takes. */
  readonly next?: number
}

const ENDINGS = formats.flatMap(({ endings }) => endings.map((ending) => `.${ending}`)).join(', ')

export function pushCommand(): Command {
  return clientCommand('push', "Send a file of records as an authority's, and wait until it is applied")
    .argument('<file>', `a file: ${ENDINGS}; each also as .gz`)
    .requiredOption('--authority <code>', 'the authority it comes from')
    .requiredOption('--layout <name>', 'the layout it is in: licence-2018, penalty-2018, registration')
    .option('--submission <id>', 'names this content for good (default: from its SHA-256)')
    .option('--sent-at <instant>', 'when the authority sent it (default: now)')
    .action((file: string, options: PushOptions) =>
      runClient(options, (session) => pushFile(session, file, options), describePush),
    )
}

async function pushFile(session: Session, file: string, options: PushOptions): Promise<Pushed> {
  const named = parseFileName(basename(file))
  const format = formats.find(({ name }) => name === named?.format)
  if (format === undefined) throw new CommandEnd(2, `FILE_FORMAT_UNKNOWN: one of ${ENDINGS} is wanted`)
  const sizeBytes = await sizeOf(file)
  const { authority, layout, sentAt, submission = sha256(`${layout}\n${await hashOf(file)}`) } = options
  report(`reading ${sizeBytes} bytes`)
  const bytes = Readable.toWeb(readOn(file)) as ReadableStream<Uint8Array<ArrayBuffer>>
  const pushed = await push(session, {
    ...{ authority, layout, submissionId: submission, file: { contentType: format.mediaTypes[0], bytes } },
    ...(sentAt !== undefined && { sentAt }),
    // As JSON all of the outcomes are told; to people, what they may have to mend
    ...(options.json !== true && { outcome: 'refused' as const }),
  })
  if (pushed.refusal === undefined) return pushed
  const { code, path, reason } = pushed.refusal
  throw new CommandEnd(3, `${code}${path === '' ? '' : ` at ${path}`}: ${reason}`, pushed)
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile()) return found.size
  throw new CommandEnd(2, `FILE_UNREADABLE: ${file}`)
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of readOn(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

function readOn(file: string): Readable {
  return createReadStream(file, { highWaterMark: 1024 * 1024 })
}

export type Push = {
  readonly authority: string
  readonly layout: string
  readonly submissionId: string
  readonly sentAt?: string
  readonly as?: string
  readonly file: OutgoingFile
  /** List records of this outcome alone. */
  readonly outcome?: Outcome
}

/** Sends a file and waits until its records are applied. */
export async function push(session: Session, { as, outcome, ...push }: Push): Promise<Pushed> {
  const { authority, submissionId, sentAt = systemClock() } = push
  const principal = as ?? authority
  const { sha256 } = await session.submit({ ...push, sentAt, as: principal })
  report(`received as ${submissionId}, waiting until applied`)
  return waitUntilApplied(session, { authority, submissionId, as: principal, sha256, outcome })
}

type Waiting = {
  readonly authority: string
  readonly submissionId: string
  readonly as: string
  readonly sha256: string
  readonly outcome: Outcome | undefined
}

type ReceiptStatus = {
  readonly receipt: Receipt
  readonly status: string
  readonly entry: number
  readonly applied: Applied
  readonly records: readonly RecordOutcome[]
  readonly next?: number
}

async function waitUntilApplied(session: Session, waiting: Waiting): Promise<Pushed> {
  const { authority, submissionId } = waiting
  for (;;) {
    const state = await findStatus(session, waiting, 0)
    if (state !== undefined && state.receipt.sha256 !== waiting.sha256) {
      throw new CommandEnd(3, `SUBMISSION_ID_REUSED: ${submissionId} names other content`, {
        code: 'SUBMISSION_ID_REUSED',
        submissionId,
        authority,
      })
    }
    if (state?.status === 'applied') return toPushed(await listOn(session, waiting, state))
    await sleep(POLL_MS)
  }
}

const POLL_MS = 25

async function findStatus(
  session: Session,
  { authority, submissionId, as, outcome }: Waiting,
  from: number,
): Promise<ReceiptStatus | undefined> {
  const query = new URLSearchParams({ from: String(from), ...(outcome !== undefined && { outcome }) })
  const path = `/v1/receipts/${authority}/${submissionId}?${query}`
  const answer = await session.call({ method: 'GET', path, as })
  return answer.status === 404 ? undefined : (expectDone(answer) as unknown as ReceiptStatus)
}

/** Ten pages of the API; what is past them is asked for there. */
const LISTED_RECORDS = 100_000

async function listOn(session: Session, waiting: Waiting, first: ReceiptStatus): Promise<ReceiptStatus> {
  let records = first.records
  let next = first.next
  while (next !== undefined && records.length < LISTED_RECORDS) {
    const page = await findStatus(session, waiting, next)
    records = records.concat(page?.records ?? [])
    next = page?.next
  }
  const { next: _, ...rest } = first
  return { ...rest, records, ...(next !== undefined && { next }) }
}

function toPushed({ receipt, entry, applied, records, next }: ReceiptStatus): Pushed {
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
    ...(next !== undefined && { next }),
  }
}

/** The receipt for people: the sums, and each refused record with its reason. */
export function describePush(pushed: Pushed): string {
  const { submissionId, authority, received, accepted, repeated, refused, unresolved, entry, applied } =
    pushed
  const sums = `${received} received = ${accepted} accepted + ${repeated} repeated + ${refused} refused + ${unresolved} unresolved`
  const lines = [
    `submission ${submissionId} from ${authority}, ledger entry ${entry}`,
    `  ${sums}`,
    `  applied: ${applied.new} new, ${applied.known} known`,
  ]
  for (const { index, outcome, code, path, reason } of pushed.records) {
    if (outcome === 'refused') lines.push(`  record ${index} refused: ${code} at ${path}: ${reason}`)
  }
  if (pushed.next !== undefined) lines.push(`  and more, from record ${pushed.next} on`)
  return lines.join('\n')
}

import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { sha256 } from '../../shared/base/digest.ts'
import { systemClock } from '../../shared/base/instant.ts'
import type { Receipt, RecordOutcome } from '../../shared/ingest/receipt.ts'
import type { Applied } from '../../shared/records/applied.ts'
import { type ClientOptions, clientCommand, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../outcome.ts'
import { report, type Session } from '../session.ts'

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
}

const contentTypes: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.ndjson': 'application/x-ndjson',
  '.jsonl': 'application/x-ndjson',
}

export function pushCommand(): Command {
  return clientCommand('push', "Send a file of records as an authority's, and wait until it is applied")
    .argument('<file>', 'a .csv or .ndjson file')
    .requiredOption('--authority <code>', 'the authority it comes from')
    .requiredOption('--layout <name>', 'the layout it is in: licence-2018, penalty-2018, registration')
    .option('--submission <id>', 'names this content for good (default: from its SHA-256)')
    .option('--sent-at <instant>', 'when the authority sent it (default: now)')
    .action((file: string, options: PushOptions) =>
      runClient(options, (session) => pushFile(session, file, options), describePush),
    )
}

async function pushFile(session: Session, file: string, options: PushOptions): Promise<Pushed> {
  const contentType = contentTypes[extname(file).toLowerCase()]
  if (contentType === undefined)
    throw new CommandEnd(2, 'FILE_FORMAT_UNKNOWN: a .csv or .ndjson file is wanted')
  const bytes = new Uint8Array(
    await readFile(file).catch(() => {
      throw new CommandEnd(2, `FILE_UNREADABLE: ${file}`)
    }),
  )
  const { authority, layout, sentAt, submission = sha256(`${layout}\n${sha256(bytes)}`) } = options
  const pushed = await push(session, {
    ...{ authority, layout, submissionId: submission, file: { contentType, bytes } },
    ...(sentAt !== undefined && { sentAt }),
  })
  if (pushed.refusal === undefined) return pushed
  const { code, path, reason } = pushed.refusal
  throw new CommandEnd(3, `${code}${path === '' ? '' : ` at ${path}`}: ${reason}`, pushed)
}

export type Push = {
  readonly authority: string
  readonly layout: string
  readonly submissionId: string
  readonly sentAt?: string
  readonly as?: string
  readonly file: { readonly contentType: string; readonly bytes: Uint8Array<ArrayBuffer> }
}

/** Sends a file and waits until its records are applied. */
export async function push(session: Session, { as, ...push }: Push): Promise<Pushed> {
  const { authority, submissionId, file, sentAt = systemClock() } = push
  const principal = as ?? authority
  report(`reading ${file.bytes.length} bytes`)
  const { sha256 } = await session.submit({ ...push, sentAt, as: principal })
  report(`received as ${submissionId}, waiting until applied`)
  return waitUntilApplied(session, { authority, submissionId, as: principal, sha256 })
}

type Waiting = {
  readonly authority: string
  readonly submissionId: string
  readonly as: string
  readonly sha256: string
}

type ReceiptStatus = {
  readonly receipt: Receipt
  readonly status: string
  readonly entry: number
  readonly applied: Applied
  readonly records: readonly RecordOutcome[]
}

async function waitUntilApplied(session: Session, waiting: Waiting): Promise<Pushed> {
  const { authority, submissionId, as } = waiting
  for (;;) {
    const answer = await session.call({
      method: 'GET',
      path: `/v1/receipts/${authority}/${submissionId}`,
      as,
    })
    const state = answer.status === 404 ? undefined : (expectDone(answer) as unknown as ReceiptStatus)
    if (state !== undefined && state.receipt.sha256 !== waiting.sha256) {
      throw new CommandEnd(3, `SUBMISSION_ID_REUSED: ${submissionId} names other content`, {
        code: 'SUBMISSION_ID_REUSED',
        submissionId,
        authority,
      })
    }
    if (state?.status === 'applied') return toPushed(state)
    await sleep(POLL_MS)
  }
}

const POLL_MS = 25

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
  return lines.join('\n')
}

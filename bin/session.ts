import { setTimeout as sleep } from 'node:timers/promises'
import { SIGNATURE_HEADER } from '../shared/api/submissions.ts'
import { Failure } from '../shared/base/failure.ts'
import type { Mends } from '../shared/ingest/mends.ts'
import type { MinimisedFile } from './minimised-file.ts'

export type ApiRequest = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** The principal it is made as. */
  readonly as: string
  readonly json?: unknown
  readonly file?: OutgoingFile
  /** Of the file. */
  readonly signature?: string | undefined
}

/** A file on its way out, held or read as it is sent. */
export type OutgoingFile = {
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>
}

export type ApiAnswer = { readonly status: number; readonly body: unknown }

export type Submission = {
  readonly authority: string
  readonly layout: string
  readonly submissionId: string
  readonly sentAt: string
  /** Its principal, where the door asks for one. */
  readonly as: string
  readonly file: OutgoingFile
  /** Whose refused records these are in mended form. */
  readonly mends?: Mends
}

/** A submission that was minimised on this machine, and signed where its authority signs. */
export type MinimisedSubmission = Omit<Submission, 'file'> & {
  readonly signature?: string | undefined
  readonly content: MinimisedFile
}

export type Submitted = {
  /** Of its content, as the receipt will state it. */
  readonly sha256: string
  /** From a door that answers nothing: the id of the receipt that tells why it was turned away, if it was. */
  readonly refusedId?: string
}

/** A client of the API of one place, in this process or over HTTP. */
export type Session = {
  call(request: ApiRequest): Promise<ApiAnswer>
  /** Hands a submission in by an authority's door. */
  submit(submission: Submission): Promise<Submitted>
  submitMinimised(submission: MinimisedSubmission): Promise<Submitted>
  /** A bearer token for the API. */
  token(principal: string): Promise<string>
  /** Sees to it that what waits is sealed and applied: by a thread of this process if nobody else does so. */
  work(): void
  close(): Promise<void>
}

/** Reads an answer of the API. */
export async function readAnswer(response: Response): Promise<ApiAnswer> {
  const text = await response.text()
  const isJson = /json\b/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, body: isJson ? JSON.parse(text) : text }
}

/** What `fetch` is told of a request. */
export function requestInit({ method, json, file, signature }: ApiRequest, token: string): RequestInit {
  const contentType = file?.contentType ?? (json === undefined ? undefined : 'application/json')
  return {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(signature !== undefined && { [SIGNATURE_HEADER]: signature }),
    },
    // A stream's answer comes once all of it is sent
    ...(file !== undefined && { body: file.bytes, duplex: 'half' as const }),
    ...(json !== undefined && { body: JSON.stringify(json) }),
  }
}

/** Calls until the entries it is about are sealed, for a minute at most; answers the last answer. */
export async function callSealed(session: Session, request: ApiRequest): Promise<ApiAnswer> {
  session.work()
  const deadline = performance.now() + SEALED_TIMEOUT_MS
  for (;;) {
    const answer = await session.call(request)
    const isPending = answer.status === 409 && (answer.body as { code?: string }).code === 'ENTRY_PENDING'
    if (!isPending || performance.now() > deadline) return answer
    await sleep(SEALED_POLL_MS)
  }
}

const SEALED_TIMEOUT_MS = 60_000
const SEALED_POLL_MS = 50

/** Messages go to stderr: stdout is for results. */
export function report(message: string): void {
  process.stderr.write(`${message}\n`)
}

export function faultCode(fault: unknown): string {
  if (!(fault instanceof Failure)) return fault instanceof Error ? `UNEXPECTED ${fault.name}` : 'UNEXPECTED'
  return withFacts(fault.code, fault.facts)
}

export function withFacts(code: string, facts: Failure['facts']): string {
  return [code, ...Object.entries(facts).map(([name, value]) => `${name}=${value}`)].join(' ')
}

import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Failure } from '../base/failure.ts'

/** Problem details (RFC 9457). `code` and `path` are ours; `path` is a JSON Pointer into the request. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string().optional(),
    path: z.string().optional(),
  })
  .openapi('Problem')

/** Faults of the HTTP door itself. What a room refuses brings its own code and reason. */
const titles = {
  REQUEST_MALFORMED: 'The request does not have the form the API describes.',
  JSON_MALFORMED: 'The body is not JSON.',
  REQUEST_BROKEN_OFF: 'The connection ended before the request did.',
  BODY_TOO_LARGE: 'The body is larger than one request may be.',
  CONTENT_TYPE_UNKNOWN: 'The content type is none of those the route takes.',
  TOKEN_INVALID: 'There is no bearer token that holds.',
  FORBIDDEN: 'The principal may not do this.',
  NOT_FOUND: 'There is no such thing, or not for this principal.',
  USCC_INVALID: 'The code is no unified social credit code.',
  SENT_AT_IN_FUTURE: 'The submission was sent ahead of our clock.',
  SUBMISSION_ID_REUSED: 'The submission id stands for another content.',
  AUTHORITY_SUSPENDED: 'The authority is suspended.',
  SIGNATURE_MISSING: 'This authority signs what it sends.',
  SIGNATURE_INVALID: 'The signature does not hold.',
  SIGNATURE_KEY_UNKNOWN: 'The authority has no such key.',
  SIGNATURE_KEY_NOT_VALID: 'The key was not valid when this was sent, or is not now.',
  SIGNATURE_REBOUND: 'The signature is one over another submission.',
  KEY_TAKEN: 'The authority has had this key before; make a new one.',
  KEY_PERIOD_INVALID: 'The keys before it cannot end before it begins.',
  AUTHORITY_UNKNOWN: 'There is no such authority.',
  PRINCIPAL_NAME_TAKEN: 'The name stands for another principal.',
  LAST_OPERATOR: 'Nobody would be left who may register principals; register another operator first.',
  ENTRY_PENDING: 'The entry waits to be sealed or applied; try again in a moment.',
  ENTRY_NOT_ERASABLE: 'An erasure is what is left to be shown of what it erased.',
  SUBMISSION_TOO_LARGE: 'The submission has more rows than one request here has time to read again.',
  ROWS_UNKNOWN: 'The submission has no record at one of these places.',
  PUBLICATION_FAILED: 'The publication was given up here; nothing of it stands, and it can be tried again.',
  INTERNAL: 'Something failed here; it is not the request.',
  TEMPORARILY_UNAVAILABLE: 'Something failed here that may pass; try again.',
} as const

export type Problem = {
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly title?: string
  readonly detail?: string
  readonly path?: string | undefined
  /** Where the same request is likely to be answered before long. */
  readonly retryAfterSeconds?: number
}

const MEDIA_TYPE = 'application/problem+json'

/** Answers with a problem document. */
export function problem(context: Context, { retryAfterSeconds, ...answer }: Problem): Response {
  context.header('content-type', MEDIA_TYPE)
  if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds))
  return context.body(documentOf(answer), answer.status)
}

/** The same, of whoever has no context, since no route was reached. */
export function problemResponse(answer: Problem): Response {
  return new Response(documentOf(answer), {
    status: answer.status,
    headers: { 'content-type': MEDIA_TYPE },
  })
}

function documentOf({ status, code, title, detail, path }: Problem): string {
  const known: Readonly<Record<string, string>> = titles
  return JSON.stringify({
    type: `urn:credit-fusion:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: title ?? known[code] ?? code,
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(path === undefined ? {} : { path }),
  })
}

/** Maps what was thrown. Nothing of an unknown fault's message goes out: it may quote the request. */
export function faultToProblem(fault: unknown, context: Context): Response {
  if (isBrokenOff(fault, context)) return problem(context, { status: 400, code: 'REQUEST_BROKEN_OFF' })
  if (fault instanceof HTTPException) {
    return problem(context, { status: fault.status, code: httpCodes[fault.status] ?? 'REQUEST_MALFORMED' })
  }
  const retryable = fault instanceof Failure && fault.retryable
  return problem(context, {
    status: retryable ? 503 : 500,
    code: retryable ? 'TEMPORARILY_UNAVAILABLE' : 'INTERNAL',
    ...(fault instanceof Failure ? { detail: fault.code } : {}),
  })
}

// The connection of whoever asks, and no other, fails so: a port's own would come out as a Failure
function isBrokenOff(fault: unknown, { req }: Context): boolean {
  return req.raw.signal.aborted && fault instanceof Error && 'code' in fault && fault.code === 'ECONNRESET'
}

// What hono throws of a body before any validation of ours; 400 for one that is no JSON
const httpCodes: Readonly<Record<number, string>> = {
  400: 'JSON_MALFORMED',
  413: 'BODY_TOO_LARGE',
  415: 'CONTENT_TYPE_UNKNOWN',
}

/** What a route with a body answers, on top of what else it lists. */
export const BODY_PROBLEMS = [400, 413, 415] as const

/** The OpenAPI entries for a route's problems. */
export function problemResponses(...statuses: readonly number[]) {
  const response = {
    description: 'Problem details (RFC 9457)',
    content: { 'application/problem+json': { schema: problemSchema } },
  }
  return Object.fromEntries([401, 403, ...statuses].map((status) => [status, response]))
}

import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { nestsTooDeep } from '../base/nesting.ts'
import {
  ENVELOPE_VERSION,
  envelopeSchema,
  type SubmissionHead,
  signatureSchema,
  submissionHeadSchema,
} from '../ingest/envelope.ts'
import { limits } from '../ingest/formats/limits.ts'
import { findMediaType, mediaTypes, UNTOLD_MEDIA_TYPES } from '../ingest/formats/registry.ts'
import { type Mends, placesSchema } from '../ingest/mends.ts'
import { type Delivery, notTaken, type Received, receiveSubmission } from '../ingest/receive.ts'
import { refusalReasons } from '../ingest/refusal.ts'
import type { World } from '../ports.ts'
import { may } from '../principals/may.ts'
import { type Authority, findAuthority } from '../settings.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { type ApiEnv, addRoute, faultOf, forbid, newRoutes, type Routes } from './routes.ts'

/** Where the signature of a file travels: not in the query, which is logged by whoever stands between. */
export const SIGNATURE_HEADER = 'submission-signature'

const fileContent = Object.fromEntries(
  [...mediaTypes, ...UNTOLD_MEDIA_TYPES].map((mediaType) => [
    mediaType,
    { schema: { type: 'string' } as const },
  ]),
)

export const receivedSchema = z
  .object({
    status: z.enum(['received', 'repeated']),
    authority: z.string(),
    submissionId: z.string(),
    sha256: z.string(),
    receipt: z.string().openapi({ description: 'Where the receipt is, once the submission is accepted' }),
  })
  .openapi('Received')

function ofAFile(meaning: string): string {
  return `Required with a file: ${meaning}. A JSON envelope has it in its body.`
}

const route = createRoute({
  method: 'post',
  path: '/submissions',
  operationId: 'sendSubmission',
  summary: 'Send records: one JSON envelope, or a file of any format with its head in the query',
  request: {
    query: z.object({
      submissionId: z
        .string()
        .optional()
        .openapi({ description: ofAFile('names its content, and what it mends, for good') }),
      layout: z
        .string()
        .optional()
        .openapi({ description: ofAFile('which columns it has') }),
      sentAt: z
        .string()
        .optional()
        .openapi({
          description: ofAFile('when it was sent, a date and time with an offset'),
        }),
      mends: z
        .string()
        .optional()
        .openapi({ description: 'The submission whose refused records these are in mended form' }),
      places: z.string().optional().openapi({
        description:
          'Their places there, one for each of these records in their order, with commas between; each is open. If absent: all that are open, which have to be as many.',
      }),
      authority: z.string().optional().openapi({
        description:
          "Whose records the sender takes them for; any but the principal's own authority is refused",
      }),
    }),
    headers: z.object({
      [SIGNATURE_HEADER]: signatureSchema.optional().openapi({
        description: 'With a file, where it is signed: the JWS. A JSON envelope has it in its body.',
      }),
    }),
    // Described alone, not checked by it: the room that knows the content does that
    body: {
      required: true,
      content: {
        ...fileContent,
        'application/json': { schema: { $ref: '#/components/schemas/Submission' } },
      },
    },
  },
  responses: {
    202: { description: 'Durable in the inbox', content: { 'application/json': { schema: receivedSchema } } },
    200: { description: 'Received before', content: { 'application/json': { schema: receivedSchema } } },
    ...problemResponses(...BODY_PROBLEMS, 409, 422),
  },
})

/** Takes in what came through this door. */
export type Receiver = (delivery: Delivery) => Promise<Received>

/** `POST /v1/submissions`: the door for signed-in agencies. The principal says whose records they are. */
export function submissionRoutes(
  world: World,
  receiveBy: Receiver = (delivery) => receiveSubmission(world, delivery),
): Routes {
  const routes = newRoutes()
  addRoute(routes, { route, may: 'submission:send' }, async (context) => {
    const actor = context.get('actor')
    const authority = findAuthority(world.settings, actor.authority ?? '')
    const named = context.req.valid('query').authority ?? authority?.code ?? ''
    if (authority === undefined || !may(actor, 'submission:send', { authority: named })) {
      return forbid(context)
    }
    const received = await receive(context, receiveBy, authority)
    return received instanceof Response ? received : answer(context, authority, received)
  })
  return routes
}

async function receive(
  context: Context<ApiEnv>,
  receiveBy: Receiver,
  authority: Authority,
): Promise<Received | Response> {
  if (!bringsFile(context)) {
    const envelope = envelopeSchema.safeParse(await readJson(context))
    if (!envelope.success) return malformed(context, faultOf(envelope.error))
    if (nestsTooDeep(envelope.data.records))
      return malformed(context, { path: '/records', detail: 'nested too deep' })
    return receiveBy({ authority, head: envelope.data })
  }
  const mediaType = mediaTypeOf(context)
  const format = findMediaType(mediaType)
  if (format === undefined && !UNTOLD_MEDIA_TYPES.includes(mediaType)) {
    return problem(context, { status: 415, code: 'CONTENT_TYPE_UNKNOWN' })
  }
  const { authority: _, mends, places, ...query } = context.req.query()
  const said = { ...query, ...readMendsQuery(mends, places) }
  const head = submissionHeadSchema.safeParse({ schemaVersion: ENVELOPE_VERSION, ...said })
  if (!head.success) return malformed(context, faultOf(head.error))
  if (Number(context.req.header('content-length') ?? 0) > limits.fileBytes) return tooLarge(context)
  const bytes = context.req.raw.body ?? NOTHING
  return receiveBy({
    authority,
    head: head.data satisfies SubmissionHead,
    file: { format, bytes, signature: context.req.header(SIGNATURE_HEADER) },
  })
}

/**
 * Whether a request's body is a file, which is read as it comes and may be of any size that a file may have. JSON is an
 * envelope unless its head is in the query, as every file's is.
 */
export function bringsFile(context: Context): boolean {
  const isSubmission = context.req.method === 'POST' && context.req.path === '/v1/submissions'
  return (
    isSubmission &&
    (mediaTypeOf(context) !== 'application/json' || context.req.query('submissionId') !== undefined)
  )
}

function mediaTypeOf(context: Context): string {
  return (context.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

const NOTHING = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })

// What JSON.parse throws quotes the body
async function readJson(context: Context): Promise<unknown> {
  return context.req.json().catch(() => {
    throw new HTTPException(400)
  })
}

function malformed(context: Context, fault: ReturnType<typeof faultOf>): Response {
  return problem(context, { status: 400, code: 'REQUEST_MALFORMED', ...fault })
}

function tooLarge(context: Context): Response {
  return problem(context, { status: 413, code: 'BODY_TOO_LARGE' })
}

function answer(context: Context, authority: Authority, received: Received): Response {
  // No sum is stated at this door, so no content can be another than it says
  if (received.outcome === 'too-large' || received.outcome === 'changed') return tooLarge(context)
  if (received.outcome === 'denied') {
    const { code, path } = received.refusal
    const status = code === 'AUTHORITY_SUSPENDED' ? 403 : 422
    return problem(context, { status, code, title: refusalReasons[code], path: path || undefined })
  }
  if (received.outcome === 'early' || received.outcome === 'reused') {
    const { code, path } = notTaken[received.outcome]
    const status = received.outcome === 'early' ? 422 : 409
    return problem(context, { status, code, title: refusalReasons[code], path })
  }
  const { submissionId, sha256 } = received.outcome === 'received' ? received.draft : received.receipt
  const receipt = `/v1/receipts/${authority.code}/${submissionId}`
  const status = received.outcome
  const body = receivedSchema.parse({ status, authority: authority.code, submissionId, sha256, receipt })
  return context.json(body, status === 'received' ? 202 : 200)
}

/** What a query says of the submission that it mends, as a head has it; what are no places stays text, and is none there. */
function readMendsQuery(submissionId: string | undefined, places: string | undefined): object {
  if (submissionId === undefined && places === undefined) return {}
  const read = places === undefined ? {} : { places: placesSchema.safeParse(places).data ?? places }
  return { mends: { submissionId, ...read } }
}

/** The same as parameters of a query. */
export function mendsQuery(mends: Mends | undefined): Readonly<Record<string, string>> {
  if (mends === undefined) return {}
  const { submissionId, places } = mends
  return { mends: submissionId, ...(places !== undefined && { places: places.join(',') }) }
}

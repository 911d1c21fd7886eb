import { createRoute, z } from '@hono/zod-openapi'
import { entryIdOf } from '../ingest/accept.ts'
import { outcomes, readOutcomes, recordOutcomeSchema } from '../ingest/outcomes.ts'
import { findProgress, findReceipt, receiptSchema } from '../ingest/receipt.ts'
import { evidenceSchema, findEvidence } from '../ledger/evidence.ts'
import type { World } from '../ports.ts'
import { may } from '../principals/may.ts'
import { problem, problemResponses } from './problem.ts'
import { addRoute, forbid, newRoutes, type Routes } from './routes.ts'

/** Up to 2.4 MB of JSON, where each is refused: 240 bytes a record. A function answers 6 MB at most. */
export const PAGE_RECORDS = 10_000

export const statusSchema = z
  .object({
    receipt: receiptSchema.describe('The same bytes whenever it is asked for'),
    status: z.enum(['accepted', 'sealed', 'applied']),
    entry: z.int().optional().openapi({ description: 'Number of the ledger entry, once sealed' }),
    parts: z
      .object({ applied: z.int(), of: z.int() })
      .optional()
      .openapi({ description: 'How many parts of the submission are applied, of how many; neither falls' }),
    applied: z.object({ new: z.int(), known: z.int() }).optional(),
    records: z.array(recordOutcomeSchema).max(PAGE_RECORDS),
    next: z.int().optional().openapi({ description: 'The record to ask on from, where there are more' }),
  })
  .openapi('ReceiptStatus')

const route = createRoute({
  method: 'get',
  path: '/receipts/{authority}/{submissionId}',
  operationId: 'readReceipt',
  summary: 'What became of a submission, record by record',
  request: {
    params: z.object({ authority: z.string(), submissionId: z.string() }),
    query: z.object({
      from: z.coerce.number().int().min(0).optional(),
      /** Given more than once: any of them. */
      outcome: z.union([z.enum(outcomes), z.array(z.enum(outcomes))]).optional(),
    }),
  },
  responses: {
    200: { description: 'The receipt', content: { 'application/json': { schema: statusSchema } } },
    ...problemResponses(400, 404),
  },
})

const evidenceRoute = createRoute({
  method: 'get',
  path: '/receipts/{authority}/{submissionId}/evidence',
  operationId: 'readReceiptEvidence',
  summary: 'What proves a receipt: its entry, and the proof that the log has it',
  request: { params: route.request.params },
  responses: {
    200: { description: 'The evidence', content: { 'application/json': { schema: evidenceSchema } } },
    ...problemResponses(404, 409),
  },
})

// Nothing tells what waits in the inbox from what was never sent
const NOT_YET = {
  status: 404,
  code: 'NOT_FOUND',
  retryAfterSeconds: 1,
  detail:
    'There is no such receipt. What was received a moment ago has one once it is accepted; ask again then.',
} as const

export function receiptRoutes(world: World): Routes {
  const routes = newRoutes()
  addRoute(routes, { route, may: 'receipt:read' }, async (context) => {
    const { authority, submissionId } = context.req.valid('param')
    if (!may(context.get('actor'), 'receipt:read', { authority })) return forbid(context)
    const receipt = await findReceipt(world.store, authority, submissionId)
    if (receipt === undefined) return problem(context, NOT_YET)
    const { entry, parts, applied } = await findProgress(world.store, receipt)
    const status = applied !== undefined ? 'applied' : entry !== undefined ? 'sealed' : 'accepted'
    const { from, outcome } = context.req.valid('query')
    const wanted = { from, outcomes: outcome && [outcome].flat(), limit: PAGE_RECORDS }
    const page = await readOutcomes(world.objects, receipt, wanted)
    return context.json(statusSchema.parse({ receipt, status, entry, parts, applied, ...page }), 200)
  })
  addRoute(routes, { route: evidenceRoute, may: 'receipt:read' }, async (context) => {
    const { authority, submissionId } = context.req.valid('param')
    if (!may(context.get('actor'), 'receipt:read', { authority })) return forbid(context)
    const evidence = await findEvidence(world, entryIdOf(authority, submissionId))
    if (evidence === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' })
    if (evidence === 'pending') return problem(context, { status: 409, code: 'ENTRY_PENDING' })
    return context.json(evidenceSchema.parse(evidence), 200)
  })
  return routes
}

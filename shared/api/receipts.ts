import { createRoute, z } from '@hono/zod-openapi'
import { outcomes, readOutcomes, recordOutcomeSchema } from '../ingest/outcomes.ts'
import { findProgress, findReceipt, receiptSchema } from '../ingest/receipt.ts'
import type { World } from '../ports.ts'
import { may } from './may.ts'
import { problem, problemResponses } from './problem.ts'
import { newRoutes, type Routes } from './routes.ts'

/** A megabyte of JSON, where each is refused. */
const PAGE_RECORDS = 10_000

const statusSchema = z
  .object({
    receipt: receiptSchema.openapi({ description: 'The same bytes whenever it is asked for' }),
    status: z.enum(['accepted', 'sealed', 'applied']),
    entry: z.int().optional().openapi({ description: 'Number of the ledger entry, once sealed' }),
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
      outcome: z.enum(outcomes).optional(),
    }),
  },
  responses: {
    200: { description: 'The receipt', content: { 'application/json': { schema: statusSchema } } },
    ...problemResponses(400, 404),
  },
})

export function receiptRoutes(world: World): Routes {
  const routes = newRoutes()
  routes.openapi(route, async (context) => {
    const { authority, submissionId } = context.req.valid('param')
    if (!may(context.get('actor'), 'receipt:read', { authority })) {
      return problem(context, { status: 403, code: 'FORBIDDEN' }) as never
    }
    const receipt = await findReceipt(world.store, authority, submissionId)
    if (receipt === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' }) as never
    const { entry, applied } = await findProgress(world.store, receipt)
    const status = applied !== undefined ? 'applied' : entry !== undefined ? 'sealed' : 'accepted'
    const wanted = { ...context.req.valid('query'), limit: PAGE_RECORDS }
    const page = await readOutcomes(world.objects, receipt, wanted)
    return context.json(statusSchema.parse({ receipt, status, entry, applied, ...page }), 200)
  })
  return routes
}

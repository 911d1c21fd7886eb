import { createRoute, z } from '@hono/zod-openapi'
import { findPersonalData } from '../identity/personal-data.ts'
import { evidenceSchema, findEvidence } from '../ledger/evidence.ts'
import type { World } from '../ports.ts'
import { type Erasure, type ErasureOrder, orderErasure } from '../records/erase.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { addRoute, newRoutes, type Routes } from './routes.ts'

const params = z.object({ entryId: z.string().max(300) })

const evidenceRoute = createRoute({
  method: 'get',
  path: '/ledger/entries/{entryId}',
  operationId: 'readEvidence',
  summary: 'An entry, with what its public leaf commits to and the proof that the log has it',
  request: { params },
  responses: {
    200: {
      description: 'The evidence',
      content: { 'application/json': { schema: evidenceSchema.clone().openapi('Evidence') } },
    },
    ...problemResponses(400, 404, 409),
  },
})

export const erasureSchema = z.object({ erasure: z.string(), records: z.int() })

const erasureBody = z.strictObject({
  rows: z.array(z.int().min(0)).min(1).max(10_000).optional().openapi({
    description: 'Of a submission, the records at these places alone',
  }),
  reason: z
    .string()
    .trim()
    .min(10)
    .max(500)
    .refine((text) => findPersonalData(text) === undefined, { message: 'holds a person’s number' }),
})

const erasureRoute = createRoute({
  method: 'post',
  path: '/ledger/entries/{entryId}/erasure',
  operationId: 'eraseEntry',
  summary:
    'Delete what an entry says, or records of a submission; the log stays whole, and the erasure is told of in it',
  request: { params, body: { required: true, content: { 'application/json': { schema: erasureBody } } } },
  responses: {
    200: {
      description: 'Ordered',
      content: { 'application/json': { schema: erasureSchema } },
    },
    ...problemResponses(...BODY_PROBLEMS, 404, 409),
  },
})

/** Orders an erasure; a home also clears what its files still hold of it. */
export type Eraser = (order: ErasureOrder) => Promise<Erasure>

/** `/v1/ledger/…`: what entries say, for those who examine them. The log itself is open to all, elsewhere. */
export function ledgerRoutes(world: World, erase: Eraser = (order) => orderErasure(world, order)): Routes {
  const routes = newRoutes()
  addRoute(routes, { route: evidenceRoute, may: 'ledger:read' }, async (context) => {
    const evidence = await findEvidence(world, context.req.valid('param').entryId)
    if (evidence === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' })
    if (evidence === 'pending') return problem(context, { status: 409, code: 'ENTRY_PENDING' })
    return context.json(evidenceSchema.parse(evidence), 200)
  })
  addRoute(routes, { route: erasureRoute, may: 'ledger:erase' }, async (context) => {
    const actor = context.get('actor')
    const { rows, reason } = context.req.valid('json')
    const entry = context.req.valid('param').entryId
    const erased = await erase({ entry, reason, by: actor.name, ...(rows !== undefined && { rows }) })
    if (erased.outcome !== 'erased') return problem(context, refusals[erased.outcome])
    return context.json(erasureSchema.parse({ erasure: erased.erasure, records: erased.records }), 200)
  })
  return routes
}

const refusals = {
  unknown: { status: 404, code: 'NOT_FOUND' },
  'no-such-rows': { status: 404, code: 'ROWS_UNKNOWN', path: '/rows' },
  'not-applied': { status: 409, code: 'ENTRY_PENDING' },
  'not-erasable': { status: 409, code: 'ENTRY_NOT_ERASABLE' },
} as const

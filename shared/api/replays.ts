import { createRoute, z } from '@hono/zod-openapi'
import { parseCalendarDate } from '../base/instant.ts'
import { replayNext } from '../ingest/replay-range.ts'
import type { World } from '../ports.ts'
import { findAuthority } from '../settings.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { addRoute, newRoutes, type Routes } from './routes.ts'

const entryOrDay = z.union([
  z.int().min(0),
  z.string().transform((text, context) => {
    const day = parseCalendarDate(text)
    if (day !== undefined) return day
    context.addIssue({
      code: 'custom',
      message: 'neither the number of an entry nor a day such as 2026-06-01',
    })
    return z.NEVER
  }),
])

const body = z.strictObject({
  from: entryOrDay.openapi({
    description: 'The first entry, by its number or by the day in China it was sealed on',
  }),
  to: entryOrDay
    .optional()
    .openapi({ description: 'The first entry left out; the end of the ledger if absent' }),
  authority: z.string().max(60).optional(),
  dryRun: z.boolean().default(true).openapi({ description: 'Compare, and write nothing' }),
})

const counts = z.record(z.string(), z.int())

export const replayReportSchema = z
  .strictObject({
    authority: z.string(),
    submissionId: z.string(),
    layout: z.string().openapi({ description: 'The version of the layout that its rows were read by' }),
    unchanged: z.int(),
    changed: z.int(),
    refused: z.int(),
    repeated: z.int().openapi({ description: 'Equal to a record before it now' }),
    accepted: z.int().openapi({ description: 'A record again, after a replay that had none of it' }),
    missing: z.int().openapi({ description: 'Erased, or received before rows were kept' }),
    differences: counts.openapi({ description: 'Of those changed, in how many each fact differs' }),
    reasons: counts.openapi({ description: 'Of those refused, how many for each code' }),
  })
  .openapi('ReplayReport')
export type ReplayReportBody = z.infer<typeof replayReportSchema>

export const replayStepSchema = z
  .strictObject({
    outcome: z.enum(['none', 'pending', 'compared', 'unchanged', 'replayed']),
    report: replayReportSchema.optional(),
    entryId: z.string().optional().openapi({ description: 'The entry that tells of it' }),
    next: z
      .int()
      .optional()
      .openapi({ description: 'The entry to go on from; absent at the end of the range' }),
  })
  .openapi('ReplayStep')

const route = createRoute({
  method: 'post',
  path: '/ledger/replays',
  operationId: 'replayNext',
  summary: 'Read the rows of the first submission of a range again, by the mappings of today',
  request: { body: { required: true, content: { 'application/json': { schema: body } } } },
  responses: {
    200: {
      description: 'What it came to; none where the range has no submission as far as it was looked at',
      content: { 'application/json': { schema: replayStepSchema } },
    },
    ...problemResponses(...BODY_PROBLEMS, 422),
  },
})

/**
 * `POST /v1/ledger/replays`: one submission a call, so that a call ends; whoever asks goes on from `next`. One that
 * cannot be read again within `limitMs` of the call is refused, and the problem's detail tells where to go on.
 */
export function replayRoutes(world: World, limitMs = Number.POSITIVE_INFINITY): Routes {
  const routes = newRoutes()
  addRoute(routes, { route, may: 'submission:replay' }, async (context) => {
    const began = performance.now()
    const { dryRun, ...range } = context.req.valid('json')
    const { authority } = range
    if (authority !== undefined && findAuthority(world.settings, authority) === undefined)
      return problem(context, { status: 400, code: 'AUTHORITY_UNKNOWN', path: '/authority' })
    const hasTime = () => performance.now() - began < limitMs
    const order = { by: context.get('actor').name, dryRun, hasTime }
    const { replayed, next, entry } = await replayNext(world, range, order)
    if (replayed?.outcome === 'too-large') {
      const on = next === undefined ? 'it is the last of the range' : `go on from ${next}`
      const detail = `The submission of entry ${entry}; ${on}.`
      return problem(context, { status: 422, code: 'SUBMISSION_TOO_LARGE', detail })
    }
    return context.json(replayStepSchema.parse({ outcome: 'none', ...replayed, next }), 200)
  })
  return routes
}

import { createRoute, z } from '@hono/zod-openapi'
import type { Actor } from '../base/actor.ts'
import { chinaDate } from '../base/instant.ts'
import { submissionIdSchema } from '../ingest/envelope.ts'
import {
  listQuarantined,
  type QuarantineCursor,
  type Quarantined,
  type QuarantineWanted,
  quarantineStates,
  sumUpQuarantine,
} from '../ingest/quarantine-list.ts'
import { reasonGroupNames } from '../ingest/reason-groups.ts'
import { refusalCodes } from '../ingest/refusal.ts'
import type { World } from '../ports.ts'
import { may } from '../principals/may.ts'
import { problemResponses } from './problem.ts'
import { addRoute, forbid, newRoutes, type Routes } from './routes.ts'

/** Some hundred KB of JSON. */
const PAGE_RECORDS = 1_000

const authority = z.string().max(60).optional().openapi({
  description: "An agency sees its own authority's; others see all where none is named",
})

const reason = {
  authority: z.string(),
  group: z.enum(reasonGroupNames),
  code: z.enum(refusalCodes),
}

export const quarantinedSchema = z.strictObject({
  ...reason,
  submissionId: z.string(),
  index: z.int(),
  layout: z.string(),
  path: z.string(),
  reason: z.string(),
  until: z.string().openapi({ description: 'The last day in China on which it may be mended' }),
  state: z.enum(quarantineStates),
  mendedBy: z.string().optional().openapi({ description: 'The submission that has it in mended form' }),
})

export const quarantinePageSchema = z
  .strictObject({
    records: z.array(quarantinedSchema).max(PAGE_RECORDS),
    next: z.string().optional().openapi({ description: 'Where to ask on `from`, where there are more' }),
  })
  .openapi('Quarantine')

export const quarantineSummarySchema = z
  .strictObject({
    reasons: z.array(z.strictObject({ ...reason, open: z.int(), mended: z.int(), lapsed: z.int() })),
  })
  .openapi('QuarantineSummary')

const placeSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,60}\/[A-Za-z0-9._-]{1,100}\/\d{1,9}$/)
  .transform((text) => {
    const [of = '', submissionId = '', index] = text.split('/')
    return { authority: of, submissionId, index: Number(index) }
  })

const listRoute = createRoute({
  method: 'get',
  path: '/quarantine',
  operationId: 'listQuarantine',
  summary:
    'Records that were refused and can be mended: where they were and why, and nothing of what they said',
  request: {
    query: z.object({
      authority,
      submissionId: submissionIdSchema.optional(),
      group: z.enum(reasonGroupNames).optional(),
      /** Given more than once: any of them; all where it is left out. */
      state: z.union([z.enum(quarantineStates), z.array(z.enum(quarantineStates))]).optional(),
      from: placeSchema.optional().openapi({ type: 'string', description: '`next` of the page before' }),
    }),
  },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: quarantinePageSchema } } },
    ...problemResponses(400),
  },
})

const summaryRoute = createRoute({
  method: 'get',
  path: '/quarantine/summary',
  operationId: 'sumUpQuarantine',
  summary: 'How many records are in quarantine for each reason',
  request: { query: z.object({ authority }) },
  responses: {
    200: { description: 'The sums', content: { 'application/json': { schema: quarantineSummarySchema } } },
    ...problemResponses(400),
  },
})

/** `/v1/quarantine`: an agency sees its own; what is mended comes in as any submission does, and names what it mends. */
export function quarantineRoutes(world: World): Routes {
  const routes = newRoutes()
  addRoute(routes, { route: listRoute, may: 'quarantine:read' }, async (context) => {
    const { authority: named, state, from, ...wanted } = context.req.valid('query')
    const authorities = authoritiesOf(world, context.get('actor'), named)
    if (authorities === undefined) return forbid(context)
    const states = state === undefined ? quarantineStates : [state].flat()
    const page = await readPage(world, { authorities, from, wanted: { ...wanted, states } })
    return context.json(quarantinePageSchema.parse(page), 200)
  })
  addRoute(routes, { route: summaryRoute, may: 'quarantine:read' }, async (context) => {
    const authorities = authoritiesOf(world, context.get('actor'), context.req.valid('query').authority)
    if (authorities === undefined) return forbid(context)
    const today = chinaDate(world.now())
    const sums = await Promise.all(
      authorities.map((each) => sumUpQuarantine(world, { authority: each, today })),
    )
    return context.json(quarantineSummarySchema.parse({ reasons: sums.flat() }), 200)
  })
  return routes
}

/** Whose quarantine is asked for; undefined where the actor may not see it. */
function authoritiesOf(
  { settings }: World,
  actor: Actor,
  named: string | undefined = actor.authority,
): readonly string[] | undefined {
  if (named === undefined) return settings.authorities.map(({ code }) => code).toSorted()
  return may(actor, 'quarantine:read', { authority: named }) ? [named] : undefined
}

type Asked = {
  readonly authorities: readonly string[]
  readonly from: (QuarantineCursor & { readonly authority: string }) | undefined
  readonly wanted: Omit<QuarantineWanted, 'authority' | 'today' | 'from'>
}

async function readPage(world: World, { authorities, from, wanted }: Asked) {
  const today = chinaDate(world.now())
  const records: Quarantined[] = []
  for (const each of authorities) {
    if (from !== undefined && each < from.authority) continue
    const begins = each === from?.authority ? { from } : {}
    for await (const found of listQuarantined(world, { ...wanted, ...begins, authority: each, today })) {
      if (records.length === PAGE_RECORDS)
        return { records, next: `${each}/${found.submissionId}/${found.index}` }
      records.push(found)
    }
  }
  return { records }
}

import { createRoute, z } from '@hono/zod-openapi'
import { type Fused, fuse, type Provenance } from '../fusion/fuse.ts'
import { fieldsOf } from '../fusion/golden-record.ts'
import type { LossReason } from '../fusion/survivorship.ts'
import { parseUscc } from '../identity/uscc.ts'
import type { World } from '../ports.ts'
import { may } from '../principals/may.ts'
import { organisationRecords } from '../records/individual-business.ts'
import { listStanding } from '../records/store.ts'
import { findWatermark } from '../records/watermark.ts'
import { tellOfAccess } from './access.ts'
import { problem, problemResponses } from './problem.ts'
import { addRoute, newRoutes, type Routes } from './routes.ts'

const referenceSchema = z.object({
  type: z.string(),
  authority: z.string(),
  document: z.string(),
  digest: z.string(),
  entry: z.int(),
})

export const organisationSchema = z
  .object({
    uscc: z.string(),
    asOf: z.object({ ledgerSize: z.int(), validAt: z.string() }),
    record: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'The published edition of the golden record' }),
    nextChangeAt: z.string().nullable(),
    provenance: z
      .record(
        z.string(),
        z.object({
          rule: z.string(),
          won: z.array(referenceSchema),
          lost: z
            .array(referenceSchema.extend({ value: z.unknown(), reason: z.string() }))
            .optional()
            .openapi({
              description:
                'Statements that were not chosen; for the roles compliance, steward and auditor alone',
            }),
        }),
      )
      .optional(),
  })
  .openapi('Organisation')

const route = createRoute({
  method: 'get',
  path: '/organisations/{uscc}',
  operationId: 'readOrganisation',
  summary: "One organisation's golden record, and where each field comes from",
  request: {
    params: z.object({ uscc: z.string() }),
    query: z.object({ provenance: z.enum(['true', 'false']).default('true') }),
  },
  responses: {
    200: { description: 'The organisation', content: { 'application/json': { schema: organisationSchema } } },
    ...problemResponses(400, 404),
  },
})

export function organisationRoutes(world: World): Routes {
  const routes = newRoutes()
  addRoute(routes, { route: route, may: 'organisation:read' }, async (context) => {
    const actor = context.get('actor')
    const parsed = parseUscc(context.req.valid('param').uscc, world.settings.policy)
    if (parsed.kind !== 'valid') return problem(context, { status: 400, code: 'USCC_INVALID', path: '/uscc' })
    const found = await readOrganisation(world, parsed.value)
    if (found === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' })
    const { provenance, ...organisation } = found
    const wanted = context.req.valid('query').provenance === 'true'
    const { uscc, asOf } = organisation
    const what = { uscc, ...asOf, provenance: wanted }
    await tellOfAccess(world, actor, { kind: 'organisation-read', what })
    const told = may(actor, 'organisation:examine') ? provenance : withoutLost(provenance)
    return context.json(
      organisationSchema.parse(wanted ? { ...organisation, provenance: told } : organisation),
      200,
    )
  })
  return routes
}

async function readOrganisation(world: World, uscc: string) {
  const ledgerSize = await findWatermark(world.store)
  const validAt = world.now()
  const held = await listStanding(world.store, { kind: 'uscc', value: uscc }, ledgerSize)
  const records = organisationRecords(uscc, held)
  if (records === undefined) return undefined
  const fused = fuse({ uscc, records, validAt, policy: world.settings.policy })
  // No name: nothing stands that may still be shown
  if (fused.record.name === null) return undefined
  return { uscc, asOf: { ledgerSize, validAt }, nextChangeAt: fused.nextChangeAt, ...publishedEdition(fused) }
}

// What narrates, and what has ended, leaves this answer as it leaves every other
function publishedEdition(fused: Fused) {
  const names = new Set<string>(fieldsOf('published').map((field) => field.name))
  const published = <T>(fields: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)))
  const provenance = Object.entries(published(fused.provenance)).map(([name, trace]) => [
    name,
    withoutEnded(trace),
  ])
  return { record: published(fused.record), provenance: Object.fromEntries(provenance) }
}

function withoutLost(provenance: Readonly<Record<string, Provenance>>) {
  return Object.fromEntries(Object.entries(provenance).map(([name, { rule, won }]) => [name, { rule, won }]))
}

function withoutEnded(trace: Provenance): Provenance {
  return { ...trace, lost: trace.lost.filter(({ reason }) => !ENDED.has(reason)) }
}

const ENDED: ReadonlySet<LossReason> = new Set<LossReason>([
  'withdrawn',
  'stated invalid',
  'validity ended',
  'publication ended',
  'held back from publication',
  'never valid',
])

import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Actor } from '../base/actor.ts'
import {
  approveCase,
  type CaseResult,
  downloadCase,
  narrowCase,
  refuseCase,
  withdrawCase,
} from '../disclosure/cases.ts'
import { commandBodies } from '../disclosure/command.ts'
import { caseStates } from '../disclosure/states.ts'
import { submitCase } from '../disclosure/submission.ts'
import { caseTimeline, listCases, readCase } from '../disclosure/view.ts'
import { type Evidence, evidenceSchema, findEvidence } from '../ledger/evidence.ts'
import type { World } from '../ports.ts'
import { type Action, may } from '../principals/may.ts'
import { caseListSchema, caseSchema, submittedSchema, timelineSchema } from './case-document.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { type ApiEnv, newRoutes, type Routes } from './routes.ts'

const json = <Schema extends z.ZodType>(schema: Schema) => ({ 'application/json': { schema } })
const params = z.object({ caseId: z.string() })
const done = {
  200: { description: 'The case as it is now', content: json(caseSchema) },
  ...problemResponses(...BODY_PROBLEMS, 404, 409, 422),
}
// Checked for no more than being an object: disclosure reads it, and has a code for each fault
const requestSchema = z.looseObject({}).openapi({ allOf: [{ $ref: '#/components/schemas/CaseRequest' }] })

const submitRoute = createRoute({
  method: 'post',
  path: '/cases',
  operationId: 'submitCase',
  summary: 'Ask for the disclosure of named fields of named organisations',
  request: { body: { required: true, content: json(requestSchema) } },
  responses: {
    ...done,
    200: { description: 'Submitted before', content: json(submittedSchema) },
    201: { description: 'Submitted', content: json(submittedSchema) },
  },
})
const listRoute = createRoute({
  method: 'get',
  path: '/cases',
  operationId: 'listCases',
  summary: 'Cases, 100 at most at once: an authority sees its own',
  request: {
    query: z.object({
      after: z
        .string()
        .regex(/^\S{24}#[0-9a-f]{32}$/)
        .optional()
        .openapi({ description: 'The `next` of the page before' }),
      limit: z.coerce.number().int().min(1).max(100).optional(),
      order: z.enum(['oldest', 'newest']).default('oldest').openapi({ description: 'Which come first' }),
      state: z.enum(caseStates).optional().openapi({
        description: 'In this state alone; a page may then hold few, or none, and have a next',
      }),
    }),
  },
  responses: {
    200: { description: 'A page of them', content: json(caseListSchema) },
    ...problemResponses(400),
  },
})
const showRoute = createRoute({
  method: 'get',
  path: '/cases/{caseId}',
  operationId: 'readCase',
  summary: 'A case as it is now',
  request: { params },
  responses: { 200: { description: 'The case', content: json(caseSchema) }, ...problemResponses(404) },
})
const timelineRoute = createRoute({
  method: 'get',
  path: '/cases/{caseId}/timeline',
  operationId: 'readTimeline',
  summary: 'Who did what, when, on what ground',
  request: { params },
  responses: { 200: { description: 'In order', content: json(timelineSchema) }, ...problemResponses(404) },
})
const evidenceRoute = createRoute({
  method: 'get',
  path: '/cases/{caseId}/evidence',
  operationId: 'readCaseEvidence',
  summary: 'The entries of all that was done about a case, each with the proof that the log has it',
  request: { params },
  responses: {
    200: { description: 'In order', content: { 'application/json': { schema: z.array(evidenceSchema) } } },
    ...problemResponses(404, 409),
  },
})
const packageRoute = createRoute({
  method: 'post',
  path: '/cases/{caseId}/download',
  operationId: 'downloadPackage',
  summary: 'The sealed package, once',
  request: { params },
  responses: {
    200: { description: 'A compact JWE', content: { 'application/jose': { schema: z.string() } } },
    ...problemResponses(404, 409),
  },
})

const commandRoute = <Name extends keyof typeof commandBodies>(name: Name, summary: string) =>
  createRoute({
    method: 'post',
    path: `/cases/{caseId}/${name}`,
    operationId: `${name}Case`,
    summary,
    request: {
      params,
      body: { required: true, content: { 'application/json': { schema: commandBodies[name] } } },
    },
    responses: done,
  })

/** Releases an approved case: extracts, seals, stores, commits. */
export type Releaser = (order: { readonly actor: Actor; readonly caseId: string }) => Promise<CaseResult>

/** `/v1/cases…`: roles are checked here, everything else about a case in disclosure's one `transition`. */
export function caseRoutes(world: World, release: Releaser): Routes {
  const routes = newRoutes()
  addReading(routes, world)
  addEvidence(routes, world)
  addCommands(routes, world, release)
  routes.openapi(submitRoute, async (context) => {
    const denied = deny(context, 'case:submit')
    if (denied !== undefined) return denied as never
    const result = await submitCase(world, {
      actor: context.get('actor'),
      request: context.req.valid('json'),
    })
    if (result.outcome === 'refused') return refusal(context, result) as never
    const { repeated } = result
    return context.json(submittedSchema.parse({ ...result.case, repeated }), repeated ? 200 : 201) as never
  })
  routes.openapi(packageRoute, async (context) => {
    const denied = deny(context, 'case:collect')
    if (denied !== undefined) return denied as never
    const { caseId } = context.req.valid('param')
    const result = await downloadCase(world, { actor: context.get('actor'), caseId })
    if (result.outcome === 'refused') return refusal(context, result) as never
    const headers = { 'content-type': 'application/jose', 'cache-control': 'no-store' }
    return context.body(Buffer.from(result.body).toString('utf8'), 200, headers) as never
  })
  return routes
}

function addReading(routes: Routes, world: World): void {
  routes.openapi(listRoute, async (context) => {
    const denied = deny(context, 'case:read')
    if (denied !== undefined) return denied as never
    const result = await listCases(world, { actor: context.get('actor'), ...context.req.valid('query') })
    if (result.outcome === 'refused') return refusal(context, result) as never
    return context.json(
      caseListSchema.parse({ cases: result.cases, next: result.next ?? null }),
      200,
    ) as never
  })
  routes.openapi(showRoute, async (context) => {
    const denied = deny(context, 'case:read')
    if (denied !== undefined) return denied as never
    const { caseId } = context.req.valid('param')
    return answer(context, await readCase(world, { actor: context.get('actor'), caseId })) as never
  })
  routes.openapi(timelineRoute, async (context) => {
    const denied = deny(context, 'case:read')
    if (denied !== undefined) return denied as never
    const { caseId } = context.req.valid('param')
    const result = await caseTimeline(world, { actor: context.get('actor'), caseId })
    if (result.outcome === 'refused') return refusal(context, result) as never
    return context.json(timelineSchema.parse({ caseId, events: result.rows }), 200) as never
  })
}

function addEvidence(routes: Routes, world: World): void {
  routes.openapi(evidenceRoute, async (context) => {
    const denied = deny(context, 'case:prove')
    if (denied !== undefined) return denied as never
    const { caseId } = context.req.valid('param')
    const result = await caseTimeline(world, { actor: context.get('actor'), caseId })
    if (result.outcome === 'refused') return refusal(context, result) as never
    const list: Evidence[] = []
    for (const { entryId } of result.rows) {
      const evidence = await findEvidence(world, entryId)
      if (evidence === undefined || evidence === 'pending')
        return problem(context, { status: 409, code: 'ENTRY_PENDING' }) as never
      list.push(evidence)
    }
    return context.json(list, 200)
  })
}

function addCommands(routes: Routes, world: World, release: Releaser): void {
  const order = (context: Context<ApiEnv>, caseId: string) => ({ actor: context.get('actor'), caseId })
  routes.openapi(
    commandRoute('approve', 'The first or the second approval of the scope named'),
    async (context) => {
      const { caseId } = context.req.valid('param')
      return decided(context, () =>
        approveCase(world, { ...order(context, caseId), ...context.req.valid('json') }),
      ) as never
    },
  )
  routes.openapi(commandRoute('narrow', 'Make the scope smaller; voids the approvals'), async (context) => {
    const { caseId } = context.req.valid('param')
    return decided(context, () =>
      narrowCase(world, { ...order(context, caseId), ...context.req.valid('json') }),
    ) as never
  })
  routes.openapi(commandRoute('refuse', 'Refuse, with a code and a reason'), async (context) => {
    const { caseId } = context.req.valid('param')
    return decided(context, () =>
      refuseCase(world, { ...order(context, caseId), ...context.req.valid('json') }),
    ) as never
  })
  routes.openapi(commandRoute('release', 'Extract what was approved and seal it'), async (context) => {
    const { caseId } = context.req.valid('param')
    return decided(context, () => release(order(context, caseId))) as never
  })
  routes.openapi(commandRoute('withdraw', 'The requester takes the request back'), async (context) => {
    const { caseId } = context.req.valid('param')
    const denied = deny(context, 'case:collect')
    return (denied ?? answer(context, await withdrawCase(world, order(context, caseId)))) as never
  })
}

// A requester who tries to decide is answered, and logged, by the case itself; other roles get no further
async function decided(context: Context<ApiEnv>, act: () => Promise<CaseResult>): Promise<Response> {
  const actor = context.get('actor')
  const reaches = may(actor, 'case:decide') || may(actor, 'case:collect')
  return reaches ? answer(context, await act()) : problem(context, { status: 403, code: 'FORBIDDEN' })
}

function deny(context: Context<ApiEnv>, action: Action): Response | undefined {
  return may(context.get('actor'), action) ? undefined : problem(context, { status: 403, code: 'FORBIDDEN' })
}

function answer(context: Context, result: CaseResult): Response {
  return result.outcome === 'refused'
    ? refusal(context, result)
    : context.json(caseSchema.parse(result.case), 200)
}

const statuses: Readonly<Record<string, ContentfulStatusCode>> = {
  CASE_NOT_FOUND: 404,
  ROLE_NOT_ALLOWED: 403,
  REQUESTER_NOT_AGENCY: 403,
  AUTHORITY_SUSPENDED: 403,
  OFFICER_OF_REQUESTING_AUTHORITY: 403,
  REQUEST_MALFORMED: 400,
  IDEMPOTENCY_KEY_REUSED: 409,
}

function refusal(
  context: Context,
  { code, reason, path }: { readonly code: string; readonly reason: string; readonly path?: string },
): Response {
  // A rule of the request brings the place of its fault; a guard of the case says which state stands against it
  const status = statuses[code] ?? (path === undefined ? 409 : 422)
  return problem(context, { status, code, title: reason, path: path || undefined })
}

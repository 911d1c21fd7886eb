import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Actor } from '../base/actor.ts'
import { actOnCase, type CaseCommand, type CaseResult, downloadCase } from '../disclosure/cases.ts'
import { commandBodies } from '../disclosure/command.ts'
import { submitCase } from '../disclosure/new-case.ts'
import { caseStates } from '../disclosure/states.ts'
import { caseTimeline, listCases, readCase } from '../disclosure/view.ts'
import { type Evidence, evidenceSchema, findEvidence } from '../ledger/evidence.ts'
import type { World } from '../ports.ts'
import { caseListSchema, caseSchema, submittedSchema, timelineSchema } from './case-schema.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { addRoute, json, newRoutes, type Routes } from './routes.ts'

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

// A requester who tries to decide is answered, and logged, by the case itself; other roles get no further
const DECIDING = ['case:decide', 'case:collect'] as const

const commands = {
  approve: { summary: 'The first or the second approval of the scope named', may: DECIDING },
  narrow: { summary: 'Make the scope smaller; voids the approvals', may: DECIDING },
  refuse: { summary: 'Refuse, with a code and a reason', may: DECIDING },
  release: { summary: 'Extract what was approved and seal it', may: DECIDING },
  withdraw: { summary: 'The requester takes the request back', may: 'case:collect' },
} as const
type CommandName = keyof typeof commands

const commandRoute = (name: CommandName) =>
  createRoute({
    method: 'post',
    path: `/cases/{caseId}/${name}`,
    operationId: `${name}Case`,
    summary: commands[name].summary,
    request: { params, body: { required: true, content: json(commandBodies[name]) } },
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
  addRoute(routes, { route: submitRoute, may: 'case:submit' }, async (context) => {
    const result = await submitCase(world, {
      actor: context.get('actor'),
      request: context.req.valid('json'),
    })
    if (result.outcome === 'refused') return refusal(context, result)
    const { repeated } = result
    return context.json(submittedSchema.parse({ ...result.case, repeated }), repeated ? 200 : 201)
  })
  addRoute(routes, { route: packageRoute, may: 'case:collect' }, async (context) => {
    const { caseId } = context.req.valid('param')
    const result = await downloadCase(world, { actor: context.get('actor'), caseId })
    if (result.outcome === 'refused') return refusal(context, result)
    const headers = { 'content-type': 'application/jose', 'cache-control': 'no-store' }
    return context.body(Buffer.from(result.body).toString('utf8'), 200, headers)
  })
  return routes
}

function addReading(routes: Routes, world: World): void {
  addRoute(routes, { route: listRoute, may: 'case:read' }, async (context) => {
    const result = await listCases(world, { actor: context.get('actor'), ...context.req.valid('query') })
    if (result.outcome === 'refused') return refusal(context, result)
    return context.json(caseListSchema.parse({ cases: result.cases, next: result.next ?? null }), 200)
  })
  addRoute(routes, { route: showRoute, may: 'case:read' }, async (context) => {
    const { caseId } = context.req.valid('param')
    return answer(context, await readCase(world, { actor: context.get('actor'), caseId }))
  })
  addRoute(routes, { route: timelineRoute, may: 'case:read' }, async (context) => {
    const { caseId } = context.req.valid('param')
    const result = await caseTimeline(world, { actor: context.get('actor'), caseId })
    if (result.outcome === 'refused') return refusal(context, result)
    return context.json(timelineSchema.parse({ caseId, events: result.rows }), 200)
  })
}

function addEvidence(routes: Routes, world: World): void {
  addRoute(routes, { route: evidenceRoute, may: 'case:prove' }, async (context) => {
    const { caseId } = context.req.valid('param')
    const result = await caseTimeline(world, { actor: context.get('actor'), caseId })
    if (result.outcome === 'refused') return refusal(context, result)
    const list: Evidence[] = []
    for (const { entryId } of result.rows) {
      const evidence = await findEvidence(world, entryId)
      if (evidence === undefined || evidence === 'pending')
        return problem(context, { status: 409, code: 'ENTRY_PENDING' })
      list.push(evidence)
    }
    return context.json(z.array(evidenceSchema).parse(list), 200)
  })
}

function addCommands(routes: Routes, world: World, release: Releaser): void {
  for (const name of Object.keys(commands) as CommandName[]) {
    addRoute(routes, { route: commandRoute(name), may: commands[name].may }, async (context) => {
      const order = { actor: context.get('actor'), caseId: context.req.valid('param').caseId }
      if (name === 'release') return answer(context, await release(order))
      // The body is by the schema of this very command
      const command = { kind: name, ...context.req.valid('json') } as CaseCommand
      return answer(context, await actOnCase(world, { ...order, command }))
    })
  }
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

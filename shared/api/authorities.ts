import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import {
  listStandings,
  resumeAuthority,
  rotateKey,
  type Standing,
  type StandingChange,
  suspendAuthority,
} from '../authorities/standing.ts'
import { instantSchema } from '../base/form.ts'
import { findPersonalData } from '../identity/personal-data.ts'
import type { World } from '../ports.ts'
import { type Authority, findAuthority, recordTypes, signingJwkSchema } from '../settings.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { type ApiEnv, addRoute, json, newRoutes, type Routes } from './routes.ts'

const keySchema = z.object({
  kid: z.string(),
  jwk: signingJwkSchema.clone(),
  notBefore: z.string(),
  notAfter: z.string().optional(),
})

export const authorityStandingSchema = z
  .object({
    code: z.string(),
    name: z.object({ zh: z.string(), en: z.string() }),
    recordTypes: z.array(z.enum(recordTypes)),
    requireSignature: z.boolean(),
    status: z.enum(['active', 'suspended']),
    suspension: z.object({ since: z.string(), reason: z.string(), by: z.string() }).optional(),
    keys: z.array(keySchema),
  })
  .openapi('AuthorityStanding')
export type AuthorityStanding = z.infer<typeof authorityStandingSchema>

const params = z.object({ code: z.string().max(40) })
const stands = { 200: { description: 'How it stands', content: json(authorityStandingSchema) } }

const listRoute = createRoute({
  method: 'get',
  path: '/authorities',
  operationId: 'listAuthorities',
  summary: 'The authorities, whether each may send, and the keys it signs with',
  responses: {
    200: { description: 'All of them', content: json(z.array(authorityStandingSchema)) },
    ...problemResponses(),
  },
})

const reason = z
  .string()
  .trim()
  .min(4)
  .max(500)
  .refine((text) => findPersonalData(text) === undefined, { message: 'holds a person’s number' })

const suspendRoute = createRoute({
  method: 'post',
  path: '/authorities/{code}/suspension',
  operationId: 'suspendAuthority',
  summary: 'Have an authority send nothing more, and its users ask for nothing new; what it sent stands',
  request: { params, body: { required: true, content: json(z.strictObject({ reason })) } },
  responses: { ...stands, ...problemResponses(...BODY_PROBLEMS, 404) },
})

const resumeRoute = createRoute({
  method: 'post',
  path: '/authorities/{code}/resumption',
  operationId: 'resumeAuthority',
  summary: 'Let a suspended authority send again',
  request: { params },
  responses: { ...stands, ...problemResponses(404) },
})

const rotationBody = z.strictObject({
  jwk: signingJwkSchema.clone().openapi({ description: 'The public half (OKP, Ed25519)' }),
  notBefore: instantSchema
    .clone()
    .optional()
    .openapi({ type: 'string', description: 'Now, where it is left out' }),
  previousUntil: instantSchema.clone().optional().openapi({
    type: 'string',
    description: 'When the keys before it end: as it begins, where it is left out',
  }),
})

const rotateRoute = createRoute({
  method: 'post',
  path: '/authorities/{code}/keys',
  operationId: 'rotateAuthorityKey',
  summary: 'Give an authority a new signing key, and those before it their end',
  request: { params, body: { required: true, content: json(rotationBody) } },
  responses: { ...stands, ...problemResponses(...BODY_PROBLEMS, 404, 409) },
})

/** `/v1/authorities…`: how each authority stands, and what operators change of it at run time. */
export function authorityRoutes(world: World): Routes {
  const routes = newRoutes()
  addRoute(routes, { route: listRoute, may: 'authority:read' }, async (context) => {
    const all = await listStandings(world)
    return context.json(
      all.map(({ authority, standing }) => describe(authority, standing)),
      200,
    )
  })
  addRoute(routes, { route: suspendRoute, may: 'authority:manage' }, async (context) => {
    const { reason } = context.req.valid('json')
    const { code: authority } = context.req.valid('param')
    const order = { authority, by: context.get('actor').name, reason }
    return answer(context, world, await suspendAuthority(world, order))
  })
  addRoute(routes, { route: resumeRoute, may: 'authority:manage' }, async (context) => {
    const { code: authority } = context.req.valid('param')
    const order = { authority, by: context.get('actor').name }
    return answer(context, world, await resumeAuthority(world, order))
  })
  addRoute(routes, { route: rotateRoute, may: 'authority:manage' }, async (context) => {
    const { code: authority } = context.req.valid('param')
    const order = { authority, by: context.get('actor').name, ...context.req.valid('json') }
    return answer(context, world, await rotateKey(world, order))
  })
  return routes
}

function answer(context: Context<ApiEnv>, { settings }: World, change: StandingChange): Response {
  if (!('standing' in change)) return problem(context, refusals[change.outcome])
  const authority = findAuthority(settings, context.req.param('code') ?? '')
  return authority === undefined
    ? problem(context, refusals.unknown)
    : context.json(describe(authority, change.standing), 200)
}

const refusals = {
  unknown: { status: 404, code: 'AUTHORITY_UNKNOWN', path: '/code' },
  'key-taken': { status: 409, code: 'KEY_TAKEN', path: '/jwk' },
  'key-period-invalid': { status: 400, code: 'KEY_PERIOD_INVALID', path: '/previousUntil' },
} as const

function describe(authority: Authority, { suspension, keys }: Standing): AuthorityStanding {
  const { code, name, recordTypes, requireSignature = false } = authority
  return authorityStandingSchema.parse({
    ...{ code, name, recordTypes, requireSignature, keys },
    ...{ status: suspension === undefined ? 'active' : 'suspended', suspension },
  })
}

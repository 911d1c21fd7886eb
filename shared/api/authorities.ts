import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import {
  listStandings,
  resumeAuthority,
  rotateKey,
  type Standing,
  type StandingChange,
  type StandingOrder,
  suspendAuthority,
} from '../authorities/standing.ts'
import { instantSchema } from '../base/form.ts'
import { findPersonalData } from '../identity/personal-data.ts'
import type { World } from '../ports.ts'
import { may } from '../principals/may.ts'
import { type Authority, findAuthority, recordTypes, signingJwkSchema } from '../settings.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { type ApiEnv, newRoutes, type Routes } from './routes.ts'

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
const json = <Schema extends z.ZodType>(schema: Schema) => ({ 'application/json': { schema } })
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
  .min(10)
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
  routes.openapi(listRoute, async (context) => {
    if (!may(context.get('actor'), 'authority:read'))
      return problem(context, { status: 403, code: 'FORBIDDEN' }) as never
    const all = await listStandings(world)
    return context.json(
      all.map(({ authority, standing }) => describe(authority, standing)),
      200,
    )
  })
  routes.openapi(suspendRoute, (context) => {
    const { reason } = context.req.valid('json')
    return changed(context, (order) => suspendAuthority(world, { ...order, reason })) as never
  })
  routes.openapi(
    resumeRoute,
    (context) => changed(context, (order) => resumeAuthority(world, order)) as never,
  )
  routes.openapi(rotateRoute, (context) => {
    const rotation = context.req.valid('json')
    return changed(context, (order) => rotateKey(world, { ...order, ...rotation })) as never
  })
  return routes

  async function changed(
    context: Context<ApiEnv>,
    act: (order: StandingOrder) => Promise<StandingChange>,
  ): Promise<Response> {
    const actor = context.get('actor')
    if (!may(actor, 'authority:manage')) return problem(context, { status: 403, code: 'FORBIDDEN' })
    const authority = findAuthority(world.settings, context.req.param('code') ?? '')
    if (authority === undefined) return problem(context, refusals.unknown)
    const change = await act({ authority: authority.code, by: actor.name })
    if ('standing' in change) return context.json(describe(authority, change.standing), 200)
    return problem(context, refusals[change.outcome])
  }
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

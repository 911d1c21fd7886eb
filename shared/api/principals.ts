import { createRoute, z } from '@hono/zod-openapi'
import type { World } from '../ports.ts'
import { may } from '../principals/may.ts'
import {
  listPrincipals,
  principalSchema,
  registerPrincipal,
  revokePrincipal,
} from '../principals/principal.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { newRoutes, type Routes } from './routes.ts'

export const storedPrincipalSchema = principalSchema
  .safeExtend({ revoked: z.boolean() })
  .openapi('StoredPrincipal')
export const revocationSchema = z.object({ name: z.string(), revoked: z.literal(true) })
const json = <Schema extends z.ZodType>(schema: Schema) => ({ 'application/json': { schema } })

const listRoute = createRoute({
  method: 'get',
  path: '/principals',
  operationId: 'listPrincipals',
  summary: 'Who may sign in, and as what',
  responses: {
    200: { description: 'All of them', content: json(z.array(storedPrincipalSchema)) },
    ...problemResponses(),
  },
})

const registerRoute = createRoute({
  method: 'post',
  path: '/principals',
  operationId: 'registerPrincipal',
  summary: 'Register a principal',
  request: { body: { required: true, content: json(principalSchema) } },
  responses: {
    200: { description: 'Registered', content: json(principalSchema) },
    ...problemResponses(...BODY_PROBLEMS, 409),
  },
})

const revokeRoute = createRoute({
  method: 'post',
  path: '/principals/{name}/revocation',
  operationId: 'revokePrincipal',
  summary: "End a principal's access at once",
  request: { params: z.object({ name: z.string() }) },
  responses: {
    200: { description: 'Revoked', content: json(revocationSchema) },
    ...problemResponses(404, 409),
  },
})

export function principalRoutes(world: World): Routes {
  const routes = newRoutes()
  routes.openapi(listRoute, async (context) => {
    if (!may(context.get('actor'), 'principal:read'))
      return problem(context, { status: 403, code: 'FORBIDDEN' }) as never
    return context.json([...(await listPrincipals(world.store))], 200)
  })
  routes.openapi(registerRoute, async (context) => {
    const actor = context.get('actor')
    if (!may(actor, 'principal:manage')) return problem(context, { status: 403, code: 'FORBIDDEN' }) as never
    const principal = context.req.valid('json')
    const result = await registerPrincipal(world, principal, actor.name)
    if (result === 'authority-unknown') {
      return problem(context, { status: 400, code: 'AUTHORITY_UNKNOWN', path: '/authority' }) as never
    }
    if (result === 'taken')
      return problem(context, { status: 409, code: 'PRINCIPAL_NAME_TAKEN', path: '/name' }) as never
    return context.json(principal, 200)
  })
  routes.openapi(revokeRoute, async (context) => {
    const actor = context.get('actor')
    if (!may(actor, 'principal:manage')) return problem(context, { status: 403, code: 'FORBIDDEN' }) as never
    const { name } = context.req.valid('param')
    const result = await revokePrincipal(world, name, actor.name)
    if (result === 'unknown') return problem(context, { status: 404, code: 'NOT_FOUND' }) as never
    if (result === 'last-operator')
      return problem(context, { status: 409, code: 'LAST_OPERATOR', path: '/name' }) as never
    return context.json({ name, revoked: true as const }, 200)
  })
  return routes
}

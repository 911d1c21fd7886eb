import { createRoute, z } from '@hono/zod-openapi'
import type { World } from '../ports.ts'
import {
  listPrincipals,
  principalSchema,
  registerPrincipal,
  revokePrincipal,
} from '../principals/principal.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { addRoute, json, newRoutes, type Routes } from './routes.ts'

export const storedPrincipalSchema = principalSchema
  .safeExtend({ revoked: z.boolean() })
  .openapi('StoredPrincipal')
export const revocationSchema = z.object({ name: z.string(), revoked: z.literal(true) })

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
  addRoute(routes, { route: listRoute, may: 'principal:read' }, async (context) => {
    return context.json(z.array(storedPrincipalSchema).parse(await listPrincipals(world.store)), 200)
  })
  addRoute(routes, { route: registerRoute, may: 'principal:manage' }, async (context) => {
    const actor = context.get('actor')
    const principal = context.req.valid('json')
    const result = await registerPrincipal(world, principal, actor.name)
    if (result === 'authority-unknown') {
      return problem(context, { status: 400, code: 'AUTHORITY_UNKNOWN', path: '/authority' })
    }
    if (result === 'taken')
      return problem(context, { status: 409, code: 'PRINCIPAL_NAME_TAKEN', path: '/name' })
    return context.json(principalSchema.parse(principal), 200)
  })
  addRoute(routes, { route: revokeRoute, may: 'principal:manage' }, async (context) => {
    const actor = context.get('actor')
    const { name } = context.req.valid('param')
    const result = await revokePrincipal(world, name, actor.name)
    if (result === 'unknown') return problem(context, { status: 404, code: 'NOT_FOUND' })
    if (result === 'last-operator')
      return problem(context, { status: 409, code: 'LAST_OPERATOR', path: '/name' })
    return context.json(revocationSchema.parse({ name, revoked: true }), 200)
  })
  return routes
}

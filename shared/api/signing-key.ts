import { createRoute, z } from '@hono/zod-openapi'
import { verifierJwk, verifierThumbprint } from '../disclosure/package.ts'
import type { World } from '../ports.ts'
import { problemResponses } from './problem.ts'
import { addRoute, newRoutes, type Routes } from './routes.ts'

export const signingKeySchema = z
  .object({
    kty: z.string(),
    crv: z.string(),
    x: z.string(),
    kid: z.string().openapi({ description: 'Its thumbprint (RFC 7638), which packages name' }),
  })
  .openapi('SigningKey')

const route = createRoute({
  method: 'get',
  path: '/signing-key',
  operationId: 'readSigningKey',
  summary: 'The public key (JWK, Ed25519) of what the service signs for requesters: disclosed packages',
  responses: {
    200: { description: 'The key', content: { 'application/json': { schema: signingKeySchema } } },
    ...problemResponses(),
  },
})

/** `/v1/signing-key`: who opens a package verifies it with this. */
export function signingKeyRoutes({ signer }: Pick<World, 'signer'>): Routes {
  const routes = newRoutes()
  addRoute(routes, { route: route, may: 'signing-key:read' }, async (context) => {
    const { verifierKey } = signer
    return context.json(
      signingKeySchema.parse({ ...verifierJwk(verifierKey), kid: verifierThumbprint(verifierKey) }),
      200,
    )
  })
  return routes
}

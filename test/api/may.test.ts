import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roles } from '../../shared/base/actor.ts'
import { type ApiHome, openApiHome, principalOf } from './home.ts'
import { describedRoutes, rights, routes } from './rights.ts'

let api: ApiHome
beforeAll(async () => {
  api = await openApiHome()
})
afterAll(() => api.close())

describe.each(rights)('$method $route', ({ method, path, roles: allowed, json }) => {
  test.each(roles)('is open to its roles alone: %s', async (role) => {
    const { status, body } = await api.send({ method, path, as: principalOf[role], json })
    const forbidden = status === 403 && body['code'] === 'FORBIDDEN'
    expect(forbidden).toBe(!allowed.includes(role))
    expect(status).toBeLessThan(500)
  })

  test('is open to nobody without a token', async () => {
    expect(await api.send({ method, path, json })).toMatchObject({ status: 401 })
  })
})

test('the table has every route that the API describes', async () => {
  expect(describedRoutes((await api.send({ path: '/openapi.json' })).body)).toEqual(routes)
})

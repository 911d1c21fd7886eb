import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHome, openApiHome } from './home.ts'

let api: ApiHome
beforeAll(async () => {
  api = await openApiHome()
})
afterAll(() => api.close())

const add = (name: string) =>
  api.send({ method: 'POST', path: '/v1/principals', as: 'operator', json: { name, role: 'operator' } })
const revoke = (name: string, as: string) =>
  api.send({ method: 'POST', path: `/v1/principals/${name}/revocation`, as })

describe('the last operator', () => {
  test('is not revoked, by nobody: no one would be left to register another', async () => {
    expect(await revoke('operator', 'operator')).toMatchObject({
      status: 409,
      body: { code: 'LAST_OPERATOR', path: '/name' },
    })
    expect(await api.send({ path: '/v1/principals', as: 'operator' })).toMatchObject({ status: 200 })
  })

  test('is whoever is left when all revoke each other at once', async () => {
    const names = ['operator', 'second', 'third']
    for (const name of names.slice(1)) expect(await add(name)).toMatchObject({ status: 200 })
    const answers = await Promise.all(
      names.map((name, at) => revoke(name, names[(at + 1) % names.length] ?? '')),
    )
    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
    const listed = await api.send({ path: '/v1/principals', as: 'auditor' })
    const principals = JSON.parse(listed.text) as readonly { role: string; revoked: boolean }[]
    expect(principals.filter(({ role, revoked }) => role === 'operator' && !revoked)).toHaveLength(1)
  })
})

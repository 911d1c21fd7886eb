import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApi } from '../../shared/api/app.ts'
import { type ApiHome, openApiHome } from './home.ts'

type Operation = {
  readonly operationId?: string
  readonly summary?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly responses: Record<string, { description?: string; content?: Record<string, { schema?: object }> }>
}
type Document = {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: object; readonly securitySchemes: object }
}

let api: ApiHome
let document: Document
beforeAll(async () => {
  api = await openApiHome()
  const answer = await api.send({ path: '/openapi.json' })
  expect(answer.status).toBe(200)
  document = answer.body as Document
})
afterAll(() => api.close())

function operations(): readonly (readonly [string, Operation])[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  )
}

describe('the description of the API', () => {
  test('is of OpenAPI 3.1 and describes its routes', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(operations().length).toBeGreaterThan(15)
    expect(document.components.securitySchemes).toHaveProperty('bearer')
  })

  test.each(['data', 'cases'] as const)('is of the whole API on the mount %s too', async (mount) => {
    const fake = { publish: () => Promise.reject(), release: () => Promise.reject() }
    const { home } = api
    const part = createApi({ world: home, verifyToken: async () => undefined, stages: fake, mount })
    expect(await (await part.request('/openapi.json')).json()).toEqual(document)
  })

  test('is made once, however often anybody asks for it', async () => {
    const ask = async () => (await api.send({ path: '/openapi.json' })).text
    expect(await ask()).toBe(await ask())
  })

  test('refers to nothing that it does not have', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    )
    expect(references.length).toBeGreaterThan(0)
    for (const reference of references) {
      const found = reference
        .split('/')
        .reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], document)
      expect(found, reference).toBeDefined()
    }
  })

  test('declares every parameter of every path, as required', () => {
    for (const [name, { parameters = [] }] of operations()) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
      const declared = parameters.filter((each) => each.in === 'path' && each.required === true)
      expect(declared.map((each) => each.name).sort(), name).toEqual(inPath.sort())
    }
  })

  test('names every operation, no two alike', () => {
    const ids = operations().map(([, { operationId }]) => operationId)
    expect(ids.every((id) => /^[a-z][A-Za-z]+$/.test(id ?? ''))).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('gives every operation a summary, an answer, and its problems as problem documents', () => {
    for (const [name, { summary, responses }] of operations()) {
      expect(summary, name).toMatch(/\w/)
      expect(
        Object.keys(responses).some((status) => status.startsWith('2')),
        name,
      ).toBe(true)
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description, `${name} ${status}`).toMatch(/\w/)
        const types = Object.keys(content ?? {})
        if (Number(status) >= 400) expect(types, `${name} ${status}`).toEqual(['application/problem+json'])
      }
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(['401', '403']))
    }
  })
})

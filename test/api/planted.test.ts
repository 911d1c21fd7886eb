import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHome, openHeldHome, principalOf, type Sent } from './home.ts'

// A resident ID in form (its check digit holds) of a division there has never been
const PERSON = '999999197001010010'

let api: ApiHome
beforeAll(async () => {
  api = await openHeldHome()
})
afterAll(() => api.close())

/** Every route there is, its parameters filled by `fill`. */
function routesWith(fill: () => string): readonly { readonly method: string; readonly path: string }[] {
  const routes = api.api.routes.filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
  return routes.map(({ method, path }) => ({ method, path: path.replaceAll(/:\w+(\{[^}]*\})?/g, fill) }))
}

async function expectQuiet(sent: Sent): Promise<void> {
  const answer = await api.send(sent)
  expect(answer.status, `${sent.method} ${sent.path}`).toBeLessThan(500)
  expect(answer.text).not.toContain(PERSON)
  expect(JSON.stringify([...answer.headers])).not.toContain(PERSON)
  expect(api.faults).toEqual([])
}

describe('a resident ID comes back from no route, whoever asks, when it stands', () => {
  test.each(Object.values(principalOf))('in path, query and headers, asked by %s', async (as) => {
    for (const { method, path } of routesWith(() => PERSON)) {
      const query = `?after=${PERSON}&provenance=${PERSON}&submissionId=${PERSON}&layout=${PERSON}&limit=${PERSON}`
      const headers = { 'x-request-id': PERSON, 'idempotency-key': PERSON, accept: PERSON }
      await expectQuiet({ method, path: path + query, as, headers })
    }
  })

  test.each(Object.values(principalOf))('in a body, as value and as name, sent by %s', async (as) => {
    for (const { method, path } of routesWith(() => 'organisations')) {
      if (method === 'GET') continue
      const json = { [PERSON]: PERSON, code: PERSON, name: PERSON, fields: [PERSON], organisations: [PERSON] }
      await expectQuiet({ method, path, as, json })
      await expectQuiet({ method, path, as, json: PERSON })
      await expectQuiet({ method, path, as, headers: { 'content-type': PERSON }, body: PERSON })
      await expectQuiet({
        ...{ method, path, as },
        headers: { 'content-type': 'application/json' },
        body: `{"${PERSON}`,
      })
    }
  })
})

test('no JSON value and no text makes a route fail', async () => {
  const principals = Object.values(principalOf)
  const request = fc.record({
    as: fc.constantFrom(...principals),
    route: fc.nat(),
    fill: fc.string({ unit: 'grapheme', maxLength: 40 }),
    body: fc.oneof(
      fc.json({ stringUnit: 'binary' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('null', '[]', '{}', '"', '\u0000', '{"__proto__":{}}'),
    ),
    type: fc.constantFrom(
      'application/json',
      'text/csv',
      'application/x-ndjson',
      'application/problem+json',
      '',
    ),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ as, route, fill, body, type }) => {
      const routes = routesWith(() => encodeURIComponent(fill) || '-')
      const { method = 'GET', path = '/' } = routes[route % routes.length] ?? {}
      const sent = method === 'GET' ? {} : { body, headers: { 'content-type': type } }
      await expectQuiet({ method, path, as, ...sent })
    }),
    { numRuns: 500 },
  )
})

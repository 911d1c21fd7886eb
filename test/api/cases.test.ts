import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { legalBases } from '../../shared/disclosure/legal-basis.ts'
import { disclosedFieldNames } from '../../shared/disclosure/scope.ts'
import { type ApiHome, caseRequest, openApiHome } from './home.ts'

const AGENCY = 'demo-market-regulator'

let api: ApiHome
const ids: string[] = []
beforeAll(async () => {
  api = await openApiHome()
  for (let n = 0; n < 5; n++) {
    const { body } = await api.send(caseRequest(AGENCY, `case-number-${n}`))
    ids.push(String(body['id']))
  }
  for (const id of [ids[1], ids[3]])
    await api.send({ method: 'POST', path: `/v1/cases/${id}/withdraw`, as: AGENCY, json: {} })
})
afterAll(() => api.close())

type Page = {
  readonly cases: readonly { readonly id: string; readonly state: string }[]
  readonly next: string | null
}

async function list(query: Readonly<Record<string, string>>): Promise<Page> {
  const { body } = await api.send({ path: `/v1/cases?${new URLSearchParams(query)}`, as: 'auditor' })
  return body as Page
}

/** The pages that follow each other to the end. */
async function pages(query: Readonly<Record<string, string>>): Promise<readonly string[][]> {
  const found: string[][] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: Page = await list(after === '' ? query : { ...query, after })
    found.push(page.cases.map(({ id }) => id))
    after = page.next
  }
  return found
}

describe('the list of cases', () => {
  test('begins with the oldest or with the newest, and its pages leave nothing out and repeat nothing', async () => {
    const oldest = (await pages({ limit: '2' })).flat()
    // Cases of one moment stand by their ids
    expect(oldest.toSorted()).toEqual(ids.toSorted())
    const newest = await pages({ limit: '2', order: 'newest' })
    expect(newest.map(({ length }) => length)).toEqual([2, 2, 1])
    expect(newest.flat()).toEqual(oldest.toReversed())
  })

  test('can be of one state alone, and its pages have as many as were asked for', async () => {
    const withdrawn = await pages({ state: 'Withdrawn', limit: '1', order: 'newest' })
    expect(withdrawn.flat().toSorted()).toEqual([ids[1], ids[3]].toSorted())
    expect(withdrawn[0]).toHaveLength(1)
    expect((await pages({ state: 'Released' })).flat()).toEqual([])
  })

  test.each([
    ['/state', { state: 'Lost' }, /none of Submitted, .*Expired/],
    ['/limit', { limit: '101' }, /more than 100/],
    ['/after', { after: 'page 2' }, /not of the form/],
    ['/order', { order: 'random' }, /none of oldest, newest/],
  ] as const)(
    'is not had for a query that is wrong at %s, and the answer tells the rule',
    async (path, query, rule) => {
      expect(await list(query as Readonly<Record<string, string>>)).toMatchObject({
        ...{ code: 'REQUEST_MALFORMED', path },
        detail: expect.stringMatching(rule),
      })
    },
  )
})

describe('what is wrong with a request is told by its rule', () => {
  const sent = caseRequest(AGENCY, 'case-with-a-fault').json as Readonly<Record<string, unknown>>

  test.each([
    ['/purpose', { purpose: 'short' }, /less than 10 characters/],
    ['/fields/1', { fields: ['name', 'phone'] }, new RegExp(disclosedFieldNames.join(', '))],
    ['/legalBasis/code', { legalBasis: { code: 'XX' } }, /CN-DSL-35, .*CN-CEL-26/],
    [
      '/window/from',
      { window: { from: '2026-02-30', to: '2026-03-01' } },
      /not a date of the form YYYY-MM-DD/,
    ],
    ['/idempotencyKey', { idempotencyKey: 'x' }, /A-Za-z0-9/],
    ['/instrument', { instrument: 'a letter' }, /object is wanted here/],
  ] as const)('at %s', async (path, change, rule) => {
    const json = { ...sent, ...change }
    const { body } = await api.send({ method: 'POST', path: '/v1/cases', as: AGENCY, json })
    expect(body).toMatchObject({ path, title: expect.stringMatching(rule) })
  })
})

test('the description has what a case may name and be, and what each answer holds', async () => {
  const text = (await api.send({ path: '/openapi.json' })).text
  const { components, paths } = JSON.parse(text)
  const { CaseRequest, Case, Timeline } = components.schemas
  expect(CaseRequest.properties.fields.items.enum).toEqual(disclosedFieldNames)
  expect(CaseRequest.properties.legalBasis.properties.code.enum).toEqual(legalBases.map(({ code }) => code))
  expect(CaseRequest.properties.purpose).toMatchObject({ minLength: 10, maxLength: 2000 })
  expect(Object.keys(Case.properties)).toContain('recipientKeyThumbprint')
  expect(Object.keys(Timeline.properties.events.items.properties)).toContain('command')
  const body = paths['/v1/cases'].post.requestBody.content['application/json'].schema
  expect(body.allOf).toEqual([{ $ref: '#/components/schemas/CaseRequest' }])
})

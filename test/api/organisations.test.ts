import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../datasets/home.ts'
import { type ApiHome, openApiHome, principalOf, recordsSent } from './home.ts'

const regulator = 'demo-market-regulator'
const bureau = 'demo-housing-bureau'

let submissions = 0

async function hold(api: ApiHome, as: string, layout: string, records: readonly object[]): Promise<void> {
  const submissionId = `org-${++submissions}`
  expect(await api.send(recordsSent({ as, submissionId, layout, records }))).toMatchObject({ status: 202 })
  await api.work()
  const { body } = await api.send({ path: `/v1/receipts/${as}/${submissionId}`, as })
  expect(body).toMatchObject({ receipt: { accepted: records.length } })
}

const registration = (n: number, cells: object = {}) => ({
  ...{ uni_social_crd_cd: codeOf(n), comp_nm: '合成样本有限公司' },
  ...cells,
})
const licence = (n: number, cells: object = {}) => ({
  ...{ XK_XDR_MC: '合成样本有限公司', XK_XDR_SHXYM: codeOf(n), XK_WSH: '许1号', XK_JDRQ: '2026-01-05' },
  ...{ XK_XKJG: '合成机关' },
  ...cells,
})

const penalty = (n: number, cells: object = {}) => ({
  ...{ CF_XDR_MC: '合成样本有限公司', CF_XDR_SHXYM: codeOf(n), CF_WSH: '罚1号', CF_CFLB: '罚款' },
  ...{ CF_CFJG: '合成机关', CF_JDRQ: '2026-01-15', CF_NR_FK: '88.8' },
  ...cells,
})

describe('of two statements of one document the API', () => {
  const other = 'demo-environment-bureau'
  let api: ApiHome
  beforeAll(async () => {
    api = await openApiHome()
    await hold(api, regulator, 'registration', [registration(1), registration(2), registration(3)])
    await hold(api, regulator, 'penalty-2018', [
      penalty(1),
      penalty(2, { CF_JDRQ: '2021-01-15' }),
      penalty(3),
    ])
    await hold(api, other, 'penalty-2018', [
      penalty(1, { CF_NR_FK: '99.9' }),
      penalty(2, { CF_JDRQ: '2021-01-15' }),
      penalty(3, { CF_GSJZQ: '2026-11-01' }),
    ])
  })
  afterAll(() => api.close())

  const provenanceOf = async (n: number, as: string) => {
    const answer = await api.send({ path: `/v1/organisations/${codeOf(n)}`, as })
    return { text: answer.text, provenance: answer.body['provenance'] as Record<string, object> }
  }

  test.each(['compliance', 'steward', 'auditor'] as const)(
    'tells a %s which lost, and its value',
    async (role) => {
      const { provenance } = await provenanceOf(1, principalOf[role])
      expect(provenance['penalties']).toMatchObject({
        won: [{ authority: other }],
        lost: [{ authority: regulator, value: { fine_yuan: '888000' } }],
      })
    },
  )

  test('tells a dataset-user where the value comes from, and no other value', async () => {
    const { text, provenance } = await provenanceOf(1, principalOf['dataset-user'])
    expect(provenance['penalties']).toMatchObject({ won: [{ authority: other }] })
    for (const trace of Object.values(provenance)) expect(trace).not.toHaveProperty('lost')
    expect(text).toContain('999000')
    expect(text).not.toContain('888000')
  })

  test.each([
    ['both have ended', 2],
    ['the last says that it has ended, though the copy does not', 3],
  ])('tells nobody anything where %s', async (_, n) => {
    const { text, provenance } = await provenanceOf(n, principalOf.steward)
    expect(provenance['penalties']).toMatchObject({ won: [], lost: [] })
    expect(text).not.toMatch(/罚1号|888000/)
  })
})

describe('where individual businesses are admitted, the API shows', () => {
  let api: ApiHome
  beforeAll(async () => {
    api = await openApiHome({ admitIndividualBusinesses: true })
    await hold(api, regulator, 'registration', [
      registration(1),
      registration(2, { comp_type: '个体工商户' }),
      registration(3, { reg_no: '３１００００-600000016' }),
      registration(4, { uni_social_crd_cd: codeOf(4, '92') }),
    ])
    await hold(api, bureau, 'licence-2018', [
      licence(1, { XK_XDR_LB: '个体工商户', XK_WSH: '误1号' }),
      licence(1),
      licence(5, { XK_XDR_LB: '个体工商户' }),
      licence(6, { XK_XDR_GSZC: '310000600000016' }),
    ])
  })
  afterAll(() => api.close())

  test.each([
    ['by the type of its registration', codeOf(2)],
    ['by the number of its registration', codeOf(3)],
    ['by its code', codeOf(4, '92')],
    ['by the class in a licence', codeOf(5)],
    ['by the registration number in a licence', codeOf(6)],
  ])('none of them, told %s', async (_, uscc) => {
    const path = `/v1/organisations/${uscc}`
    expect(await api.send({ path, as: principalOf.steward })).toMatchObject({ status: 404 })
  })

  test('an organisation of which another authority says so, without that record', async () => {
    const answer = await api.send({ path: `/v1/organisations/${codeOf(1)}`, as: principalOf.steward })
    expect(answer.body['record']).toMatchObject({ licences: [{ document_number: '许1号' }] })
    expect(answer.text).not.toContain('误1号')
  })
})

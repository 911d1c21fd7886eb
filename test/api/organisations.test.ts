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

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHome, openHeldHome } from './home.ts'

let api: ApiHome
beforeAll(async () => {
  api = await openHeldHome()
})
afterAll(() => api.close())

const read = (end: string) => api.send({ path: `/v1/datasets/organisations/versions/${end}`, as: 'analyst' })

describe('the documents of a version', () => {
  test('are its manifest, the one that comes with its files', async () => {
    const { status, body } = await read('1/manifest')
    expect({ status, version: body['version'], rows: body['rows'] }).toEqual({
      status: 200,
      version: 1,
      rows: 1,
    })
    expect((await read('latest/files')).body['manifest']).toEqual(body)
  })

  test('are its quality, the one that the manifest names by SHA-256', async () => {
    const { body } = await read('latest/quality')
    const sha = (await read('1/manifest')).body['qualitySha256']
    const stored = await api.home.objects.find({ area: 'datasets', path: `organisations/staged/${sha}.json` })
    expect(body).toEqual(JSON.parse(Buffer.from(stored?.body ?? []).toString()))
    expect(body['checks']).not.toEqual([])
  })

  test.each(['manifest', 'quality'])('are not there where there is no version: %s', async (name) => {
    expect(await read(`99/${name}`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  })
})

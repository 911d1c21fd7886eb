import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifierThumbprint } from '../../shared/disclosure/package.ts'
import { type ApiHome, openApiHome } from './home.ts'

let api: ApiHome
beforeAll(async () => {
  api = await openApiHome()
})
afterAll(() => api.close())

test('the signing key is the public half of what packages are signed with', async () => {
  const { verifierKey } = api.home.signer
  expect((await api.send({ path: '/v1/signing-key', as: 'demo-market-regulator' })).body).toEqual({
    ...{ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(verifierKey).toString('base64url') },
    kid: verifierThumbprint(verifierKey),
  })
})

import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { type SigningKey, signingKeyOf } from '../../shared/authorities/signing-key.ts'
import { type Authority, authoritySchema } from '../../shared/settings.ts'
import { authorities } from '../records/world.ts'

export type KeyPair = { readonly privateJwk: JWK; readonly publicJwk: SigningKey['jwk'] }

export async function makeKeyPair(): Promise<KeyPair> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const privateJwk = await exportJWK(privateKey)
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: privateJwk.x ?? '' } as const
  return { privateJwk, publicJwk }
}

export const LONG_AGO = '2020-01-01T00:00:00.000Z'

export function keyOf({ publicJwk }: KeyPair, notBefore = LONG_AGO, notAfter?: string): SigningKey {
  return signingKeyOf(publicJwk, { notBefore, notAfter })
}

/** The first authority of the test world, which signs with this key and has to. */
export function signing({ publicJwk }: KeyPair, more: Partial<Authority> = {}): Authority {
  return authoritySchema.parse({
    ...{ ...authorities[0], requireSignature: true },
    signingKeys: [{ jwk: publicJwk, notBefore: LONG_AGO }],
    ...more,
  })
}

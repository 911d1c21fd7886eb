import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import { z } from 'zod'

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'not 32 bytes in base64url')
const usage = {
  kid: z.string().max(200).optional(),
  use: z.literal('enc').optional(),
  alg: z.literal('ECDH-ES+A256KW').optional(),
}

/** A public JWK for ECDH-ES (RFC 7518 §6.2, RFC 8037). Strict: a private member has no place in it. */
export const recipientJwkSchema = z.discriminatedUnion('crv', [
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate, ...usage }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: coordinate, ...usage }),
])

/** The members that make the key, and no other (RFC 7638 §3.2). */
export const recipientKeySchema = z.discriminatedUnion('crv', [
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: coordinate }),
])
export type RecipientKey = z.infer<typeof recipientKeySchema>

/**
 * Reads the key in its one canonical spelling; undefined when it is no point of its curve or one that agrees on
 * no secret (X25519 points of low order), which would otherwise come out only at the release.
 */
export function parseRecipientKey(jwk: z.infer<typeof recipientJwkSchema>): RecipientKey | undefined {
  try {
    const { kty, crv, x } = jwk
    const members = jwk.crv === 'P-256' ? { kty, crv, x, y: jwk.y } : { kty, crv, x }
    const publicKey = createPublicKey({ key: members, format: 'jwk' })
    const { privateKey } =
      crv === 'P-256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('x25519')
    diffieHellman({ privateKey, publicKey })
    return recipientKeySchema.parse(publicKey.export({ format: 'jwk' }))
  } catch {
    // Why a key is unusable is no matter: the fault is the sender's, and the library's words may quote the key
    return undefined
  }
}

import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto'
import type { Jwks } from 'aws-jwt-verify/jwk'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import type { TrustedIssuer } from '../principals/token.ts'
import { readOrCreateKey } from './signer.ts'

/** Issues access tokens for a home's principals. Whoever may read the home's key file may sign in as anybody. */
export type LocalIssuer = {
  readonly trusted: TrustedIssuer
  issue(principal: string): Promise<string>
}

const ISSUER = 'https://issuer.credit-fusion.invalid'
const CLIENT_ID = 'credit-fusion'
const TTL = '1h'

/** Opens the issuer of a home on its key file (Ed25519, mode 0600), made at the first opening. */
export async function openIssuer(file: string): Promise<LocalIssuer> {
  const key = createPrivateKey(await readOrCreateKey(file))
  const jwk = await exportJWK(createPublicKey(key))
  const kid = await calculateJwkThumbprint(jwk)
  const jwks = { keys: [{ ...jwk, kid, use: 'sig', alg: 'EdDSA' }] } as Jwks
  return {
    trusted: {
      issuer: ISSUER,
      clientId: CLIENT_ID,
      jwksUri: `${ISSUER}/.well-known/jwks.json`,
      fetchJwks: async () => jwks,
    },
    issue: (principal) =>
      new SignJWT({ token_use: 'access', client_id: CLIENT_ID, username: principal })
        .setProtectedHeader({ alg: 'EdDSA', kid })
        .setIssuer(ISSUER)
        .setSubject(principal)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(TTL)
        .sign(key),
  }
}

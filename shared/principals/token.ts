import { JwtVerifier } from 'aws-jwt-verify'
import type { Jwks } from 'aws-jwt-verify/jwk'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { Failure } from '../base/failure.ts'

/**
 * Says whose token it is; undefined for every token that doesn't hold, whatever is wrong with it. Throws
 * `TOKEN_KEYS_UNAVAILABLE` (retryable) when the issuer's keys can't be had: then nobody's token is known to be bad.
 */
export type TokenVerifier = (token: string) => Promise<string | undefined>

export type TrustedIssuer = {
  readonly issuer: string
  readonly clientId: string
  /** Where the keys are published; fetched through `fetchJwks`, and again when a key id is unknown. */
  readonly jwksUri: string
  readonly fetchJwks: () => Promise<Jwks>
}

/**
 * Verifies access tokens as Amazon Cognito shapes them (`token_use` access, `client_id`), from whichever issuer the
 * deployment trusts. The token's `username` names a stored principal, which alone says what its holder may do.
 */
export function openTokenVerifier(trusted: TrustedIssuer): TokenVerifier {
  const fetcher = {
    fetch: async () => {
      const jwks = await trusted.fetchJwks().catch((cause: unknown) => {
        throw new Failure('TOKEN_KEYS_UNAVAILABLE', { retryable: true, cause })
      })
      return new TextEncoder().encode(JSON.stringify(jwks)).buffer
    },
  }
  const verifier = JwtVerifier.create(
    { issuer: trusted.issuer, audience: null, jwksUri: trusted.jwksUri },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  )
  return async (token) => {
    try {
      const { token_use, client_id, username, exp } = await verifier.verify(token)
      // The verifier looks at an end only where there is one
      const holds = token_use === 'access' && client_id === trusted.clientId && exp !== undefined
      return holds && typeof username === 'string' ? username : undefined
    } catch (fault) {
      if (fault instanceof Failure) throw fault
      // A bad signature, an unknown key, an expired or malformed token: to the caller all are one 401
      return undefined
    }
  }
}

import type { Jwks } from 'aws-jwt-verify/jwk'
import { Failure } from '../base/failure.ts'

const TIMEOUT_MS = 3_000

/** The keys that an issuer publishes. Throws retryable `JWKS_UNREACHABLE`. */
export async function fetchJwks(uri: string): Promise<Jwks> {
  try {
    const response = await fetch(uri, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (response.ok) return (await response.json()) as Jwks
    throw new Failure('JWKS_UNREACHABLE', { retryable: true, facts: { status: response.status } })
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure('JWKS_UNREACHABLE', { retryable: true, cause })
  }
}

import { CompactSign, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import { canonicalJson } from '../base/canonical.ts'
import { type Sha256, thumbprint } from '../base/digest.ts'
import { type Instant, parseInstant } from '../base/instant.ts'
import { isValidAt, type SigningKey } from './signing-key.ts'

/** Keeps a signature over a submission from being one over anything else that the key signs. */
const SIGNATURE_TYPE = 'credit-fusion-submission+jws'

const digest = z.string().regex(/^[0-9a-f]{64}$/)

const statementSchema = z.strictObject({
  schemaVersion: z.string(),
  authority: z.string(),
  submissionId: z.string(),
  layout: z.string(),
  sentAt: z.string(),
  /** Of what it says it mends, in canonical JSON: a list of places may be longer than a signature. Absent where it mends nothing. */
  mendsSha256: digest.optional(),
  sha256: digest,
})

/** What a sender signs: all that says whose submission it is, when it was sent, and by its SHA-256 what is in it. */
export type Statement = Readonly<z.infer<typeof statementSchema>>

/** A JWS has some 700 characters; past this nothing is taken for one. */
export const SIGNATURE_LIMIT = 4_096

/** A compact JWS (RFC 7515, EdDSA) whose payload is the statement in canonical JSON. */
export async function signStatement(statement: Statement, privateJwk: JWK): Promise<string> {
  const { kty = '', crv = '', x = '' } = privateJwk
  return new CompactSign(Buffer.from(canonicalJson(statementSchema.parse(statement))))
    .setProtectedHeader({ alg: 'EdDSA', kid: thumbprint({ kty, crv, x }), typ: SIGNATURE_TYPE })
    .sign(await importJWK(privateJwk, 'EdDSA'))
}

export type SignatureCode =
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_KEY_UNKNOWN'
  | 'SIGNATURE_KEY_NOT_VALID'
  | 'SIGNATURE_REBOUND'

export type Expected = {
  /** The keys of the authority that the door says it is. */
  readonly keys: readonly SigningKey[]
  /** By our own clock. */
  readonly at: Instant
  /** As the submission says of itself; its content may not be known yet. */
  readonly statement: Omit<Statement, 'sha256'>
}

/**
 * Verifies a signature over a submission; answers the SHA-256 of the content that was signed for, which is left to
 * compare. The key has to be valid when it was sent and now: a key that was taken away signs nothing for the past.
 */
export async function verifySignature(
  jws: string,
  { keys, at, statement: expected }: Expected,
): Promise<{ readonly sha256: Sha256 } | { readonly code: SignatureCode }> {
  const kid = readKid(jws)
  if (kid === undefined) return { code: 'SIGNATURE_INVALID' }
  const key = keys.find((each) => each.kid === kid)
  if (key === undefined) return { code: 'SIGNATURE_KEY_UNKNOWN' }
  const statement = await openStatement(jws, key)
  if (statement === undefined) return { code: 'SIGNATURE_INVALID' }
  const { sha256, sentAt, ...rest } = statement
  const { sentAt: expectedAt, ...others } = expected
  const isSame = canonicalJson(rest) === canonicalJson(others) && parseInstant(sentAt) === expectedAt
  if (!isSame) return { code: 'SIGNATURE_REBOUND' }
  const isValid = isValidAt(key, at) && isValidAt(key, expectedAt as Instant)
  return isValid ? { sha256: sha256 as Sha256 } : { code: 'SIGNATURE_KEY_NOT_VALID' }
}

// Strict: a header that names a key of its own, or a certificate, is none of ours
const headerSchema = z.strictObject({
  alg: z.literal('EdDSA'),
  kid: z.string(),
  typ: z.literal(SIGNATURE_TYPE),
})

function readKid(jws: string): string | undefined {
  if (jws.length > SIGNATURE_LIMIT) return undefined
  try {
    return headerSchema.safeParse(decodeProtectedHeader(jws)).data?.kid
  } catch {
    // What is no JWS is an expected no
    return undefined
  }
}

async function openStatement(jws: string, { jwk }: SigningKey): Promise<Statement | undefined> {
  try {
    const { payload } = await compactVerify(jws, await importJWK(jwk, 'EdDSA'), { algorithms: ['EdDSA'] })
    return statementSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8'))).data
  } catch {
    // A signature that does not verify is an expected no
    return undefined
  }
}

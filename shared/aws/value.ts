import type { Json } from '../base/canonical.ts'
import { type Sha256, sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'

/** Where values too large for an item or a message lie, by content. */
export type LargeValues = {
  put(sha: Sha256, body: Uint8Array): Promise<void>
  /** Undefined where there is none. */
  find(sha: Sha256): Promise<Uint8Array | undefined>
}

/** A DynamoDB item holds 400 KB with its keys and marks (Service quotas, Items); what is over this lies apart. */
const INLINE_LIMIT_BYTES = 300_000

/**
 * A value in one string: `=` and a well-formed text as it is, `@` and the SHA-256 of what lies apart, or JSON, which
 * begins with neither. A large value is stored before it is referred to; a crash in between leaves what nobody names.
 */
export async function encodeValue(value: Json, large: LargeValues): Promise<string> {
  const encoded = encodeInline(value)
  if (encoded.length * UTF8_BYTES_PER_UNIT <= INLINE_LIMIT_BYTES) return encoded
  const body = Buffer.from(encoded)
  if (body.length <= INLINE_LIMIT_BYTES) return encoded
  const sha = sha256(body)
  await large.put(sha, body)
  return `@${sha}`
}

/** Throws `VALUE_MISSING`, and `VALUE_CORRUPT` for a body that is not of its name. */
export async function decodeValue(encoded: string, large: LargeValues): Promise<Json> {
  if (!encoded.startsWith('@')) return decodeInline(encoded)
  const sha = encoded.slice(1) as Sha256
  const body = await large.find(sha)
  if (body === undefined) throw new Failure('VALUE_MISSING', { retryable: true, facts: { sha256: sha } })
  if (sha256(body) !== sha) throw new Failure('VALUE_CORRUPT', { retryable: false, facts: { sha256: sha } })
  return decodeInline(Buffer.from(body).toString('utf8'))
}

// Records come as canonical JSON in a text: escaped all over again they would be a tenth larger
function encodeInline(value: Json): string {
  return typeof value === 'string' && value.isWellFormed() ? `=${value}` : JSON.stringify(value)
}

function decodeInline(encoded: string): Json {
  return encoded.startsWith('=') ? encoded.slice(1) : JSON.parse(encoded)
}

// A UTF-16 unit is at most three bytes of UTF-8
const UTF8_BYTES_PER_UNIT = 3

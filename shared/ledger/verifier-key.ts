import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { Failure } from '../base/failure.ts'
import { formatBase64, parseBase64 } from './encoding.ts'
import { type Refusal, refuse } from './refusal.ts'

/** The signature types verified here, with the byte each is known by (signed-note, "Signature types"). */
export const signatureTypes = { ed25519: 0x01, 'ecdsa-p256': 0x02, cosignature: 0x04 } as const
export type SignatureType = keyof typeof signatureTypes

/** A public key under the name it signs with. Name and id together are what a signature line says of its key. */
export type VerifierKey<Type extends SignatureType = SignatureType> = {
  readonly name: string
  readonly type: Type
  /** Eight lower-case hexadecimal digits. */
  readonly id: string
  /** 32 bytes (RFC 8032), or for ECDSA the SPKI in DER. */
  readonly publicKey: Uint8Array
}

/** A key under a name. Throws `KEY_NAME_INVALID` or `PUBLIC_KEY_INVALID`. */
export function verifierKey<Type extends SignatureType>(
  name: string,
  type: Type,
  publicKey: Uint8Array,
): VerifierKey<Type> {
  if (!isKeyName(name)) throw new Failure('KEY_NAME_INVALID', { retryable: false })
  if (openKey(type, publicKey) === undefined) throw new Failure('PUBLIC_KEY_INVALID', { retryable: false })
  return { name, type, id: keyId(name, type, publicKey), publicKey }
}

/** Neither empty nor with a Unicode space or plus (signed-note, "Format"). */
export function isKeyName(name: string): boolean {
  return KEY_NAME.test(name) && name.isWellFormed()
}

const KEY_NAME = /^[^\p{White_Space}+]+$/u

// SHA-256(name ‖ 0x0A ‖ type ‖ key)[:4]; of ECDSA SHA-256(SPKI)[:4] (signed-note, "Signatures", "Signature types")
function keyId(name: string, type: SignatureType, publicKey: Uint8Array): string {
  const named = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(signatureTypes[type]), publicKey])
  return hash('sha256', type === 'ecdsa-p256' ? publicKey : named, 'hex').slice(0, 8)
}

/** `<name>+<id>+base64(type ‖ key)` (signed-note, "Verifier keys"). */
export function formatVerifierKey({ name, type, id, publicKey }: VerifierKey): string {
  return `${name}+${id}+${formatBase64(Buffer.concat([Buffer.of(signatureTypes[type]), publicKey]))}`
}

/** Reads what `formatVerifierKey` writes. Refuses with `VERIFIER_KEY_…`. */
export function parseVerifierKey(
  text: string,
): { readonly outcome: 'parsed'; readonly key: VerifierKey } | Refusal {
  const [, name = '', id = '', encoded = ''] = VERIFIER_KEY.exec(text) ?? []
  const bytes = parseBase64(encoded)
  if (!isKeyName(name) || bytes === undefined) return refuse('VERIFIER_KEY_MALFORMED')
  const type = typesByByte.get(bytes[0])
  if (type === undefined) return refuse('VERIFIER_KEY_TYPE_UNKNOWN')
  const publicKey = bytes.subarray(1)
  if (openKey(type, publicKey) === undefined) return refuse('VERIFIER_KEY_MALFORMED')
  if (keyId(name, type, publicKey) !== id) return refuse('VERIFIER_KEY_ID_WRONG')
  return { outcome: 'parsed', key: { name, type, id, publicKey } }
}

const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/

const typesByByte: ReadonlyMap<number | undefined, SignatureType> = new Map(
  (Object.keys(signatureTypes) as SignatureType[]).map((type) => [signatureTypes[type], type]),
)

/** Whether a signature over these very bytes is by this key: Ed25519 (RFC 8032), or ECDSA over SHA-256 in DER. */
export function isSignedBy(key: VerifierKey, message: Uint8Array, signature: Uint8Array): boolean {
  const opened = openKey(key.type, key.publicKey)
  if (opened === undefined) return false
  return verify(key.type === 'ecdsa-p256' ? 'sha256' : null, message, opened, signature)
}

function openKey(type: SignatureType, publicKey: Uint8Array): KeyObject | undefined {
  if (type === 'ecdsa-p256') return openSpki(publicKey)
  if (publicKey.length !== 32) return undefined
  const x = Buffer.from(publicKey).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

function openSpki(der: Uint8Array): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    // Whatever OpenSSL has against the bytes, they are no key
    return undefined
  }
}

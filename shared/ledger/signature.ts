import type { EcdsaSigner, Signer } from '../ports.ts'
import { formatBase64, parseBase64 } from './encoding.ts'
import { isKeyName, type VerifierKey, verifierKey } from './verifier-key.ts'

/** What a signature line says: whose it is, by name and key id, and the bytes, whose form is the key type's own. */
export type Signature = Pick<VerifierKey, 'name' | 'id'> & { readonly bytes: Uint8Array }

/** A signer under the name it signs with: Ed25519 if nothing else is said. */
export type NamedSigner = {
  readonly name: string
  readonly signer: Signer | EcdsaSigner
  readonly type?: 'ed25519' | 'ecdsa-p256'
}

/** Throws `KEY_NAME_INVALID` or `PUBLIC_KEY_INVALID`. */
export function verifierKeyOf({ name, signer, type = 'ed25519' }: NamedSigner): VerifierKey {
  return verifierKey(name, type, signer.verifierKey)
}

/** Signs a text (signed-note, "Signatures"; for both types its very bytes). Throws as `verifierKeyOf` does. */
export async function signText(text: string, by: NamedSigner): Promise<Signature> {
  const { name, id } = verifierKeyOf(by)
  return { name, id, bytes: await by.signer.sign(Buffer.from(text)) }
}

/** `— <name> base64(id ‖ signature)`, without the newline that follows it (signed-note, "Signatures"). */
export function formatSignature({ name, id, bytes }: Signature): string {
  return `— ${name} ${formatBase64(Buffer.concat([Buffer.from(id, 'hex'), bytes]))}`
}

/** Reads what `formatSignature` writes; undefined for any other line. */
export function parseSignature(line: string): Signature | undefined {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? []
  const bytes = parseBase64(encoded)
  if (!isKeyName(name) || bytes === undefined || bytes.length <= ID_BYTES) return undefined
  return { name, id: bytes.toString('hex', 0, ID_BYTES), bytes: bytes.subarray(ID_BYTES) }
}

// U+2014, the em dash
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([^ ]+)$/
const ID_BYTES = 4

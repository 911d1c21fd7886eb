import type { Signer } from '../ports.ts'
import type { Signature } from './signature.ts'
import { isSignedBy, type VerifierKey, verifierKey } from './verifier-key.ts'

/** A witness, or whoever else states when it saw a checkpoint. */
export type Cosigner = VerifierKey<'cosignature'>

export function isCosigner(key: VerifierKey): key is Cosigner {
  return key.type === 'cosignature'
}

/**
 * Signs a checkpoint's body as of a time: what a witness does once it has seen that the log only grew.
 * The bytes are time ‖ Ed25519, the time a big-endian uint64 (tlog-cosignature, "Format").
 */
export async function cosign(
  body: string,
  by: { readonly name: string; readonly signer: Signer; readonly timeSeconds: number },
): Promise<Signature> {
  const { name, id } = verifierKey(by.name, 'cosignature', by.signer.verifierKey)
  const time = Buffer.allocUnsafe(TIME_BYTES)
  time.writeBigUInt64BE(BigInt(by.timeSeconds))
  const signature = await by.signer.sign(cosignedMessage(body, by.timeSeconds))
  return { name, id, bytes: Buffer.concat([time, signature]) }
}

/** When the cosigner saw this body, in seconds since 1970; undefined if it did not sign these bytes. */
export function verifyCosignature(by: Cosigner, body: string, bytes: Uint8Array): number | undefined {
  if (bytes.length !== TIME_BYTES + ED25519_BYTES) return undefined
  const timeSeconds = Number(Buffer.from(bytes).readBigUInt64BE())
  // Verifiers may refuse the future, and a time that is no exact number lies 285 million years ahead
  if (!Number.isSafeInteger(timeSeconds)) return undefined
  const isItsOwn = isSignedBy(by, cosignedMessage(body, timeSeconds), bytes.subarray(TIME_BYTES))
  return isItsOwn ? timeSeconds : undefined
}

// tlog-cosignature, "Ed25519 signed message"
function cosignedMessage(body: string, timeSeconds: number): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${body}`)
}

const TIME_BYTES = 8
const ED25519_BYTES = 64

import { generateKeyPairSync, sign } from 'node:crypto'
import type { Signer } from '../shared/ports.ts'

/** A signer with a key of its own, in memory. */
export function openMemorySigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return {
    verifierKey: Buffer.from(x, 'base64url'),
    sign: async (message) => sign(null, message, privateKey),
  }
}

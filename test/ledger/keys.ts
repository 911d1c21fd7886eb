import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { parseVerifierKey, type VerifierKey } from '../../shared/ledger/verifier-key.ts'
import type { EcdsaSigner, Signer } from '../../shared/ports.ts'
import corpus from './corpus/notes.json' with { type: 'json' }

/** The Ed25519 signer of a name in the corpus: its seed is the SHA-256 of `seed of <name>`. */
export function signerOf(name: string): Signer {
  const seed = createHash('sha256').update(`seed of ${name}`).digest()
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return {
    verifierKey: Buffer.from(x, 'base64url'),
    sign: async (message) => sign(null, message, key),
  }
}

/** The verifier key of a name in the corpus. */
export function keyOf(name: string): VerifierKey {
  const parsed = parseVerifierKey(corpus.keys.find((each) => each.name === name)?.vkey ?? '')
  if (parsed.outcome === 'refused') throw new Error(`The corpus has no key of ${name}`)
  return parsed.key
}

/** A second signer with a key of its own, in memory. */
export function openEcdsaSigner(): EcdsaSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    verifierKey: publicKey.export({ format: 'der', type: 'spki' }),
    sign: async (message) => sign('sha256', message, privateKey),
  }
}

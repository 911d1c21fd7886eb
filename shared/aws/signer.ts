import { createPublicKey } from 'node:crypto'
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { Failure } from '../base/failure.ts'
import type { Signer } from '../ports.ts'
import { translated } from './fault.ts'

/** A signer on a KMS key of spec ECC_NIST_EDWARDS25519: the private half never leaves the service. */
export async function openSigner(client: KMSClient, keyId: string): Promise<Signer> {
  const verifierKey = await translated('SIGNER', () => readVerifierKey(client, keyId))
  return {
    verifierKey,
    sign: (message) =>
      translated('SIGNER', async () => {
        const { Signature } = await client.send(
          new SignCommand({
            KeyId: keyId,
            Message: message,
            MessageType: 'RAW',
            SigningAlgorithm: 'ED25519_SHA_512',
          }),
        )
        if (Signature === undefined) throw new Failure('SIGNER_FAILED', { retryable: false })
        return Signature
      }),
  }
}

async function readVerifierKey(client: KMSClient, keyId: string): Promise<Uint8Array> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }))
  const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
  const { x } = key.export({ format: 'jwk' })
  return Buffer.from(x ?? '', 'base64url')
}

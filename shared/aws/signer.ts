import { createPublicKey } from 'node:crypto'
import {
  GetPublicKeyCommand,
  type KMSClient,
  SignCommand,
  type SigningAlgorithmSpec,
} from '@aws-sdk/client-kms'
import { Failure } from '../base/failure.ts'
import type { EcdsaSigner, Signer } from '../ports.ts'
import { translated } from './fault.ts'

/** A signer on a KMS key of spec ECC_NIST_EDWARDS25519: the private half never leaves the service. */
export async function openSigner(client: KMSClient, keyId: string): Promise<Signer> {
  const spki = await translated('SIGNER', () => readPublicKey(client, keyId))
  const { x } = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({ format: 'jwk' })
  return {
    verifierKey: Buffer.from(x ?? '', 'base64url'),
    sign: (message) => sign(client, { keyId, message, algorithm: 'ED25519_SHA_512' }),
  }
}

/** As `openSigner`, on a key of spec ECC_NIST_P256. */
export async function openEcdsaSigner(client: KMSClient, keyId: string): Promise<EcdsaSigner> {
  return {
    verifierKey: await translated('SIGNER', () => readPublicKey(client, keyId)),
    sign: (message) => sign(client, { keyId, message, algorithm: 'ECDSA_SHA_256' }),
  }
}

type Signing = {
  readonly keyId: string
  readonly message: Uint8Array
  readonly algorithm: SigningAlgorithmSpec
}

function sign(client: KMSClient, { keyId, message, algorithm }: Signing): Promise<Uint8Array> {
  return translated('SIGNER', async () => {
    const { Signature } = await client.send(
      new SignCommand({
        KeyId: keyId,
        Message: message,
        MessageType: 'RAW',
        SigningAlgorithm: algorithm,
      }),
    )
    if (Signature === undefined) throw new Failure('SIGNER_FAILED', { retryable: false })
    return Signature
  })
}

async function readPublicKey(client: KMSClient, keyId: string): Promise<Buffer> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }))
  return Buffer.from(PublicKey ?? [])
}

import { generateKeyPairSync, sign as signLocally, verify } from 'node:crypto'
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { openEcdsaSigner, openSigner } from '../../shared/aws/signer.ts'

const client = mockClient(KMSClient)
const kms = new KMSClient({ region: 'us-east-1' })
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const message = Buffer.from('to be signed')

beforeEach(() => {
  client.reset()
  client
    .on(GetPublicKeyCommand)
    .resolves({ PublicKey: publicKey.export({ format: 'der', type: 'spki' }) as Uint8Array })
})

const faults = [
  ['ThrottlingException', 400, 'SIGNER_BUSY'],
  ['KMSInternalException', 500, 'SIGNER_BUSY'],
  ['DependencyTimeoutException', 503, 'SIGNER_BUSY'],
  ['TimeoutError', 0, 'SIGNER_BUSY'],
  ['AccessDeniedException', 400, 'SIGNER_FAILED'],
  ['DisabledException', 400, 'SIGNER_FAILED'],
  ['KMSInvalidStateException', 400, 'SIGNER_FAILED'],
] as const

function fault(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error('quotes what was to be signed'), { name, $metadata: { httpStatusCode } })
}

describe('a signer', () => {
  test('shows the 32 bytes of its key and answers what KMS signed, of the message itself', async () => {
    client.on(SignCommand).callsFake(({ Message }) => ({ Signature: signLocally(null, Message, privateKey) }))
    const signer = await openSigner(kms, 'key')
    expect(Buffer.from(signer.verifierKey).toString('base64url')).toBe(publicKey.export({ format: 'jwk' }).x)
    expect(Buffer.from(await signer.sign(message))).toEqual(signLocally(null, message, privateKey))
    expect(client.commandCalls(SignCommand)[0]?.args[0].input).toMatchObject({ MessageType: 'RAW' })
  })

  test.each(faults)(
    'that KMS answers with %s (%i) is %s, and signs when KMS does',
    async (name, status, code) => {
      client
        .on(SignCommand)
        .rejectsOnce(fault(name, status))
        .resolves({ Signature: Buffer.alloc(64) })
      const signer = await openSigner(kms, 'key')
      const retryable = code === 'SIGNER_BUSY'
      await expect(signer.sign(message)).rejects.toMatchObject({ code, retryable })
      expect(await signer.sign(message)).toHaveLength(64)
    },
  )

  test.each(faults)('whose key is answered with %s (%i) is not opened: %s', async (name, status, code) => {
    client.on(GetPublicKeyCommand).rejects(fault(name, status))
    await expect(openSigner(kms, 'key')).rejects.toMatchObject({ code, retryable: code === 'SIGNER_BUSY' })
  })

  test('on a key of the other kind shows it as SPKI, and answers ECDSA signatures of the message itself', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
    client.on(GetPublicKeyCommand).resolves({ PublicKey: spki })
    client.on(SignCommand).callsFake(({ Message }) => ({
      Signature: signLocally('sha256', Message, pair.privateKey),
    }))
    const signer = await openEcdsaSigner(kms, 'key')
    expect(Buffer.from(signer.verifierKey)).toEqual(spki)
    expect(verify('sha256', message, pair.publicKey, await signer.sign(message))).toBe(true)
    expect(client.commandCalls(SignCommand)[0]?.args[0].input).toMatchObject({
      MessageType: 'RAW',
      SigningAlgorithm: 'ECDSA_SHA_256',
    })
  })

  test('takes no answer without a signature for one', async () => {
    client.on(SignCommand).resolves({})
    await expect((await openSigner(kms, 'key')).sign(message)).rejects.toMatchObject({
      code: 'SIGNER_FAILED',
    })
  })
})

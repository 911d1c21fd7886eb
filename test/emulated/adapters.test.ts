import { createPublicKey, verify } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openLargeValues } from '../../shared/aws/large-values.ts'
import { openObjects } from '../../shared/aws/objects.ts'
import { decodeMessage, openQueue } from '../../shared/aws/queue.ts'
import { openEcdsaSigner, openSigner } from '../../shared/aws/signer.ts'
import { openStore } from '../../shared/aws/store.ts'
import { objectsContract } from '../contract/objects.ts'
import { queueContract } from '../contract/queue.ts'
import { signerContract } from '../contract/signer.ts'
import { storeContract } from '../contract/store.ts'
import { costs } from './costs.ts'
import { describeEmulated } from './emulator.ts'
import {
  createAreas,
  createBucket,
  createQueue,
  createTables,
  openEmulator,
  s3As,
  type TestEmulator,
} from './resources.ts'

// A machine that does much else at once takes many times what this takes alone
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

describeEmulated('on the emulator', () => {
  let emulator: TestEmulator
  beforeAll(async () => {
    emulator = await openEmulator()
  })
  afterAll(() => emulator?.close())

  storeContract('DynamoDB', async () => {
    const client = new DynamoDBClient()
    const names = await createTables(client)
    const large = openLargeValues({ client: s3As(), bucket: await createBucket() })
    return { store: openStore({ client, names, large }), close: async () => client.destroy() }
  })

  objectsContract('S3', async () => {
    const names = await createAreas()
    const read = async (link: string): Promise<Uint8Array> => {
      const response = await fetch(link)
      if (!response.ok) throw new Error(`${response.status}`)
      return new Uint8Array(await response.arrayBuffer())
    }
    return { objects: openObjects({ client: s3As(), names }), read, close: async () => {} }
  })

  queueContract('SQS', async () => {
    const client = new SQSClient()
    const large = openLargeValues({ client: s3As(), bucket: await createBucket() })
    const url = await createQueue(client)
    return {
      queue: openQueue({ client, url, large }),
      receive: async () => {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
        )
        for (const { ReceiptHandle } of Messages)
          await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }))
        return Promise.all(Messages.map(({ Body = '' }) => decodeMessage(Body, large)))
      },
      close: async () => client.destroy(),
    }
  })

  signerContract('KMS', async () => {
    const client = new KMSClient()
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' }),
    )
    return { signer: await openSigner(client, KeyMetadata?.KeyId ?? ''), close: async () => client.destroy() }
  })

  test("KMS signs by the log's second key too, and what it signs verifies by what it shows", async () => {
    const client = new KMSClient()
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    )
    const signer = await openEcdsaSigner(client, KeyMetadata?.KeyId ?? '')
    const message = Buffer.from('a checkpoint')
    const key = createPublicKey({ key: Buffer.from(signer.verifierKey), format: 'der', type: 'spki' })
    expect(verify('sha256', message, key, await signer.sign(message))).toBe(true)
  })

  describe('what a submission costs', costs)
})

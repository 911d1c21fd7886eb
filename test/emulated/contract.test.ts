import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll } from 'vitest'
import { openLargeValues } from '../../shared/aws/large-values.ts'
import { openObjects } from '../../shared/aws/objects.ts'
import { decodeMessage, openQueue } from '../../shared/aws/queue.ts'
import { openSigner } from '../../shared/aws/signer.ts'
import { openStore } from '../../shared/aws/store.ts'
import { areas, tables } from '../../shared/ports.ts'
import { objectsContract } from '../contract/objects.ts'
import { queueContract } from '../contract/queue.ts'
import { signerContract } from '../contract/signer.ts'
import { storeContract } from '../contract/store.ts'
import { describeEmulated, openEmulator, type TestEmulator } from './emulator.ts'

describeEmulated('on the emulator', () => {
  let emulator: TestEmulator
  beforeAll(async () => {
    emulator = await openEmulator()
  }, 180_000)
  afterAll(() => emulator.close())

  storeContract('DynamoDB', async () => {
    const client = new DynamoDBClient()
    const names = await createTables(client)
    const large = openLargeValues({ client: s3(), bucket: await createBucket() })
    return { store: openStore({ client, names, large }), close: async () => client.destroy() }
  })

  objectsContract('S3', async () => {
    const bucket = await createBucket()
    const names = Object.fromEntries(areas.map((area) => [area, bucket])) as Record<
      (typeof areas)[number],
      string
    >
    const read = async (link: string): Promise<Uint8Array> => {
      const response = await fetch(link)
      if (!response.ok) throw new Error(`${response.status}`)
      return new Uint8Array(await response.arrayBuffer())
    }
    return { objects: openObjects({ client: s3(), names }), read, close: async () => {} }
  })

  queueContract('SQS', async () => {
    const client = new SQSClient()
    const large = openLargeValues({ client: s3(), bucket: await createBucket() })
    const { QueueUrl: url = '' } = await client.send(
      new CreateQueueCommand({ QueueName: `contract-${randomUUID()}` }),
    )
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
})

function s3(): S3Client {
  return new S3Client({ forcePathStyle: true })
}

async function createBucket(): Promise<string> {
  const bucket = `contract-${randomUUID()}`
  await s3().send(new CreateBucketCommand({ Bucket: bucket }))
  return bucket
}

async function createTables(client: DynamoDBClient): Promise<Record<(typeof tables)[number], string>> {
  const prefix = `contract-${randomUUID()}`
  for (const table of tables) {
    await client.send(
      new CreateTableCommand({
        TableName: `${prefix}-${table}`,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'partition', KeyType: 'HASH' },
          { AttributeName: 'sort', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'partition', AttributeType: 'S' },
          { AttributeName: 'sort', AttributeType: 'S' },
        ],
      }),
    )
  }
  return { records: `${prefix}-records`, cases: `${prefix}-cases`, ledger: `${prefix}-ledger` }
}

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Credentials } from '../../emulator/accounts.ts'
import { type Emulator, startEmulator, stopEmulator } from '../../emulator/process.ts'
import { useEmulator } from '../../emulator/stack.ts'
import { type Area, areas, type Table, tables } from '../../shared/ports.ts'
import { TOOLS } from './prepare.ts'

export type TestEmulator = Emulator & { readonly directory: string; close(): Promise<void> }

/** An emulator of this caller's own, to which every client of this process talks, as the account's root. */
export async function openEmulator(): Promise<TestEmulator> {
  const directory = await mkdtemp(join(tmpdir(), 'emulator-'))
  const emulator = await startEmulator({ tools: TOOLS, directory })
  useEmulator(emulator)
  const close = async (): Promise<void> => {
    await stopEmulator(directory)
    await rm(directory, { recursive: true, force: true })
  }
  return { ...emulator, directory, close }
}

/** A client of S3 as somebody; as the account's root where nobody is named. */
export function s3As(credentials?: Credentials): S3Client {
  return new S3Client({ forcePathStyle: true, ...(credentials && { credentials }) })
}

/** A bucket of this caller's own. */
export async function createBucket(): Promise<string> {
  const bucket = `adapters-${randomUUID()}`
  await s3As().send(new CreateBucketCommand({ Bucket: bucket }))
  return bucket
}

/** One bucket for every area. */
export async function createAreas(): Promise<Record<Area, string>> {
  const bucket = await createBucket()
  return Object.fromEntries(areas.map((area) => [area, bucket])) as Record<Area, string>
}

/** A queue of this caller's own; answers its address. */
export async function createQueue(client: SQSClient): Promise<string> {
  const { QueueUrl = '' } = await client.send(
    new CreateQueueCommand({ QueueName: `adapters-${randomUUID()}` }),
  )
  return QueueUrl
}

/** The three tables, keyed as deployed. */
export async function createTables(client: DynamoDBClient): Promise<Record<Table, string>> {
  const names = tables.map((table) => [table, `adapters-${randomUUID()}-${table}`] as const)
  for (const [, TableName] of names) {
    await client.send(
      new CreateTableCommand({
        TableName,
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
  return Object.fromEntries(names) as Record<Table, string>
}

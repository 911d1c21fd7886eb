import { randomUUID } from 'node:crypto'
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type Area, areas, type Table, tables } from '../../shared/ports.ts'
import { s3As } from './deployed.ts'

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

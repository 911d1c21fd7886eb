import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  IdempotentParameterMismatchException,
  InternalServerError,
  ItemCollectionSizeLimitExceededException,
  ProvisionedThroughputExceededException,
  QueryCommand,
  RequestLimitExceeded,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../shared/aws/store.ts'
import type { LargeValues } from '../../shared/aws/value.ts'
import type { Json } from '../../shared/base/canonical.ts'
import type { Instant } from '../../shared/base/instant.ts'
import type { Addition, Entry, Key } from '../../shared/ports.ts'

const client = mockClient(DynamoDBClient)
beforeEach(() => client.reset())

const stored = new Map<string, Uint8Array>()
const large: LargeValues = {
  put: async (sha, body) => void stored.set(sha, body),
  find: async (sha) => stored.get(sha),
}
const names = { records: 'records', cases: 'cases', ledger: 'ledger' }
const store = openStore({ client: new DynamoDBClient({ region: 'us-east-1' }), names, large })

const key: Key = { table: 'records', partition: 'org#1', sort: 'a' }
const entry: Entry = { id: 'e1', kind: 'tested', at: '2026-11-23T08:00:00.000Z' as Instant, payload: null }
const write = { key, value: 1, when: 'absent' as const }
const metadata = { $metadata: { httpStatusCode: 400 }, message: 'quotes 91330203YY0000079F' }

function cancelled(...codes: readonly string[]): TransactionCanceledException {
  return new TransactionCanceledException({
    ...metadata,
    CancellationReasons: codes.map((Code) => ({ Code })),
  })
}

describe('a commit that DynamoDB cancels', () => {
  test.each([
    ['repeated', ['ConditionalCheckFailed', 'None', 'None']],
    ['repeated', ['ConditionalCheckFailed', 'None', 'ConditionalCheckFailed']],
    ['repeated', ['ConditionalCheckFailed', 'None', 'TransactionConflict']],
    ['conflict', ['None', 'None', 'ConditionalCheckFailed']],
    ['conflict', ['None', 'ConditionalCheckFailed', 'None']],
  ])('is %s for the reasons %j: entry, outbox, write', async (answer, codes) => {
    client.on(TransactWriteItemsCommand).rejects(cancelled(...codes))
    expect(await store.commit([write], entry)).toBe(answer)
  })

  test.each([
    ['TransactionConflict', 'STORE_BUSY', true],
    ['ThrottlingError', 'STORE_BUSY', true],
    ['ProvisionedThroughputExceeded', 'STORE_BUSY', true],
    ['ItemCollectionSizeLimitExceeded', 'STORE_FAILED', false],
    ['ValidationError', 'STORE_FAILED', false],
  ])(
    'for %s is no answer but %s: whether its conditions hold is not known',
    async (reason, code, retryable) => {
      client.on(TransactWriteItemsCommand).rejects(cancelled('None', 'None', reason))
      await expect(store.commit([write], entry)).rejects.toMatchObject({ code, retryable })
    },
  )

  test('for a conflict beside a condition that does not hold is to be tried again', async () => {
    client
      .on(TransactWriteItemsCommand)
      .rejects(cancelled('None', 'TransactionConflict', 'ConditionalCheckFailed'))
    await expect(store.commit([write], entry)).rejects.toMatchObject({ code: 'STORE_BUSY' })
  })

  test('is one transaction of entry, outbox and writes, whatever their number', async () => {
    client.on(TransactWriteItemsCommand).resolves({})
    await store.commit([write, { ...write, key: { ...key, sort: 'b' } }], entry)
    const [call] = client.commandCalls(TransactWriteItemsCommand)
    expect(call?.args[0].input.TransactItems?.map(({ Update }) => Update?.TableName)).toEqual([
      'ledger',
      'ledger',
      'records',
      'records',
    ])
  })
})

describe('a commit that is stored but reported failed', () => {
  test('is told as repeated when it is tried again', async () => {
    client
      .on(TransactWriteItemsCommand)
      .rejectsOnce(Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }))
      .rejects(cancelled('ConditionalCheckFailed', 'ConditionalCheckFailed', 'ConditionalCheckFailed'))
    await expect(store.commit([write], entry)).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
    expect(await store.commit([write], entry)).toBe('repeated')
  })

  test('is busy while DynamoDB still works on it, and then told as repeated', async () => {
    client
      .on(TransactWriteItemsCommand)
      .rejectsOnce(new TransactionInProgressException(metadata))
      .rejects(cancelled('ConditionalCheckFailed', 'ConditionalCheckFailed', 'ConditionalCheckFailed'))
    await expect(store.commit([write], entry)).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
    expect(await store.commit([write], entry)).toBe('repeated')
  })
})

describe('a fault of DynamoDB', () => {
  test.each([
    [new TransactionConflictException(metadata), 'STORE_BUSY'],
    [new RequestLimitExceeded(metadata), 'STORE_BUSY'],
    [new InternalServerError({ ...metadata, $metadata: { httpStatusCode: 500 } }), 'STORE_BUSY'],
    [new ResourceNotFoundException(metadata), 'STORE_FAILED'],
    [new IdempotentParameterMismatchException(metadata), 'STORE_FAILED'],
    [new ItemCollectionSizeLimitExceededException(metadata), 'STORE_FAILED'],
    [new ProvisionedThroughputExceededException(metadata), 'STORE_BUSY'],
    [Object.assign(new Error('x'), { name: 'ThrottlingException' }), 'STORE_BUSY'],
    [Object.assign(new Error('x'), { name: 'TimeoutError' }), 'STORE_BUSY'],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'STORE_BUSY'],
    [Object.assign(new Error('x'), { $metadata: { httpStatusCode: 500 } }), 'STORE_BUSY'],
    [Object.assign(new Error('x'), { name: 'AccessDeniedException', ...metadata }), 'STORE_FAILED'],
    [Object.assign(new Error('x'), { name: 'ValidationException', ...metadata }), 'STORE_FAILED'],
  ])('%s is %s on every call, and quotes nothing', async (fault, code) => {
    client.onAnyCommand().rejects(fault)
    const retryable = code === 'STORE_BUSY'
    const calls = [
      () => store.find(key),
      () => store.list(key)[Symbol.asyncIterator]().next(),
      () => store.add([{ key, value: 1, mark: 'm' }]),
      () => store.commit([write], entry),
      () => store.swap(write),
      () => store.remove([key]),
    ]
    for (const call of calls) {
      const failure = await call().catch((thrown: unknown) => thrown)
      expect(failure).toMatchObject({ code, retryable })
      expect(JSON.stringify(failure)).not.toContain('91330203YY0000079F')
    }
  })
})

describe('a swap', () => {
  test('whose condition does not hold is no fault', async () => {
    client.on(UpdateItemCommand).rejects(new ConditionalCheckFailedException(metadata))
    expect(await store.swap(write)).toBe(false)
  })

  test('that is stored but reported failed does not hold when it is tried again', async () => {
    client
      .on(UpdateItemCommand)
      .rejectsOnce(Object.assign(new Error('x'), { name: 'TimeoutError' }))
      .rejects(new ConditionalCheckFailedException(metadata))
    await expect(store.swap(write)).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
    expect(await store.swap(write)).toBe(false)
  })
})

describe('removing', () => {
  test('that is throttled half way has removed what came before, and is to be tried again', async () => {
    client
      .on(BatchWriteItemCommand)
      .resolvesOnce({})
      .rejects(new ProvisionedThroughputExceededException(metadata))
    const keys = Array.from({ length: 60 }, (_, n) => ({ ...key, sort: String(n) }))
    await expect(store.remove(keys)).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
    expect(client.commandCalls(BatchWriteItemCommand)).toHaveLength(2)
  })

  test('sends again what DynamoDB leaves undone, and that alone', async () => {
    const undone = { ledger: [{ DeleteRequest: { Key: { partition: { S: 'p' }, sort: { S: '2' } } } }] }
    client.on(BatchWriteItemCommand).resolvesOnce({ UnprocessedItems: undone }).resolves({})
    await store.remove(['1', '2', '3'].map((sort) => ({ table: 'ledger', partition: 'p', sort })))
    const sent = client.commandCalls(BatchWriteItemCommand).map(({ args }) => args[0].input.RequestItems)
    expect(sent).toHaveLength(2)
    expect(sent[0]?.['ledger']).toHaveLength(3)
    expect(sent[1]).toEqual(undone)
  })

  test('gives up on what is left undone again and again, to be tried later', async () => {
    const undone = { ledger: [{ DeleteRequest: { Key: {} } }] }
    client.on(BatchWriteItemCommand).resolves({ UnprocessedItems: undone })
    await expect(store.remove([key])).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
  })

  test('goes in batches of 25', async () => {
    client.on(BatchWriteItemCommand).resolves({})
    await store.remove(Array.from({ length: 60 }, (_, n) => ({ ...key, sort: String(n) })))
    const sizes = client
      .commandCalls(BatchWriteItemCommand)
      .map(({ args }) => args[0].input.RequestItems?.['records']?.length)
    expect(sizes).toEqual([25, 25, 10])
  })
})

describe('adding', () => {
  test('is one write for each record and no read, new or known', async () => {
    client
      .on(UpdateItemCommand)
      .resolvesOnce({})
      .resolves({ Attributes: { creator: { S: 'earlier' } } })
    const additions: Addition[] = Array.from({ length: 1_000 }, (_, n) => ({
      key: { ...key, sort: String(n) },
      value: '{}',
      mark: 'm',
    }))
    const answers = await store.add(additions)
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(client.commandCalls(UpdateItemCommand)).toHaveLength(1_000)
    expect(client.calls()).toHaveLength(1_000)
  })

  test('that is stored but reported failed is told as what created the item when it is tried again', async () => {
    client
      .on(UpdateItemCommand)
      .rejectsOnce(Object.assign(new Error('x'), { name: 'TimeoutError' }))
      .resolves({ Attributes: { creator: { S: 'm' } } })
    const addition = { key, value: 1, mark: 'm' }
    await expect(store.add([addition])).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
    expect(await store.add([addition])).toEqual([true])
    expect(await store.add([{ ...addition, mark: 'later' }])).toEqual([false])
  })

  test('begins nothing more after a fault', async () => {
    client.on(UpdateItemCommand).rejects(new ProvisionedThroughputExceededException(metadata))
    const additions = Array.from({ length: 1_000 }, (_, n) => ({
      key: { ...key, sort: `${n}` },
      value: 1,
      mark: 'm',
    }))
    await expect(store.add(additions)).rejects.toMatchObject({ code: 'STORE_BUSY' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(client.calls().length).toBeLessThanOrEqual(100)
  })
})

describe('a value of over 300 KB', () => {
  const value = '处'.repeat(100_001)

  test('lies apart, and the item names it by its digest', async () => {
    client.on(UpdateItemCommand).resolves({})
    await store.add([{ key, value, mark: 'm' }])
    const encoded =
      client.commandCalls(UpdateItemCommand)[0]?.args[0].input.ExpressionAttributeValues?.[':value']?.S
    expect(encoded).toMatch(/^@[0-9a-f]{64}$/)
    client.on(GetItemCommand).resolves({ Item: itemOf(encoded ?? '') })
    expect((await store.find(key))?.value).toBe(value)
    stored.clear()
    await expect(store.find(key)).rejects.toMatchObject({ code: 'VALUE_MISSING', retryable: true })
    stored.set(encoded?.slice(1) ?? '', Buffer.from('other'))
    await expect(store.find(key)).rejects.toMatchObject({ code: 'VALUE_CORRUPT', retryable: false })
  })

  test.each<[string, Json]>([
    ['a text that looks like a reference', `@${'a'.repeat(64)}`],
    ['a text of just under the limit', '处'.repeat(99_999)],
  ])('is told from %s', async (_, inline) => {
    client.on(UpdateItemCommand).resolves({})
    await store.add([{ key, value: inline, mark: 'm' }])
    const encoded =
      client.commandCalls(UpdateItemCommand)[0]?.args[0].input.ExpressionAttributeValues?.[':value']?.S
    client.on(GetItemCommand).resolves({ Item: itemOf(encoded ?? '') })
    expect((await store.find(key))?.value).toEqual(inline)
  })
})

describe('a list', () => {
  test('reads on until DynamoDB names no last key, past pages that hold nothing', async () => {
    const last = { partition: { S: 'org#1' }, sort: { S: 'a' } }
    client
      .on(QueryCommand)
      .resolvesOnce({ Items: [itemOf('1')], LastEvaluatedKey: last })
      .resolvesOnce({ Items: [], LastEvaluatedKey: last })
      .resolves({ Items: [itemOf('2')] })
    const values: Json[] = []
    for await (const { value } of store.list(key)) values.push(value)
    expect(values).toEqual([1, 2])
    const consistent = client.commandCalls(QueryCommand).map(({ args }) => args[0].input.ConsistentRead)
    expect(consistent).toEqual([true, true, true])
  })

  test.each([
    ['times out', Object.assign(new Error('x'), { name: 'TimeoutError' }), 'STORE_BUSY'],
    ['is throttled', new ProvisionedThroughputExceededException(metadata), 'STORE_BUSY'],
    [
      'is denied',
      Object.assign(new Error('x'), { name: 'AccessDeniedException', ...metadata }),
      'STORE_FAILED',
    ],
  ])('whose second page %s gives the first, and then does not end but fails', async (_, fault, code) => {
    const last = { partition: { S: 'org#1' }, sort: { S: 'a' } }
    client
      .on(QueryCommand)
      .resolvesOnce({ Items: [itemOf('1')], LastEvaluatedKey: last })
      .rejects(fault)
    const list = store.list(key)[Symbol.asyncIterator]()
    expect(await list.next()).toMatchObject({ value: { value: 1 } })
    await expect(list.next()).rejects.toMatchObject({ code, retryable: code === 'STORE_BUSY' })
  })

  test('with a value that lies apart and cannot be had now is to be tried again', async () => {
    client.on(QueryCommand).resolves({ Items: [itemOf('1'), itemOf(`@${'a'.repeat(64)}`)] })
    const timedOut = Object.assign(new Error('x'), { name: 'TimeoutError' })
    const apart = { put: async () => undefined, find: () => Promise.reject(timedOut) }
    const list = openStore({ client: new DynamoDBClient({ region: 'us-east-1' }), names, large: apart }).list(
      key,
    )
    const iterator = list[Symbol.asyncIterator]()
    await iterator.next()
    await expect(iterator.next()).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
  })
})

function itemOf(value: string) {
  return { partition: { S: 'org#1' }, sort: { S: 'a' }, value: { S: value }, revision: { N: '1' } }
}

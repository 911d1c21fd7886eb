import {
  type AttributeValue,
  BatchWriteItemCommand,
  type CancellationReason,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { Failure } from '../base/failure.ts'
import { compareUtf8 } from '../base/order.ts'
import { outboxWrites } from '../ledger/outbox.ts'
import type { Addition, Entry, Item, Key, Range, SealingStore, Table, Write } from '../ports.ts'
import { atOnce } from './at-once.ts'
import { faultName, translated } from './fault.ts'
import { decodeValue, encodeValue, type LargeValues } from './value.ts'

export type DynamoTables = {
  readonly client: DynamoDBClient
  /** The table's name in the account. */
  readonly names: Readonly<Record<Table, string>>
  readonly large: LargeValues
  /** 1 where it is left out. */
  readonly outboxShards?: number
}

/**
 * The store on DynamoDB: an item is `partition`, `sort`, `value` (value.ts), `revision`, `marks` (a set, absent when
 * empty) and `creator`, the mark that created it, '' where none did. Reads are consistent.
 */
export function openStore(tables: DynamoTables): SealingStore {
  return {
    find: (key) => translated('STORE', () => findItem(tables, key)),
    list: (range) => listItems(tables, range),
    add: (additions) =>
      translated('STORE', () => atOnce(ADDS_AT_ONCE, additions, (each) => addItem(tables, each))),
    commit: (writes, entry) => translated('STORE', () => commit(tables, writes, entry)),
    swap: (write) => translated('STORE', () => swap(tables, write)),
    remove: (keys) => translated('STORE', () => removeItems(tables, keys)),
  }
}

// As many as one client keeps connections for
const ADDS_AT_ONCE = 50

async function findItem(tables: DynamoTables, key: Key): Promise<Item | undefined> {
  const { Item: attributes } = await tables.client.send(
    new GetItemCommand({ TableName: tables.names[key.table], Key: keyAttributes(key), ConsistentRead: true }),
  )
  return attributes === undefined ? undefined : parseItem(tables, key.table, attributes)
}

async function* listItems(tables: DynamoTables, range: Range): AsyncGenerator<Item> {
  if (range.to !== undefined && compareUtf8(range.from ?? '', range.to) >= 0) return
  let after: Record<string, AttributeValue> | undefined
  do {
    const page = await translated('STORE', () => tables.client.send(queryOf(tables, range, after)))
    for (const attributes of page.Items ?? []) {
      // BETWEEN takes both its ends in
      if (attributes['sort']?.S === range.to) continue
      yield await translated('STORE', () => parseItem(tables, range.table, attributes))
    }
    after = page.LastEvaluatedKey
  } while (after !== undefined)
}

function queryOf(
  { names }: DynamoTables,
  { table, partition, from, to }: Range,
  after: Record<string, AttributeValue> | undefined,
): QueryCommand {
  const bounds = { ...(from && { ':from': { S: from } }), ...(to && { ':to': { S: to } }) }
  const condition = !from && !to ? '' : from && to ? BETWEEN : from ? '#sort >= :from' : '#sort < :to'
  return new QueryCommand({
    TableName: names[table],
    ConsistentRead: true,
    KeyConditionExpression: ['#partition = :partition', condition].filter(Boolean).join(' AND '),
    ExpressionAttributeNames: { '#partition': 'partition', ...(condition && { '#sort': 'sort' }) },
    ExpressionAttributeValues: { ':partition': { S: partition }, ...bounds },
    ...(after && { ExclusiveStartKey: after }),
  })
}

const BETWEEN = '#sort BETWEEN :from AND :to'

/** One write and no read, whether the item is new or known; only what it held before comes back. */
async function addItem(tables: DynamoTables, { key, value, mark }: Addition): Promise<boolean> {
  const { Attributes: before } = await tables.client.send(
    new UpdateItemCommand({
      TableName: tables.names[key.table],
      Key: keyAttributes(key),
      UpdateExpression: `SET #value = if_not_exists(#value, :value), #revision = if_not_exists(#revision, :one),
        #creator = if_not_exists(#creator, :mark) ADD #marks :marks`,
      ExpressionAttributeNames: {
        '#value': 'value',
        '#revision': 'revision',
        '#creator': 'creator',
        '#marks': 'marks',
      },
      ExpressionAttributeValues: {
        ':value': { S: await encodeValue(value, tables.large) },
        ':one': { N: '1' },
        ':mark': { S: mark },
        ':marks': { SS: [mark] },
      },
      ReturnValues: 'UPDATED_OLD',
    }),
  )
  const creator = before?.['creator']?.S
  return creator === undefined || creator === mark
}

/** DynamoDB takes 100 writes at most in one transaction, and none to the same item twice. */
async function commit(
  tables: DynamoTables,
  writes: readonly Write[],
  entry: Entry,
): Promise<'committed' | 'repeated' | 'conflict'> {
  const outbox = outboxWrites(entry, { outboxShards: tables.outboxShards ?? 1 })
  const all = [outbox.entry, outbox.pending, ...writes]
  refuseKeyTwice(all)
  const items = await Promise.all(all.map((write) => updateOf(tables, write)))
  try {
    // The SDK names the transaction by a token of its own, so its retry of one that went through is not another
    await tables.client.send(new TransactWriteItemsCommand({ TransactItems: items }))
    return 'committed'
  } catch (fault) {
    if (!isCancelled(fault)) throw fault
    return refusalOf(fault.CancellationReasons ?? [], fault)
  }
}

function isCancelled(fault: unknown): fault is TransactionCanceledException {
  return faultName(fault) === 'TransactionCanceledException'
}

// All reasons are told at once, in the order of the writes; the entry's comes first
function refusalOf(reasons: readonly CancellationReason[], cause: unknown): 'repeated' | 'conflict' {
  const codes = reasons.map(({ Code }) => Code ?? 'None')
  if (codes[0] === 'ConditionalCheckFailed') return 'repeated'
  // Somebody else's transaction held an item: whether the conditions hold is not known
  const unknown = codes.find((code) => code !== 'None' && code !== 'ConditionalCheckFailed')
  if (unknown === undefined) return 'conflict'
  const retryable = RETRYABLE_REASONS.has(unknown)
  const code = retryable ? 'STORE_BUSY' : 'STORE_FAILED'
  throw new Failure(code, { retryable, facts: { fault: unknown }, cause })
}

const RETRYABLE_REASONS: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
])

async function swap(tables: DynamoTables, write: Write): Promise<boolean> {
  const { Update: update } = await updateOf(tables, write)
  try {
    await tables.client.send(new UpdateItemCommand(update))
    return true
  } catch (fault) {
    if (faultName(fault) === 'ConditionalCheckFailedException') return false
    throw fault
  }
}

/** Marks and creator of an item that is changed stay as they are. */
async function updateOf(tables: DynamoTables, { key, value, when }: Write) {
  const absent = when === 'absent'
  const update = {
    TableName: tables.names[key.table],
    Key: keyAttributes(key),
    UpdateExpression: `SET #value = :value, #revision = :next${absent ? ', #creator = :nobody' : ''}`,
    ConditionExpression: absent ? 'attribute_not_exists(#revision)' : '#revision = :shown',
    ExpressionAttributeNames: {
      '#value': 'value',
      '#revision': 'revision',
      ...(absent && { '#creator': 'creator' }),
    },
    ExpressionAttributeValues: {
      ':value': { S: await encodeValue(value, tables.large) },
      ':next': { N: String(absent ? 1 : when.revision + 1) },
      ...(absent ? { ':nobody': { S: '' } } : { ':shown': { N: String(when.revision) } }),
    },
  }
  return { Update: update } satisfies TransactWriteItem
}

function refuseKeyTwice(writes: readonly Write[]): void {
  const keys = new Set(writes.map(({ key }) => JSON.stringify([key.table, key.partition, key.sort])))
  if (keys.size < writes.length) throw new Failure('WRITE_KEY_TWICE', { retryable: false })
}

/** What DynamoDB removes at once. */
const REMOVALS_AT_ONCE = 25
const UNPROCESSED_TRIES = 8

async function removeItems(tables: DynamoTables, keys: readonly Key[]): Promise<void> {
  for (let at = 0; at < keys.length; at += REMOVALS_AT_ONCE) {
    await removeBatch(tables, keys.slice(at, at + REMOVALS_AT_ONCE))
  }
}

async function removeBatch({ client, names }: DynamoTables, keys: readonly Key[]): Promise<void> {
  const distinct = new Map(keys.map((key) => [JSON.stringify([key.table, key.partition, key.sort]), key]))
  let requests = Object.fromEntries(
    Object.entries(Object.groupBy(distinct.values(), ({ table }) => names[table])).map(([name, group]) => [
      name,
      (group ?? []).map((key) => ({ DeleteRequest: { Key: keyAttributes(key) } })),
    ]),
  )
  for (let tries = 0; Object.keys(requests).length > 0; tries++) {
    // The SDK does not retry what a batch leaves undone
    if (tries === UNPROCESSED_TRIES) throw new Failure('STORE_BUSY', { retryable: true })
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: requests }))
    requests = (UnprocessedItems ?? {}) as typeof requests
  }
}

function keyAttributes({ partition, sort }: Key): Record<string, AttributeValue> {
  return { partition: { S: partition }, sort: { S: sort } }
}

async function parseItem(
  { large }: DynamoTables,
  table: Table,
  attributes: Readonly<Record<string, AttributeValue>>,
): Promise<Item> {
  const { partition, sort, value, revision, marks } = attributes
  return {
    key: { table, partition: partition?.S ?? '', sort: sort?.S ?? '' },
    value: await decodeValue(value?.S ?? 'null', large),
    revision: Number(revision?.N),
    marks: [...(marks?.SS ?? [])].sort(compareUtf8),
  }
}

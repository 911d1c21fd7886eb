import type { Table as DynamoTable } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { FunctionName } from '../shared/names.ts'
import type { StorageStack } from './storage-stack.ts'

type Table = 'records' | 'cases' | 'ledger'
/** An area of the store's objects, or `values`, where what is too large for an item or a message lies. */
type Area = 'archive' | 'batches' | 'values' | 'ledger' | 'datasets' | 'packages' | 'evidence' | 'receipts'

type Reach = {
  readonly tables?: Partial<Record<Table, readonly ('find' | 'list' | 'write' | 'remove')[]>>
  readonly objects?: Partial<Record<Area, readonly ('find' | 'put' | 'list' | 'remove' | 'lock')[]>>
  readonly signs?: Signed
  /** Tells others the public half of the key that this is signed with. */
  readonly tellsKeyOf?: Signed
}

type Signed = 'packages' | 'checkpoints'

/** What each function may do with what is kept; beyond this it reaches its own queues, and nothing else. */
const reach: Readonly<Record<FunctionName, Reach>> = {
  'receive-submission': {
    tables: { ledger: ['find', 'list', 'write'] },
    objects: { archive: ['find', 'put'], values: ['find', 'put'] },
  },
  'split-file': {
    tables: { ledger: ['find', 'list', 'write'] },
    objects: { archive: ['find', 'put'], values: ['find', 'put'] },
  },
  'seal-ledger': {
    tables: { ledger: ['find', 'list', 'write', 'remove'] },
    objects: {
      batches: ['find', 'put'],
      values: ['find', 'put'],
      ledger: ['find', 'put', 'list', 'remove', 'lock'],
    },
    signs: 'checkpoints',
  },
  'watch-ledger': {
    tables: { ledger: ['find', 'write'] },
    objects: { values: ['find'], ledger: ['find', 'put'], evidence: ['find', 'put'] },
  },
  'apply-entry': {
    tables: { ledger: ['find', 'list', 'write'], records: ['find', 'write', 'remove'] },
    objects: {
      archive: ['find', 'put'],
      values: ['find', 'put'],
      ledger: ['find'],
      receipts: ['put', 'remove'],
    },
  },
  'plan-version': {
    tables: { ledger: ['find', 'list'], records: ['list'] },
    objects: { datasets: ['find', 'put'], values: ['find'] },
  },
  'build-bucket': {
    tables: { ledger: ['list'], records: ['list'] },
    objects: { datasets: ['find', 'put'], values: ['find'] },
  },
  'commit-version': {
    tables: { ledger: ['find', 'list', 'write'] },
    objects: { datasets: ['find', 'put'], values: ['find', 'put'] },
  },
  'api-data': {
    tables: { ledger: ['find', 'list', 'write'], records: ['find', 'list'] },
    objects: { archive: ['find', 'put'], values: ['find', 'put'], datasets: ['find'], ledger: ['find'] },
  },
  'api-cases': {
    tables: { ledger: ['find', 'write'], cases: ['find', 'list', 'write'] },
    objects: { packages: ['find', 'list', 'remove'], ledger: ['find'] },
    tellsKeyOf: 'packages',
  },
  'fulfil-case': {
    tables: { ledger: ['find', 'list', 'write'], cases: ['find', 'list', 'write'], records: ['list'] },
    objects: { packages: ['put', 'list', 'remove'], values: ['find'] },
    signs: 'packages',
  },
  'drain-dead-letters': {
    tables: { ledger: ['find', 'write'] },
    objects: { values: ['find', 'put'] },
  },
}

/** The statements of a function's role, each action by name. */
export function storageAccess(name: FunctionName, storage: StorageStack): PolicyStatement[] {
  const { tables = {}, objects = {}, signs, tellsKeyOf } = reach[name]
  return [
    ...Object.entries(tables).map(([table, uses]) => tableAccess(storage.tables[table as Table], uses)),
    ...Object.entries(objects).flatMap(([area, uses]) => objectAccess(storage, area as Area, uses)),
    ...keyAccess(storage, reach[name]),
    ...signingAccess(storage, signs, ['kms:Sign', 'kms:GetPublicKey']),
    ...signingAccess(storage, tellsKeyOf, ['kms:GetPublicKey']),
  ]
}

const tableActions = {
  find: ['dynamodb:GetItem'],
  list: ['dynamodb:Query'],
  // A transaction is judged by the actions that it is made of
  write: ['dynamodb:UpdateItem'],
  remove: ['dynamodb:BatchWriteItem'],
} as const

function tableAccess(table: DynamoTable, uses: readonly (keyof typeof tableActions)[]): PolicyStatement {
  const actions = uses.flatMap((use) => tableActions[use])
  return new PolicyStatement({ actions, resources: [table.tableArn] })
}

const objectActions = {
  find: 's3:GetObject',
  put: 's3:PutObject',
  remove: 's3:DeleteObject',
  lock: 's3:PutObjectRetention',
} as const

function objectAccess(
  { buckets }: StorageStack,
  area: Area,
  uses: readonly (keyof typeof objectActions | 'list')[],
): PolicyStatement[] {
  const bucket: Bucket = buckets[areaBuckets[area]]
  const actions = uses.filter((use) => use !== 'list').map((use) => objectActions[use])
  const statements = [new PolicyStatement({ actions, resources: [bucket.arnForObjects(`${area}/*`)] })]
  // Whoever may not list a bucket is told "forbidden" of an object that is not there
  if (uses.includes('list') || uses.includes('find')) {
    statements.push(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }))
  }
  return statements
}

const areaBuckets = {
  archive: 'records',
  batches: 'records',
  values: 'records',
  ledger: 'ledger',
  datasets: 'datasets',
  packages: 'packages',
  evidence: 'evidence',
  receipts: 'datasets',
} as const

const signingKeys = { packages: ['signing'], checkpoints: ['ledgerSigning', 'ledgerSecondSigning'] } as const

const tableKeys = { records: 'records', ledger: 'records', cases: 'disclosure' } as const
const areaKeys = {
  archive: 'records',
  batches: 'records',
  values: 'records',
  ledger: 'publication',
  datasets: 'publication',
  packages: 'disclosure',
  evidence: 'disclosure',
  receipts: 'publication',
} as const

const keyActions = {
  // DynamoDB uses a key in the caller's name, and asks for all of these as soon as there is something to write
  tables: {
    reading: ['kms:Decrypt', 'kms:DescribeKey'],
    writing: ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
  },
  objects: { reading: ['kms:Decrypt'], writing: ['kms:GenerateDataKey'] },
} as const

function keyAccess(storage: StorageStack, { tables = {}, objects = {} }: Reach): PolicyStatement[] {
  const uses = [
    ...Object.entries(tables).map(([table, uses]) => ({
      ...{ key: tableKeys[table as Table], actions: keyActions.tables },
      writes: uses.includes('write'),
    })),
    ...Object.entries(objects).map(([area, uses]) => ({
      ...{ key: areaKeys[area as Area], actions: keyActions.objects },
      writes: uses.includes('put'),
    })),
  ]
  return [...new Set(uses.map(({ key }) => key))].map((purpose) => {
    const ofKey = uses.filter(({ key }) => key === purpose)
    const actions = ofKey.flatMap(({ actions: { reading, writing }, writes }) => [
      ...reading,
      ...(writes ? writing : []),
    ])
    return keyStatement(storage.keys[purpose], [...new Set(actions)])
  })
}

function keyStatement(key: Key, actions: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources: [key.keyArn] })
}

function signingAccess(
  { keys }: StorageStack,
  signed: Signed | undefined,
  actions: readonly string[],
): PolicyStatement[] {
  if (signed === undefined) return []
  const given = signingKeys[signed].map((purpose) => keys[purpose]).filter((key) => key !== undefined)
  return given.map((key) => keyStatement(key, actions))
}

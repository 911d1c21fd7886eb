import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FunctionName, functionNames, pascalCase } from '../../shared/names.ts'
import {
  ACCOUNT,
  listed,
  named,
  ofType,
  type Resource,
  STACK,
  SYNTHESIS_TIMEOUT_MS,
  type Synthesized,
  statementsOf,
  synthesize,
} from './templates.ts'

let app: Synthesized
beforeAll(async () => {
  app = await synthesize()
}, SYNTHESIS_TIMEOUT_MS)
afterAll(() => app.close())

/** What a role may do: by resource, its actions in order. */
type Row = Readonly<Record<string, string>>

const RECEIVE =
  'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage' as const
/** Of the key of a table that is written; the same key serves the queues, which ask for less. */
const WRITE_KEY =
  'kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo' as const
const TRACE = 'xray:PutTelemetryRecords xray:PutTraceSegments' as const
const SUBMISSIONS = `arn:aws:sqs:eu-west-1:${ACCOUNT}:${STACK}_submissions_*` as const

/** Beside its own log, which each may write, and all that its role allows: neither more nor less. */
const rows: Readonly<Record<FunctionName, Row>> = {
  'receive-submission': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/archive/*': 's3:GetObject s3:PutObject',
    'BucketsRecords/values/*': 's3:GetObject s3:PutObject',
    KeysRecords: WRITE_KEY,
    [SUBMISSIONS]: RECEIVE,
    Queuesinbox: RECEIVE,
    Queuesfiles: 'sqs:SendMessage',
  },
  'split-file': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/archive/*': 's3:GetObject s3:PutObject',
    'BucketsRecords/values/*': 's3:GetObject s3:PutObject',
    KeysRecords: WRITE_KEY,
    DoorsLanding: 's3:ListBucket',
    'DoorsLanding/*': 's3:GetObject s3:GetObjectVersion',
    Queuesfiles: RECEIVE,
    Queuesinbox: 'sqs:SendMessage',
  },
  'seal-ledger': {
    '*': `dynamodb:ListStreams ${TRACE}`,
    TablesLedger: 'dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    'TablesLedger.StreamArn': 'dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/batches/*': 's3:GetObject s3:PutObject',
    'BucketsRecords/values/*': 's3:GetObject s3:PutObject',
    BucketsLedger: 's3:ListBucket',
    'BucketsLedger/ledger/*': 's3:DeleteObject s3:GetObject s3:PutObject s3:PutObjectRetention',
    KeysRecords: WRITE_KEY,
    KeysPublication: 'kms:Decrypt kms:GenerateDataKey',
    KeysLedgerSigning: 'kms:GetPublicKey kms:Sign',
    Queuessealed: 'sqs:SendMessage',
  },
  'watch-ledger': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:UpdateItem',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/values/*': 's3:GetObject',
    BucketsLedger: 's3:ListBucket',
    'BucketsLedger/ledger/*': 's3:GetObject s3:PutObject',
    BucketsEvidence: 's3:ListBucket',
    'BucketsEvidence/evidence/*': 's3:GetObject s3:PutObject',
    KeysRecords: WRITE_KEY,
    KeysPublication: 'kms:Decrypt kms:GenerateDataKey',
    KeysDisclosure: 'kms:Decrypt kms:GenerateDataKey',
  },
  'apply-entry': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    TablesRecords: 'dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:UpdateItem',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/archive/*': 's3:GetObject s3:PutObject',
    'BucketsRecords/values/*': 's3:GetObject s3:PutObject',
    BucketsLedger: 's3:ListBucket',
    'BucketsLedger/ledger/*': 's3:GetObject',
    'BucketsDatasets/receipts/*': 's3:DeleteObject s3:PutObject',
    KeysRecords: WRITE_KEY,
    KeysPublication: 'kms:Decrypt kms:GenerateDataKey',
    Queuessealed: `${RECEIVE} sqs:SendMessage`,
    QueuessealedDead: RECEIVE,
  },
  'plan-version': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:Query',
    TablesRecords: 'dynamodb:Query',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/values/*': 's3:GetObject',
    BucketsDatasets: 's3:ListBucket',
    'BucketsDatasets/datasets/*': 's3:GetObject s3:PutObject',
    KeysRecords: 'kms:Decrypt kms:DescribeKey',
    KeysPublication: 'kms:Decrypt kms:GenerateDataKey',
  },
  'build-bucket': {
    '*': TRACE,
    TablesLedger: 'dynamodb:Query',
    TablesRecords: 'dynamodb:Query',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/values/*': 's3:GetObject',
    BucketsDatasets: 's3:ListBucket',
    'BucketsDatasets/datasets/*': 's3:GetObject s3:PutObject',
    KeysRecords: 'kms:Decrypt kms:DescribeKey',
    KeysPublication: 'kms:Decrypt kms:GenerateDataKey',
  },
  'commit-version': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/values/*': 's3:GetObject s3:PutObject',
    BucketsDatasets: 's3:ListBucket',
    'BucketsDatasets/datasets/*': 's3:GetObject s3:PutObject',
    KeysRecords: WRITE_KEY,
    KeysPublication: 'kms:Decrypt kms:GenerateDataKey',
  },
  'api-data': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    TablesRecords: 'dynamodb:GetItem dynamodb:Query',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/archive/*': 's3:GetObject s3:PutObject',
    'BucketsRecords/values/*': 's3:GetObject s3:PutObject',
    BucketsDatasets: 's3:ListBucket',
    'BucketsDatasets/datasets/*': 's3:GetObject',
    BucketsLedger: 's3:ListBucket',
    'BucketsLedger/ledger/*': 's3:GetObject',
    KeysRecords: WRITE_KEY,
    KeysPublication: 'kms:Decrypt',
    Queuesinbox: 'sqs:SendMessage',
    PublicationMachine: 'states:StartExecution',
  },
  'api-cases': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:UpdateItem',
    TablesCases: 'dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    BucketsPackages: 's3:ListBucket',
    'BucketsPackages/packages/*': 's3:DeleteObject s3:GetObject',
    BucketsLedger: 's3:ListBucket',
    'BucketsLedger/ledger/*': 's3:GetObject',
    KeysRecords: WRITE_KEY,
    KeysPublication: 'kms:Decrypt',
    KeysDisclosure: WRITE_KEY,
    KeysSigning: 'kms:GetPublicKey',
    FulfilCase: 'lambda:InvokeFunction',
  },
  'fulfil-case': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    TablesCases: 'dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    TablesRecords: 'dynamodb:Query',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/values/*': 's3:GetObject',
    BucketsPackages: 's3:ListBucket',
    'BucketsPackages/packages/*': 's3:DeleteObject s3:PutObject',
    KeysRecords: WRITE_KEY,
    KeysDisclosure: WRITE_KEY,
    KeysSigning: 'kms:GetPublicKey kms:Sign',
  },
  'drain-dead-letters': {
    '*': TRACE,
    TablesLedger: 'dynamodb:GetItem dynamodb:UpdateItem',
    BucketsRecords: 's3:ListBucket',
    'BucketsRecords/values/*': 's3:GetObject s3:PutObject',
    KeysRecords: WRITE_KEY,
    [SUBMISSIONS]: RECEIVE,
    QueuesinboxDead: RECEIVE,
    QueuesfilesDead: RECEIVE,
  },
}

/** The only role beside the functions': a step invokes its function, and Step Functions asks for the rest. */
const machine: Row = {
  '*':
    'logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies ' +
    'logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery ' +
    'xray:GetSamplingRules xray:GetSamplingTargets xray:PutTelemetryRecords xray:PutTraceSegments',
  PlanVersion: 'lambda:InvokeFunction',
  BuildBucket: 'lambda:InvokeFunction',
  CommitVersion: 'lambda:InvokeFunction',
  // Of these functions there are no versions and aliases; the step asks for them
  'PlanVersion:*': 'lambda:InvokeFunction',
  'BuildBucket:*': 'lambda:InvokeFunction',
  'CommitVersion:*': 'lambda:InvokeFunction',
  // A distributed map starts executions of its own machine
  PublicationMachine: 'states:StartExecution',
  [`arn:aws:states:eu-west-1:${ACCOUNT}:execution:PublicationMachine:*`]:
    'states:DescribeExecution states:StopExecution',
  [`arn:aws:states:eu-west-1:${ACCOUNT}:execution:PublicationMachine/*:*`]: 'states:RedriveExecution',
}

describe('the role of', () => {
  test.each(functionNames)('%s allows what it does, and nothing else', (name) => {
    const id = pascalCase(name)
    const log = { [`${id}Log`]: 'logs:CreateLogStream logs:PutLogEvents' }
    expect(rowOf(`${id}Role`)).toEqual({ ...log, ...rows[name] })
  })

  test('the publication allows its steps, and what Step Functions asks for', () => {
    expect(rowOf('PublicationMachineRole')).toEqual(machine)
  })
})

describe('a role', () => {
  test('belongs to one function, or to the publication', () => {
    const names = ofType(app.service, 'AWS::IAM::Role').map(({ name }) => name)
    const functions = functionNames.map((name) => `${pascalCase(name)}Role`)
    expect(names.sort()).toEqual([...functions, 'PublicationMachineRole'].sort())
    expect(app.storage.filter(({ type }) => type.startsWith('AWS::IAM::'))).toEqual([])
    const used = ofType(app.service, 'AWS::Lambda::Function').map(({ properties }) => properties['Role'])
    expect(used.sort()).toEqual(functions.sort())
  })

  test('is assumed by its service alone, and has no policy but the one that is shown here', () => {
    for (const { name, properties } of ofType(app.service, 'AWS::IAM::Role')) {
      const { AssumeRolePolicyDocument, Tags: _, ...others } = properties
      expect(others, name).toEqual({})
      const { Statement } = AssumeRolePolicyDocument as { Statement: { Principal: unknown }[] }
      const service = name === 'PublicationMachineRole' ? 'states' : 'lambda'
      expect(Statement.map(({ Principal }) => Principal)).toEqual([{ Service: `${service}.amazonaws.com` }])
    }
  })
})

function rowOf(role: string): Row {
  named(app.service, role)
  const row: Record<string, string[]> = {}
  for (const policy of ofType(app.service, 'AWS::IAM::Policy').filter((each) => isOf(each, role))) {
    for (const { Effect, Condition, Action, Resource, ...others } of statementsOf(policy)) {
      expect({ Effect, Condition, others }, policy.name).toEqual({ Effect: 'Allow', others: {} })
      for (const resource of listed(Resource)) {
        row[resource] = [...(row[resource] ?? []), ...listed(Action)]
      }
    }
  }
  return Object.fromEntries(
    Object.entries(row).map(([resource, actions]) => [resource, actions.sort().join(' ')]),
  )
}

function isOf({ properties }: Resource, role: string): boolean {
  return listed(properties['Roles'] as string[]).includes(role)
}

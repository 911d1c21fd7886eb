import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type FunctionName,
  functionNames,
  landingPrefix,
  outputName,
  parseQueueName,
  pascalCase,
  type QueueName,
  queueKinds,
  queueName,
  receiptPrefix,
  submissionQueueName,
} from '../../shared/names.ts'
import {
  ACCOUNT,
  named,
  ofType,
  type Resource,
  STACK,
  SYNTHESIS_TIMEOUT_MS,
  type Synthesized,
  senders,
  statementsOf,
  synthesize,
} from './templates.ts'

let app: Synthesized
beforeAll(async () => {
  app = await synthesize()
}, SYNTHESIS_TIMEOUT_MS)
afterAll(() => app.close())

const doors = Object.entries(senders)

describe('the door of', () => {
  test.each(doors)('%s is a queue of its own, into which it alone may put messages', (code, principal) => {
    const queue = queueCalled(submissionQueueName(STACK, code))
    expect(policyOf(queue)).toEqual([
      overTlsAlone(queue),
      {
        Sid: 'ItsAuthoritySends',
        Effect: 'Allow',
        Principal: { AWS: principal },
        Action: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
        Resource: queue.name,
      },
      nobodyBut('OthersSendNothing', 'sqs:SendMessage', queue, [principal]),
      nobodyBut('OthersReceiveNothing', 'sqs:ReceiveMessage', queue, rolesOf('receive-submission')),
    ])
  })

  test.each(doors)(
    '%s has a key of its own, which it may use to send and not to take back',
    (code, principal) => {
      const name = `Doors${code.replaceAll('-', '')}key`
      const { properties, isKept } = named(app.service, name)
      expect(properties['EnableKeyRotation']).toBe(true)
      // What it encrypted may still wait when the service is taken down
      expect(isKept).toBe(true)
      const [account, ...others] = statementsOf(named(app.service, name))
      expect(account).toMatchObject({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*' })
      expect(others).toEqual([
        {
          Effect: 'Allow',
          Principal: { AWS: principal },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: '*',
          // By the queue and by the drop, and not what is already encrypted
          Condition: { StringLike: { 'kms:ViaService': ['sqs.*', 's3.*'] } },
        },
        {
          Effect: 'Allow',
          Principal: { AWS: ['DrainDeadLettersRole', 'ReceiveSubmissionRole', 'SplitFileRole'] },
          Action: 'kms:Decrypt',
          Resource: '*',
        },
      ])
      for (const queue of [queueCalled(submissionQueueName(STACK, code)), deadOf('submissions', code)])
        expect(queue.properties['KmsMasterKeyId'], queue.name).toBe(name)
    },
  )

  test.each(doors)('%s is a prefix of the landing bucket, under its own key', (code, principal) => {
    expect(statementsOf(named(app.service, 'DoorsLandingPolicy'))).toContainEqual({
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: 's3:PutObject',
      Resource: `DoorsLanding/${landingPrefix(code)}*`,
      Condition: {
        StringEquals: {
          's3:x-amz-server-side-encryption-aws-kms-key-id': `Doors${code.replaceAll('-', '')}key`,
        },
      },
    })
  })

  test.each(doors)('%s shows it its own receipts, and to nobody who has no door', (code, principal) => {
    const statements = statementsOf(named(app.storage, 'BucketsDatasetsPolicy'))
    const own = { Effect: 'Allow', Principal: { AWS: principal }, Action: 's3:GetObject' }
    const allowed = statements.filter(({ Effect, Principal }) => {
      return Effect === 'Allow' && JSON.stringify(Principal).includes(principal)
    })
    expect(allowed).toEqual([{ ...own, Resource: `BucketsDatasets/${receiptPrefix(code)}*` }])
    expect(statements).toContainEqual({
      ...{ Sid: 'OthersReadNoReceipt', Effect: 'Deny', Principal: '*' },
      ...{ Action: ['s3:GetObject', 's3:GetObjectVersion'], Resource: 'BucketsDatasets/receipts/*' },
      Condition: { ArnNotLike: { 'aws:PrincipalArn': Object.values(senders) } },
    })
    expect(statementsOf(named(app.storage, 'KeysPublication'))).toContainEqual({
      ...{
        Effect: 'Allow',
        Principal: { AWS: Object.values(senders) },
        Action: 'kms:Decrypt',
        Resource: '*',
      },
      Condition: { StringLike: { 'kms:ViaService': 's3.*' } },
    })
  })

  test('an authority without a principal on AWS is the API alone', async () => {
    const names = ofType(app.service, 'AWS::SQS::Queue').map(
      ({ properties }) => parseQueueName(properties['QueueName'] as string)?.authority,
    )
    expect([...new Set(names)].filter(Boolean).sort()).toEqual(Object.keys(senders).sort())
  })
})

test('a reply queue is told by the applier, and by nobody else', async () => {
  const replyQueueArn = `arn:aws:sqs:eu-west-1:${ACCOUNT}:replies`
  const replying = await synthesize({ authorities: [{ ...authority('that-is-told'), replyQueueArn }] })
  await replying.close()
  const policies = ofType(replying.service, 'AWS::IAM::Policy').filter((policy) =>
    statementsOf(policy).some(({ Resource }) => JSON.stringify(Resource).includes(replyQueueArn)),
  )
  expect(policies.map(({ properties }) => properties['Roles'])).toEqual([['ApplyEntryRole']])
  expect(statementsOf(policies[0] as Resource)).toContainEqual({
    Effect: 'Allow',
    Action: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
    Resource: replyQueueArn,
  })
})

describe('the landing bucket', () => {
  test('takes from nobody but authorities, and shows what lies there to the splitter alone', () => {
    const statements = statementsOf(named(app.service, 'DoorsLandingPolicy'))
    const objects = { Principal: '*', Resource: 'DoorsLanding/*' }
    const [, , ...own] = statements
    expect(own.filter(({ Effect }) => Effect === 'Allow')).toHaveLength(doors.length)
    expect(own.filter(({ Effect }) => Effect === 'Deny')).toEqual([
      {
        ...{ Sid: 'OthersPutNothing', Effect: 'Deny', ...objects, Action: 's3:PutObject' },
        Condition: { ArnNotLike: { 'aws:PrincipalArn': Object.values(senders) } },
      },
      {
        ...{ Sid: 'OthersReadNothing', Effect: 'Deny', ...objects },
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Condition: { ArnNotLike: { 'aws:PrincipalArn': rolesOf('split-file') } },
      },
    ])
  })

  test('lets nobody put anything where no authority has a door', async () => {
    const shut = await synthesize({ authorities: [authority('without-a-door')] })
    await shut.close()
    expect(statementsOf(named(shut.service, 'DoorsLandingPolicy'))).toContainEqual({
      ...{ Sid: 'OthersPutNothing', Effect: 'Deny', Principal: '*' },
      ...{ Action: 's3:PutObject', Resource: 'DoorsLanding/*' },
    })
  })

  test('tells the files queue of each object, and may', () => {
    const { properties } = named(app.service, 'DoorsLanding')
    expect(properties['NotificationConfiguration']).toEqual({
      QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: 'Queuesfiles' }],
    })
    expect(statementsOf(named(app.service, 'QueuesfilesPolicy'))).toContainEqual({
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: 'Queuesfiles',
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    })
  })
})

describe('what an authority sent and nobody received', () => {
  const PROMISED_DAYS = 14

  test('is gone from its queue and its dead letters after 14 days, counted from the first', () => {
    for (const { name, properties } of ofType(app.service, 'AWS::SQS::Queue'))
      expect(properties['MessageRetentionPeriod'], name).toBe(PROMISED_DAYS * 24 * 60 * 60)
  })

  test('is gone from the landing bucket after 14 days, each midnight that S3 waits for counted', () => {
    const { Rules } = named(app.service, 'DoorsLanding').properties['LifecycleConfiguration'] as {
      Rules: { ExpirationInDays: number; NoncurrentVersionExpiration: { NoncurrentDays: number } }[]
    }
    const [rule] = Rules
    const hidden = Number(rule?.ExpirationInDays) + 1
    const gone = Number(rule?.NoncurrentVersionExpiration.NoncurrentDays) + 1
    expect(hidden + gone).toBeLessThanOrEqual(PROMISED_DAYS)
    // Also what was never finished
    expect(Rules).toMatchObject([{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }])
  })
})

/** Who puts messages into our own queues, and who takes them and their dead letters out. */
const ways = {
  inbox: { from: ['split-file', 'api-data'], to: 'receive-submission', dead: 'drain-dead-letters' },
  files: { from: ['receive-submission'], to: 'split-file', dead: 'drain-dead-letters' },
  // A sealed entry is never given up
  sealed: { from: ['seal-ledger', 'apply-entry'], to: 'apply-entry', dead: 'apply-entry' },
} as const satisfies Record<string, { from: readonly FunctionName[]; to: FunctionName; dead: FunctionName }>

describe('the queue', () => {
  test.each(Object.entries(ways))(
    '%s is shut to all but those who send to it and receive from it',
    (kind, way) => {
      const queue = queueCalled(queueName(STACK, { kind: kind as QueueName['kind'] }))
      expect(policyOf(queue).filter(({ Effect }) => Effect === 'Deny')).toEqual([
        overTlsAlone(queue),
        nobodyBut('OthersSendNothing', 'sqs:SendMessage', queue, way.from.flatMap(rolesOf)),
        nobodyBut('OthersReceiveNothing', 'sqs:ReceiveMessage', queue, rolesOf(way.to)),
      ])
      expect(queue.properties['KmsMasterKeyId']).toBe('KeysRecords')
    },
  )

  test.each(Object.entries(ways))(
    "%s's dead letters are put in by SQS alone, and taken out by one",
    (kind, way) => {
      expectShutDeadLetters(deadOf(kind as QueueName['kind']), way.dead)
    },
  )

  test.each(doors)('of %s has dead letters that are put in by SQS alone, and taken out by one', (code) => {
    expectShutDeadLetters(deadOf('submissions', code), 'drain-dead-letters')
  })

  test('of each kind there is is one of those above', () => {
    expect(queueKinds).toEqual(['submissions', ...Object.keys(ways)])
    const total = 2 * (Object.keys(ways).length + doors.length)
    expect(ofType(app.service, 'AWS::SQS::Queue')).toHaveLength(total)
  })
})

describe('a queue', () => {
  test('is standard, encrypted by a key of ours, and answers over TLS alone', () => {
    for (const queue of ofType(app.service, 'AWS::SQS::Queue')) {
      expect(queue.properties['FifoQueue'], queue.name).toBeUndefined()
      expect(queue.properties['KmsMasterKeyId'], queue.name).toBeTruthy()
      expect(policyOf(queue)[0], queue.name).toEqual(overTlsAlone(queue))
    }
  })

  test('gives up a message after five tries, to dead letters of its own', () => {
    const all = ofType(app.service, 'AWS::SQS::Queue')
    const [dead, living] = [all.filter(isDead), all.filter((queue) => !isDead(queue))]
    expect(dead).toHaveLength(living.length)
    for (const { name, properties } of living)
      expect(properties['RedrivePolicy'], name).toEqual({
        deadLetterTargetArn: `${name}Dead`,
        maxReceiveCount: 5,
      })
    for (const { name, properties } of dead) expect(properties['RedrivePolicy'], name).toBeUndefined()
  })

  test('hides a message for six times as long as its receiver may take', () => {
    const mappings = mappingsOfQueues()
    expect(mappings).toHaveLength(ofType(app.service, 'AWS::SQS::Queue').length)
    for (const { queue, target } of mappings) {
      const { Timeout } = target.properties as { Timeout: number }
      expect(queue.properties['VisibilityTimeout'], queue.name).toBe(6 * Timeout)
    }
  })

  test('feeds one function, which says which messages failed, and not more of it at once than is said', () => {
    for (const { queue, mapping } of mappingsOfQueues()) {
      expect(mapping.properties, queue.name).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: expect.any(Number) },
      })
    }
  })

  test.each(Object.entries(ways))('%s and its dead letters feed the right function', (kind, way) => {
    const queue = queueName(STACK, { kind: kind as QueueName['kind'] })
    expect(targetOf(queue)).toBe(way.to)
    expect(targetOf(`${queue}_dead`)).toBe(way.dead)
  })

  test.each(doors)('of %s feeds receive-submission, by a mapping of its own', (code) => {
    expect(targetOf(submissionQueueName(STACK, code))).toBe('receive-submission')
    expect(targetOf(`${submissionQueueName(STACK, code)}_dead`)).toBe('drain-dead-letters')
  })
})

describe('a deployment', () => {
  const MOST = 35
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...authority(`bureau-${String(index).padStart(33, '0')}`),
      principalArn: `arn:aws:iam::${100_000_000_000 + index}:role/${'r'.repeat(40)}`,
    }))

  test('has room for 35 authorities with doors', async () => {
    const full = await synthesize({ authorities: many(MOST) })
    await full.close()
    expect(full.service.length).toBeLessThanOrEqual(500)
    const policy = JSON.stringify(statementsOf(named(full.service, 'DoorsLandingPolicy')))
      // As long as the names can be that the references stand for
      .replaceAll('DoorsLanding', `arn:aws-cn:s3:::${'b'.repeat(63)}`)
      .replaceAll(/Doorsbureau\d+key/g, `arn:aws-cn:kms:cn-northwest-1:${ACCOUNT}:key/${'k'.repeat(36)}`)
      .replaceAll('SplitFileRole', `arn:aws-cn:iam::${ACCOUNT}:role/${'r'.repeat(64)}`)
    expect(policy.length).toBeLessThanOrEqual(20 * 1024)
    const receipts = JSON.stringify(statementsOf(named(full.storage, 'BucketsDatasetsPolicy')))
    expect(
      receipts.replaceAll('BucketsDatasets', `arn:aws-cn:s3:::${'b'.repeat(63)}`).length,
    ).toBeLessThanOrEqual(20 * 1024)
    expect(full.outputs.length).toBeLessThanOrEqual(200)
  })

  test('with more of them is refused in words', async () => {
    await expect(synthesize({ authorities: many(MOST + 1) })).rejects.toThrow(
      /36 authorities have a principalArn; 35 can have doors/,
    )
  })

  test('tells each authority where its queue is and which key to use', () => {
    for (const code of Object.keys(senders))
      for (const of of ['QueueUrl', 'KeyArn'] as const) expect(app.outputs).toContain(outputName(code, of))
  })
})

function authority(code: string): object {
  return {
    code,
    name: { zh: '示例局', en: 'An example bureau' },
    uscc: '11330200YY0009014P',
    recordTypes: ['licence'],
    contact: 'data@bureau.example',
  }
}

function queueCalled(name: string): Resource {
  const found = ofType(app.service, 'AWS::SQS::Queue').find(
    ({ properties }) => properties['QueueName'] === name,
  )
  if (found === undefined) throw new Error(`there is no queue ${name}`)
  return found
}

function deadOf(kind: QueueName['kind'], code?: string): Resource {
  return queueCalled(queueName(STACK, { kind, dead: true, ...(code !== undefined && { authority: code }) }))
}

function isDead({ properties }: Resource): boolean {
  return parseQueueName(properties['QueueName'] as string)?.dead === true
}

function policyOf(queue: Resource) {
  return statementsOf(named(app.service, `${queue.name}Policy`))
}

function expectShutDeadLetters(queue: Resource, receiver: FunctionName): void {
  expect(policyOf(queue)).toEqual([
    overTlsAlone(queue),
    nobodyBut('OthersSendNothing', 'sqs:SendMessage', queue, []),
    nobodyBut('OthersReceiveNothing', 'sqs:ReceiveMessage', queue, rolesOf(receiver)),
  ])
}

function overTlsAlone({ name }: Resource) {
  const Condition = { Bool: { 'aws:SecureTransport': 'false' } }
  return { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sqs:*', Resource: name, Condition }
}

function nobodyBut(Sid: string, Action: string, { name }: Resource, principals: readonly string[]) {
  const others = principals.length > 0 && { ArnNotLike: { 'aws:PrincipalArn': [...principals] } }
  return {
    ...{ Sid, Effect: 'Deny', Principal: '*', Action, Resource: name },
    Condition: { StringEquals: { 'aws:PrincipalAccount': ACCOUNT }, ...others },
  }
}

function rolesOf(name: FunctionName): readonly string[] {
  const role = `${pascalCase(name)}Role`
  return [role, `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/*`]
}

function mappingsOfQueues() {
  const queues = ofType(app.service, 'AWS::SQS::Queue')
  return ofType(app.service, 'AWS::Lambda::EventSourceMapping').flatMap((mapping) => {
    const { EventSourceArn, FunctionName } = mapping.properties as Record<string, string>
    const queue = queues.find(({ name }) => name === EventSourceArn)
    return queue === undefined ? [] : [{ mapping, queue, target: named(app.service, FunctionName ?? '') }]
  })
}

function targetOf(queue: string): FunctionName | undefined {
  const targets = mappingsOfQueues().filter((each) => each.queue.properties['QueueName'] === queue)
  expect(targets, queue).toHaveLength(1)
  return functionNames.find((name) => pascalCase(name) === targets[0]?.target.name)
}

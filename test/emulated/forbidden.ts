import { randomUUID } from 'node:crypto'
import { CognitoIdentityProviderClient, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import {
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSClient,
  ListKeysCommand,
  SignCommand,
} from '@aws-sdk/client-kms'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { beforeAll, expect, test } from 'vitest'
import { type Credentials, createAccounts, createUser } from '../../emulator/accounts.ts'
import type { EmulatedStack } from '../../emulator/stack.ts'
import { roles } from '../../shared/base/actor.ts'
import { outputName, receiptPrefix } from '../../shared/names.ts'
import { principalOf } from '../api/home.ts'
import { describedRoutes, rights, routes } from '../api/rights.ts'
import { findFunctions, putObject, sessionOf } from './deployed.ts'
import { s3As } from './resources.ts'

const OWN = 'demo-market-regulator'
const OTHER = 'demo-housing-bureau'
/** Reads datasets, and no case. */
const ANALYST = 'analyst'

/** Every call that goes beyond what its caller was given, tried on the deployed policies. */
export function forbidden(opened: () => EmulatedStack): void {
  let there: Things
  beforeAll(async () => {
    there = await list(opened())
  })

  test('an authority sends to its own queue and to no other', async () => {
    const { outputs, authorities } = opened()
    expect(there.queues.length).toBeGreaterThan(2 * Object.keys(authorities).length)
    for (const [code, credentials] of Object.entries(authorities)) {
      const client = new SQSClient({ credentials })
      const foreign = there.queues.filter((url) => url !== outputs[outputName(code, 'QueueUrl')])
      const Entries = [{ Id: '1', MessageBody: '{}' }]
      const calls = foreign.flatMap((QueueUrl) => [
        () => client.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' })),
        () => client.send(new SendMessageBatchCommand({ QueueUrl, Entries })),
      ])
      expect(calls).toHaveLength(2 * (there.queues.length - 1))
      expect(await outcomes(calls)).toEqual(DENIED)
    }
  })

  test('an authority receives from no queue, nor learns what one holds, its own included', async () => {
    const client = new SQSClient(asAuthority(opened()))
    const calls = there.queues.flatMap((QueueUrl) => [
      () => client.send(new ReceiveMessageCommand({ QueueUrl })),
      () => client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })),
      () => client.send(new PurgeQueueCommand({ QueueUrl })),
    ])
    expect(await outcomes([...calls, () => client.send(new ListQueuesCommand({}))])).toEqual(DENIED)
  })

  test('an authority reads nothing that lies in a bucket, and writes into none but the landing bucket', async () => {
    const client = s3As(asAuthority(opened()).credentials)
    const calls = there.buckets.flatMap((Bucket) => [
      () => client.send(new ListObjectsV2Command({ Bucket })),
      () => client.send(new ListObjectVersionsCommand({ Bucket })),
      () => client.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' })),
      () => client.send(new DeleteObjectCommand({ Bucket, Key: LANDED })),
      ...[LANDED, LANDED_BY_OTHER].flatMap((Key) => [
        () => client.send(new GetObjectCommand({ Bucket, Key })),
        () => client.send(new GetObjectTaggingCommand({ Bucket, Key })),
      ]),
    ])
    expect(there.buckets.length).toBeGreaterThan(5)
    expect(await outcomes([...calls, () => client.send(new ListBucketsCommand({}))])).toEqual(DENIED)
  })

  test('an authority puts objects under its own prefix, encrypted by a key, and nowhere else', async () => {
    const { outputs } = opened()
    const client = s3As(asAuthority(opened()).credentials)
    const key = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: outputs[outputName(OWN, 'KeyArn')] } as const
    const put = (Key: string, encryption: object) => () =>
      client.send(new PutObjectCommand({ Bucket: outputs['LandingBucket'], Key, Body: 'x', ...encryption }))
    const copy = (from: string, Key: string) => () => {
      const CopySource = `${outputs['LandingBucket']}/${from}`
      return client.send(new CopyObjectCommand({ Bucket: outputs['LandingBucket'], Key, CopySource, ...key }))
    }
    const calls = [
      put(`${OTHER}/files/x.csv`, key),
      put(`${OTHER}/drop/licence-2018/x.csv`, key),
      put(`${OWN}-2/files/x.csv`, key),
      put('x.csv', key),
      ...[LANDED, LANDED_BY_OTHER].map((from) => copy(from, `${OWN}/files/x.csv`)),
      put(`${OWN}/files/x.csv`, {}),
      put(`${OWN}/files/x.csv`, { ServerSideEncryption: 'AES256' }),
    ]
    expect(await outcomes(calls)).toEqual(DENIED)
    expect(await outcomes([put(`${OWN}/files/x.csv`, key)])).toEqual(['allowed'])
  })

  test('an authority reads receipts under its own prefix; those of others nobody does, an administrator either', async () => {
    const { Environment } = (await findFunctions())['apply-entry']
    const Bucket = Environment?.Variables?.['BUCKET_DATASETS']
    for (const code of [OWN, OTHER])
      await s3As().send(new PutObjectCommand({ Bucket, Key: `${receiptPrefix(code)}there.json`, Body: '{}' }))
    const read = (client: S3Client, code: string) => () =>
      client.send(new GetObjectCommand({ Bucket, Key: `${receiptPrefix(code)}there.json` }))
    const authority = s3As(asAuthority(opened()).credentials)
    const administrator = s3As(await createAdministrator())
    expect(await outcomes([read(authority, OWN)])).toEqual(['allowed'])
    expect(
      await outcomes([read(authority, OTHER), read(administrator, OWN), read(administrator, OTHER)]),
    ).toEqual(DENIED)
  })

  test('an authority reads and writes no table', async () => {
    const client = new DynamoDBClient(asAuthority(opened()))
    const key = { partition: { S: 'head' }, sort: { S: 'head' } }
    const calls = there.tables.flatMap((TableName) => [
      () => client.send(new GetItemCommand({ TableName, Key: key })),
      () => client.send(new ScanCommand({ TableName })),
      () => client.send(new PutItemCommand({ TableName, Item: key })),
      () =>
        client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: '#p = :p',
            ExpressionAttributeNames: { '#p': 'partition' },
            ExpressionAttributeValues: { ':p': key.partition },
          }),
        ),
    ])
    expect(calls).toHaveLength(12)
    expect(await outcomes(calls)).toEqual(DENIED)
  })

  test('an authority decrypts nothing, makes no data key and signs nothing, by its own key either', async () => {
    const client = new KMSClient(asAuthority(opened()))
    const calls = there.keys.flatMap(({ KeyId, CiphertextBlob }) => [
      () => client.send(new DecryptCommand({ KeyId, CiphertextBlob })),
      () => client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })),
    ])
    const sign = new SignCommand({
      ...{ KeyId: opened().outputs['SigningKeyId'], Message: Buffer.from('x'), MessageType: 'RAW' },
      SigningAlgorithm: 'ED25519_SHA_512',
    })
    expect(there.keys.length).toBeGreaterThan(Object.keys(opened().authorities).length)
    expect(await outcomes([...calls, () => client.send(sign)])).toEqual(DENIED)
  })

  test('an authority calls no function, starts no publication and sees no account', async () => {
    const as = asAuthority(opened())
    const { StateMachineArn: stateMachineArn, UserPoolId } = opened().outputs
    const functions = Object.values(await findFunctions())
    const calls = functions.map(
      ({ FunctionName }) =>
        () =>
          new LambdaClient(as).send(new InvokeCommand({ FunctionName, Payload: '{}' })),
    )
    expect(functions.length).toBeGreaterThan(10)
    expect(
      await outcomes([
        ...calls,
        () => new SFNClient(as).send(new StartExecutionCommand({ stateMachineArn, input: '{}' })),
        () => new CognitoIdentityProviderClient(as).send(new ListUsersCommand({ UserPoolId })),
      ]),
    ).toEqual(DENIED)
  })

  test('who may do everything else in the account comes into no queue, and not at what has landed', async () => {
    const credentials = await createAdministrator()
    const { outputs } = opened()
    const queue = new SQSClient({ credentials })
    const object = { Bucket: outputs['LandingBucket'], Key: LANDED }
    const SSEKMSKeyId = outputs[outputName(OWN, 'KeyArn')]
    const encryption = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId } as const
    const objects = s3As(credentials)
    const calls = [
      ...there.queues.flatMap((QueueUrl) => [
        () => queue.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' })),
        () => queue.send(new ReceiveMessageCommand({ QueueUrl })),
      ]),
      () => objects.send(new PutObjectCommand({ ...object, ...encryption, Body: 'x' })),
      () => objects.send(new GetObjectCommand(object)),
    ]
    expect(await outcomes(calls)).toEqual(DENIED)
  })

  test('no bucket answers over plain HTTP, whoever asks', async () => {
    const credentials = await createAdministrator()
    const list = (client: S3Client) =>
      there.buckets.map((Bucket) => () => client.send(new ListObjectsV2Command({ Bucket })))
    expect(await outcomes(list(s3As(credentials)))).toEqual(['allowed'])
    expect(await outcomes(list(overPlainHttp(s3As(credentials))))).toEqual(DENIED)
  })

  test("no queue takes a message over plain HTTP, its own authority's either", async () => {
    const { outputs } = opened()
    const QueueUrl = outputs[outputName(OWN, 'QueueUrl')]
    const send = (client: SQSClient) => () =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'over plain HTTP' }))
    expect(await outcomes([send(overPlainHttp(new SQSClient(asAuthority(opened()))))])).toEqual(DENIED)
  })

  test('an officer in another spelling is nobody, and cannot be made a second one', async () => {
    const { outputs, password } = opened()
    for (const name of ['Officer-One', 'officer-one.', 'ｏfficer-one', 'officer‐one']) {
      await createAccounts(outputs, [name], password)
      const session = sessionOf(opened())
      const answer = await session.call({ method: 'GET', path: '/v1/cases', as: name })
      expect({ name, status: answer.status }).toEqual({ name, status: 401 })
    }
    const session = sessionOf(opened())
    for (const name of ['Officer-One', ' officer-one', 'ｏfficer-one', 'officer‐one']) {
      const json = { name, role: 'compliance' }
      const answer = await session.call({ method: 'POST', path: '/v1/principals', as: 'operator', json })
      expect({ name, status: answer.status }).toEqual({ name, status: 400 })
    }
  })

  test('a path spelt another way leads to no right that the plain one would not give', async () => {
    const session = sessionOf(opened())
    const spellings = ['/v1//cases', '/v1/cases/', '/V1/cases', '/v1/%63ases', '/v1/cases%2f..%2fdatasets']
    for (const path of [...spellings, '/v1/cases/..%2fdatasets', '/v1/signing-key/', '/v1;/cases']) {
      const { status } = await session.call({ method: 'GET', path, as: ANALYST })
      expect({ path, status: [403, 404].includes(status) }).toEqual({ path, status: true })
    }
  })

  test('no request counts that is unsigned, or signed with another secret', async () => {
    const { emulator, authorities } = opened()
    const statuses = there.buckets.map(async (Bucket) => {
      const { status } = await fetch(`${emulator.endpoint}/${Bucket}/${LANDED}`)
      return status
    })
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([403]))
    const forged = s3As({ accessKeyId: authorities[OWN]?.accessKeyId ?? '', secretAccessKey: 'x'.repeat(40) })
    const calls = there.buckets.map((Bucket) => () => forged.send(new ListObjectsV2Command({ Bucket })))
    expect(await outcomes(calls)).toEqual(['SignatureDoesNotMatch'])
  })

  test('the deployed API describes every route, and lets nobody in without a token that holds', async () => {
    const { ApiUrl: url = '' } = opened().outputs
    const document = await (await fetch(`${url}/openapi.json`)).json()
    expect(describedRoutes(document as Record<string, unknown>)).toEqual(routes)
    for (const authorization of ['', 'Bearer x', `Bearer ${forgedToken()}`]) {
      const headers = authorization === '' ? {} : { authorization }
      for (const { method, path } of rights) {
        const answer = await fetch(`${url}${path}`, { method, headers })
        const { code } = (await answer.json()) as { code: string }
        expect({ path, status: answer.status, code }).toEqual({ path, status: 401, code: 'TOKEN_INVALID' })
      }
    }
  })

  test.each(roles)('the role %s is turned away on every route that is not its own', async (role) => {
    const session = sessionOf(opened())
    const others = rights.filter((right) => !right.roles.includes(role))
    expect(others.length).toBeGreaterThan(5)
    for (const { method, path, json } of others) {
      const { status, body } = await session.call({ method, path, as: principalOf[role], json })
      const { code } = body as { code: string }
      expect({ path, status, code }).toEqual({ path, status: 403, code: 'FORBIDDEN' })
    }
  })
}

type Things = {
  readonly queues: readonly string[]
  readonly tables: readonly string[]
  readonly buckets: readonly string[]
  /** Those that encrypt, each with something that it encrypted. */
  readonly keys: readonly { readonly KeyId: string; readonly CiphertextBlob: Uint8Array }[]
}

/** What there is to be reached, as the account's root sees it; in each bucket lies something. */
async function list(stack: EmulatedStack): Promise<Things> {
  const { QueueUrls: queues = [] } = await new SQSClient().send(new ListQueuesCommand({}))
  const { TableNames: tables = [] } = await new DynamoDBClient().send(new ListTablesCommand({}))
  const { Buckets = [] } = await s3As().send(new ListBucketsCommand({}))
  const buckets = Buckets.flatMap(({ Name = '' }) => (Name.startsWith(`${stack.name}-`) ? [Name] : []))
  await putObject(stack, OWN, LANDED, Buffer.from('x'))
  await putObject(stack, OTHER, LANDED_BY_OTHER, Buffer.from('x'))
  for (const Bucket of buckets) {
    if (Bucket === stack.outputs['LandingBucket']) continue
    await s3As().send(new PutObjectCommand({ Bucket, Key: LANDED, Body: 'x' }))
  }
  return { queues, tables, buckets, keys: await encryptWithEach() }
}

const LANDED = `${OWN}/files/there.csv`
const LANDED_BY_OTHER = `${OTHER}/files/there.csv`

async function encryptWithEach(): Promise<Things['keys']> {
  const client = new KMSClient()
  const { Keys = [] } = await client.send(new ListKeysCommand({}))
  const encrypted = Keys.map(async ({ KeyId = '' }) => {
    try {
      const { CiphertextBlob } = await client.send(
        new EncryptCommand({ KeyId, Plaintext: Buffer.from('secret') }),
      )
      return CiphertextBlob === undefined ? [] : [{ KeyId, CiphertextBlob }]
    } catch {
      // The one that signs
      return []
    }
  })
  return (await Promise.all(encrypted)).flat()
}

const DENIED = ['denied']

/** How the calls ended, each way once. What fails for another reason was let in. */
async function outcomes(calls: readonly (() => Promise<unknown>)[]): Promise<readonly string[]> {
  const ends = new Set<string>()
  for (const call of calls) {
    ends.add(
      await call().then(
        () => 'allowed',
        ({ name }: Error) => (/^AccessDenied(Exception)?$/.test(name) ? 'denied' : name),
      ),
    )
  }
  return [...ends]
}

function asAuthority({ authorities }: EmulatedStack): { credentials: Credentials } {
  return { credentials: authorities[OWN] ?? { accessKeyId: '', secretAccessKey: '' } }
}

async function createAdministrator(): Promise<Credentials> {
  const UserName = `administrator-${randomUUID()}`
  const credentials = await createUser(UserName)
  const Statement = [{ Effect: 'Allow', Action: '*', Resource: '*' }]
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await new IAMClient().send(new PutUserPolicyCommand({ UserName, PolicyName: 'all', PolicyDocument }))
  return credentials
}

// The emulator serves TLS alone; as a load balancer's backend it believes what it is told of the outside
function overPlainHttp<Client extends S3Client | SQSClient>(client: Client): Client {
  const stack = client.middlewareStack as S3Client['middlewareStack']
  stack.add(
    (next) => (args) => {
      ;(args.request as { headers: Record<string, string> }).headers['x-forwarded-proto'] = 'http'
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  return client
}

/** Well-formed, and signed by nobody whom the deployment trusts. */
function forgedToken(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { username: 'operator', token_use: 'access', exp: Math.floor(Date.now() / 1000) + 600 }
  return [part({ alg: 'RS256', kid: 'x' }), part(claims), 'c2lnbmF0dXJl'].join('.')
}

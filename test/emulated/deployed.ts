import { createPublicKey } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { type FunctionConfiguration, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { untilPublished } from '../../bin/commands/dataset.ts'
import { push } from '../../bin/pushed.ts'
import type { Session } from '../../bin/session.ts'
import { openStackSession } from '../../bin/stack-session.ts'
import { bringUp, type EmulatedStack, findStack, takeDown, useEmulator } from '../../emulator/stack.ts'
import { openLargeValues } from '../../shared/aws/large-values.ts'
import { openObjects } from '../../shared/aws/objects.ts'
import { openStore } from '../../shared/aws/store.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { type FunctionName, functionNames, outputName } from '../../shared/names.ts'
import { type Area, areas, type Objects, type SealingStore } from '../../shared/ports.ts'
import type { PartReference } from '../../shared/records/part.ts'
import { environmentSchema } from '../../shared/settings.ts'
import { type Place, type Pushed, publishOrder, readExample } from '../journey/journey.ts'
import { TOOLS } from './prepare.ts'
import { s3As } from './resources.ts'

/** The stack that `npm run stack -- up` brought up and names here, or one of this test file's own. */
export async function openStack(): Promise<{ stack: EmulatedStack; close(): Promise<void> }> {
  const up = process.env['STACK_DIRECTORY']
  if (up !== undefined) {
    const stack = await findStack(up)
    if (stack === undefined) throw new Error(`no stack is up in ${up}`)
    useEmulator(stack.emulator)
    return { stack, close: async () => undefined }
  }
  const directory = await mkdtemp(join(tmpdir(), 'stack-'))
  const stack = await bringUp('test', { tools: TOOLS, directory })
  return { stack, close: () => takeDown(directory) }
}

/** A session of one authority: its own AWS keys, and its principal's token. */
export function sessionOf({ outputs, password, authorities }: EmulatedStack, authority?: string): Session {
  const credentials = authority === undefined ? undefined : authorities[authority]
  return openStackSession({ outputs, signIn: { password }, ...(credentials && { credentials }) })
}

export async function openPlace(stack: EmulatedStack): Promise<Place> {
  const session = sessionOf(stack)
  return {
    call: session.call,
    push: (file) => doors[file.layout]?.(stack, file) ?? pushByQueue(stack, file),
    publish: async () =>
      untilPublished(session, { as: 'steward', started: await session.call(publishOrder) }),
    verifierKey: await readVerifierKey(stack),
  }
}

/** The deployed functions, as the account's root sees them. */
export async function findFunctions(): Promise<Readonly<Record<FunctionName, FunctionConfiguration>>> {
  const { Functions = [] } = await new LambdaClient().send(new ListFunctionsCommand({ MaxItems: 50 }))
  const named = Functions.map((each) => [each.Environment?.Variables?.['FUNCTION_NAME'], each] as const)
  const found = new Map(named)
  return Object.fromEntries(functionNames.map((name) => [name, found.get(name) ?? {}])) as Record<
    FunctionName,
    FunctionConfiguration
  >
}

/** The deployed store, as the account's root sees it. */
export async function openStoreAsRoot(): Promise<SealingStore> {
  const { Environment } = (await findFunctions())['api-data']
  const { TABLE_RECORDS, TABLE_CASES, TABLE_LEDGER, BUCKET_RECORDS } = environmentSchema.parse(
    Environment?.Variables,
  )
  const names = { records: TABLE_RECORDS, cases: TABLE_CASES, ledger: TABLE_LEDGER }
  const large = openLargeValues({ client: s3As(), bucket: BUCKET_RECORDS })
  return openStore({ client: new DynamoDBClient(), names, large })
}

/** The deployed archive, as the account's root sees it. */
export async function openArchiveAsRoot(): Promise<Objects> {
  const { Environment } = (await findFunctions())['api-data']
  const { BUCKET_RECORDS } = environmentSchema.parse(Environment?.Variables)
  const names = Object.fromEntries(areas.map((area) => [area, BUCKET_RECORDS])) as Record<Area, string>
  return openObjects({ client: s3As(), names })
}

type File = Parameters<Place['push']>[0]

/** Each of the examples by another of the doors there are. */
const doors: Readonly<Record<string, (stack: EmulatedStack, file: File) => Promise<Pushed>>> = {
  registration: pushByQueue,
  'licence-2018': pushByDrop,
  'penalty-2018': pushByPointer,
}

/** As the command line does: records, minimised, in one message. */
async function pushByQueue(stack: EmulatedStack, { authority, layout, name }: File): Promise<Pushed> {
  const file = { contentType: 'text/csv', bytes: await readExample(name) }
  return push(sessionOf(stack, authority), { authority, layout, submissionId: `journey-${layout}`, file })
}

/** A file whose name says all: S3 tells of it. */
async function pushByDrop(stack: EmulatedStack, { authority, layout, name }: File): Promise<Pushed> {
  const submissionId = `journey-${layout}`
  await putObject(
    stack,
    authority,
    `${authority}/drop/${layout}/${submissionId}.csv`,
    await readExample(name),
  )
  return untilApplied(stack, authority, submissionId)
}

/** A file, and a message that points to it. */
async function pushByPointer(stack: EmulatedStack, { authority, layout, name }: File): Promise<Pushed> {
  const bytes = await readExample(name)
  const key = `${authority}/files/${name}`
  const versionId = await putObject(stack, authority, key, bytes)
  const submissionId = `journey-${layout}`
  await send(stack, authority, {
    ...{ schemaVersion: '1', submissionId, layout, sentAt: new Date().toISOString() },
    object: { key, versionId, sha256: sha256(bytes) },
  })
  return untilApplied(stack, authority, submissionId)
}

/** Puts an object as an authority, under a key of KMS of whichever authority `under` says. */
export async function putObject(
  { outputs, authorities }: EmulatedStack,
  authority: string,
  Key: string,
  Body: Uint8Array,
  under = authority,
): Promise<string> {
  const { VersionId } = await s3As(authorities[authority]!).send(
    new PutObjectCommand({
      ...{ Bucket: outputs['LandingBucket']!, Key, Body },
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: outputs[outputName(under, 'KeyArn')],
    }),
  )
  return VersionId ?? ''
}

/** Sends as one authority, to its own queue or another's. */
export async function send(
  { outputs, authorities }: EmulatedStack,
  authority: string,
  message: unknown,
  to = authority,
): Promise<void> {
  const QueueUrl = outputs[outputName(to, 'QueueUrl')]
  const MessageBody = typeof message === 'string' ? message : JSON.stringify(message)
  const client = new SQSClient({ credentials: authorities[authority]! })
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody }))
}

export type Receipt = Pushed & {
  readonly sha256: string
  readonly parts: readonly PartReference[]
  readonly refusal?: { readonly code: string }
}

/** Asks for a receipt as the authority until its submission is applied, or refused whole. */
export async function untilApplied(
  stack: EmulatedStack,
  authority: string,
  submissionId: string,
): Promise<Receipt> {
  const session = sessionOf(stack)
  const path = `/v1/receipts/${authority}/${submissionId}`
  for (;;) {
    const { status, body } = await session.call({ method: 'GET', path, as: authority })
    const state = body as { status: string; receipt: Receipt } & Pick<
      Receipt,
      'entry' | 'applied' | 'records'
    >
    if (status === 200 && state.status === 'applied') {
      return { ...state.receipt, entry: state.entry, applied: state.applied, records: state.records }
    }
    // 404: not accepted yet; 503: what a busy machine keeps waiting may pass, as the API says itself
    if (![200, 404, 503].includes(status)) throw new Error(JSON.stringify(body))
    await sleep(200)
  }
}

async function readVerifierKey({ outputs }: EmulatedStack): Promise<Uint8Array> {
  const { PublicKey } = await new KMSClient().send(
    new GetPublicKeyCommand({ KeyId: outputs['SigningKeyId'] }),
  )
  const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
}

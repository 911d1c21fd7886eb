import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { stamp } from '../../bin/collector/collect.ts'
import { type MinimisedFile, minimiseFile } from '../../bin/minimised-file.ts'
import type { Submitted } from '../../bin/session.ts'
import { openStackSession } from '../../bin/stack-session.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { systemClock } from '../../shared/base/instant.ts'
import { refusedId } from '../../shared/ingest/accept.ts'
import { contentSha256 } from '../../shared/ingest/envelope.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import type { Mends } from '../../shared/ingest/mends.ts'
import { type AuthorityMessage, parseMessage } from '../../shared/ingest/message.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { checkContent, checkSender } from '../../shared/ingest/sender.ts'
import { makeKeyPair, signing } from '../authorities/keys.ts'
import { csvOf, rows, streamOf, withWorld } from '../ingest/sample.ts'

const sqs = mockClient(SQSClient)
const s3 = mockClient(S3Client)
const own = await makeKeyPair()
const authority = signing(own)
const layout = findLayout('penalty-2018') ?? missing()
const session = openStackSession({
  outputs: {
    StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:x',
    LandingBucket: 'landing',
    Authority0QueueUrl: 'https://queue',
    Authority0KeyArn: 'arn:aws:kms:us-east-1:000000000000:key/x',
  },
  signIn: {},
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
})

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'credit-fusion-stack-'))
})
afterAll(() => rm(directory, { recursive: true }))
beforeEach(() => {
  sqs.reset()
  s3.reset()
  sqs.on(SendMessageCommand).resolves({})
  s3.on(PutObjectCommand).resolves({ VersionId: 'v1' })
})

async function minimise(count: number): Promise<MinimisedFile> {
  const row = rows['penalty-2018']
  const table = Array.from({ length: count }, (_, n) => [
    ...Object.values({ ...row, CF_WSH: `示罚〔2026〕${n}号` }),
    '张三',
  ])
  const bytes = streamOf(Buffer.from(csvOf([[...Object.keys(row), 'CF_FRDB'], ...table])))
  return minimiseFile({ format: 'csv', bytes }, { layout, to: join(directory, `${count}.ndjson`) })
}

async function send(
  content: MinimisedFile,
  mends?: Mends,
): Promise<{ message: AuthorityMessage; submitted: Submitted }> {
  const { file: _, ...measured } = content
  const head = { authority: authority.code, layout: layout.name, submissionId: content.contentSha256 }
  const sender = { authority: authority.code, key: own.privateJwk, now: systemClock }
  const { sentAt, signature } = await stamp({ ...head, ...measured, mends }, sender)
  const submitted = await session.submitMinimised({
    ...{ ...head, as: '', sentAt, signature, content },
    ...(mends !== undefined && { mends }),
  })
  const body = sqs.commandCalls(SendMessageCommand)[0]?.args[0].input.MessageBody ?? ''
  expect(submitted).toEqual({ sha256: content.contentSha256, refusedId: refusedId(sha256(body)) })
  expect(body).not.toContain('张三')
  return { message: parseMessage(body), submitted }
}

describe('what a collector puts into an authority’s queue', () => {
  test('is an envelope whose signature holds where it is received, and which has the hash that was signed', async () => {
    const content = await minimise(3)
    const { message } = await send(content)
    if (message.kind !== 'envelope') throw new Error(message.kind)
    await withWorld(async (plain) => {
      const world = { ...plain, now: systemClock }
      const received = await receiveSubmission(world, { authority, head: message.envelope })
      expect(received).toMatchObject({ outcome: 'received', draft: { sha256: content.contentSha256 } })
    })
    expect(s3.commandCalls(PutObjectCommand)).toEqual([])
  })

  test('is a pointer, where it is large, whose signature holds for the file that it points to', async () => {
    const content = await minimise(8_000)
    const { message } = await send(content)
    if (message.kind !== 'pointer') throw new Error(message.kind)
    const { object, signature, ...head } = message.pointer
    expect(object.sha256).toBe(content.sha256)
    await withWorld(async (plain) => {
      const world = { ...plain, now: systemClock }
      const sender = await checkSender(world, { authority, head, signature })
      if ('refusal' in sender) throw new Error(sender.refusal.code)
      expect(checkContent(sender, () => contentSha256(head.layout, object.sha256))).toBeUndefined()
      expect(checkContent(sender, () => contentSha256(head.layout, sha256('x')))).toMatchObject({
        code: 'SIGNATURE_REBOUND',
      })
    })
  })
})

test.each([
  ['an envelope', 3],
  ['a pointer', 8_000],
])('what is mended is named in %s, and a signature covers it', async (_, count) => {
  const mends = { submissionId: 'first', places: Array.from({ length: count }, (_, at) => at) }
  const { message } = await send(await minimise(count), mends)
  if (message.kind === 'unreadable') throw new Error(message.refusal.code)
  const { signature, ...head } = message.kind === 'envelope' ? message.envelope : message.pointer
  expect(head.mends).toEqual(mends)
  await withWorld(async (plain) => {
    const world = { ...plain, now: systemClock }
    expect(await checkSender(world, { authority, head, signature })).not.toHaveProperty('refusal')
    const other = { ...head, mends: { ...mends, submissionId: 'second' } }
    expect(await checkSender(world, { authority, head: other, signature })).toMatchObject({
      refusal: { code: 'SIGNATURE_REBOUND' },
    })
  })
})

test('of a file that holds nothing, nothing is left', async () => {
  const path = join(directory, 'empty.ndjson')
  await writeFile(path, '')
  const bytes = streamOf(Buffer.from(csvOf([Object.keys(rows['penalty-2018'])])))
  const content = await minimiseFile({ format: 'csv', bytes }, { layout, to: path })
  expect(content).toMatchObject({ sizeBytes: 0, sha256: sha256('') })
  expect(content.contentSha256).toBe(contentSha256(layout.name, sha256('[]')))
})

function missing(): never {
  throw new Error('there is none')
}

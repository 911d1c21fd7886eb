import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { sha256 } from '../shared/base/digest.ts'
import { Failure } from '../shared/base/failure.ts'
import { refusedId } from '../shared/ingest/accept.ts'
import { ENVELOPE_VERSION } from '../shared/ingest/envelope.ts'
import { findMediaType } from '../shared/ingest/formats/registry.ts'
import { findLayout } from '../shared/ingest/layouts/registry.ts'
import { landingPrefix, outputName } from '../shared/names.ts'
import { CommandEnd } from './command-end.ts'
import { readMinimised, refused, withMinimised } from './minimised-file.ts'
import {
  type MinimisedSubmission,
  readAnswer,
  requestInit,
  type Session,
  type Submission,
  type Submitted,
} from './session.ts'
import { askForToken, readSignIn, type SignIn } from './sign-in.ts'

/** The stacks' outputs, by name. */
type Outputs = Readonly<Record<string, string>>

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

export type StackOptions = {
  readonly outputs: Outputs
  readonly signIn: SignIn
  /** An authority's own, where they are not those of the environment. */
  readonly credentials?: Credentials
}

/**
 * A session on a deployed stack: requests go to its API, submissions into the authority's queue, signed with the AWS
 * credentials of the environment.
 */
export function openStackSession({ outputs, signIn, credentials }: StackOptions): Session {
  const region = regionOf(outputs)
  const clientOptions = { region, ...(credentials && { credentials }) }
  const pool = { region, clientId: outputs['UserPoolClientId'] }
  const tokens = new Map<string, Promise<string>>()
  const token = (principal: string): Promise<string> => {
    const known = tokens.get(principal) ?? askForToken(pool, signIn, principal)
    tokens.set(principal, known)
    return known
  }
  return {
    token,
    // Functions do, woken by what comes in
    work: () => undefined,
    async call(request) {
      const url = `${wanted(outputs, 'ApiUrl')}${request.path}`
      return readAnswer(await fetch(url, requestInit(request, await token(request.as))))
    },
    submit: (submission) => submit(outputs, clientOptions, submission),
    submitMinimised: (submission) => send(outputs, clientOptions, submission),
    close: async () => undefined,
  }
}

/** Reads the outputs that `cdk deploy --outputs-file` wrote for a stack, and how to sign in from the environment. */
export function readStackOptions(name: string, variables: NodeJS.ProcessEnv = process.env): StackOptions {
  const directory = variables['CREDIT_FUSION_STACKS'] ?? '.local/stacks'
  const path = join(directory, `${name}.json`)
  if (!existsSync(path)) throw new CommandEnd(2, 'STACK_UNKNOWN', `there is no ${path}`)
  const byStack = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, Outputs>>
  return { outputs: Object.assign({}, ...Object.values(byStack)), signIn: readSignIn(variables) }
}

type ClientOptions = { readonly region: string; readonly credentials?: Credentials }

async function submit(outputs: Outputs, options: ClientOptions, submission: Submission): Promise<Submitted> {
  const { layout: name, file: sent, ...head } = submission
  const layout = findLayout(name)
  if (layout === undefined) throw refused({ code: 'LAYOUT_UNKNOWN', path: '/layout' })
  const bytes = sent.bytes instanceof Uint8Array ? [sent.bytes] : sent.bytes
  const file = { format: findMediaType(sent.contentType), bytes: Readable.from(bytes) }
  return withMinimised(file, layout, (content) => send(outputs, options, { ...head, layout: name, content }))
}

async function send(
  outputs: Outputs,
  options: ClientOptions,
  { authority, layout, submissionId, sentAt, signature, mends, content }: MinimisedSubmission,
): Promise<Submitted> {
  const head = { schemaVersion: ENVELOPE_VERSION, submissionId, layout, sentAt, signature, mends }
  const body =
    content.form === 'records'
      ? JSON.stringify({ ...head, records: await readMinimised(content.file) })
      : JSON.stringify({ ...head, object: await land(outputs, options, { authority, content }) })
  const QueueUrl = wanted(outputs, outputName(authority, 'QueueUrl'))
  await translated(() => new SQSClient(options).send(new SendMessageCommand({ QueueUrl, MessageBody: body })))
  return { sha256: content.contentSha256, refusedId: refusedId(sha256(body)) }
}

async function land(
  outputs: Outputs,
  options: ClientOptions,
  { authority, content }: Pick<MinimisedSubmission, 'authority' | 'content'>,
) {
  const { file, sizeBytes, sha256 } = content
  const key = `${landingPrefix(authority)}files/${sha256}.ndjson`
  const client = new S3Client({
    ...options,
    forcePathStyle: process.env['AWS_ENDPOINT_URL_S3'] !== undefined,
  })
  const { VersionId = '' } = await translated(() =>
    client.send(
      new PutObjectCommand({
        Bucket: wanted(outputs, 'LandingBucket'),
        Key: key,
        Body: createReadStream(file),
        ContentLength: sizeBytes,
        // Stated, so that S3 checks it, and the SDK need not work it out on the way
        ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: wanted(outputs, outputName(authority, 'KeyArn')),
      }),
    ),
  )
  return { key, versionId: VersionId, sha256 }
}

async function translated<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : ''
    if (/AccessDenied/.test(name))
      throw new CommandEnd(3, 'FORBIDDEN', 'these credentials may not use this door')
    throw new Failure('DOOR_UNREACHABLE', { retryable: true, facts: { fault: name }, cause })
  }
}

function wanted(outputs: Outputs, name: string): string {
  const value = outputs[name]
  if (value === undefined) throw new CommandEnd(2, 'OUTPUT_MISSING', `the stack has no output ${name}`)
  return value
}

function regionOf(outputs: Outputs): string {
  // arn:aws:states:<region>:…
  return wanted(outputs, 'StateMachineArn').split(':')[3] ?? ''
}

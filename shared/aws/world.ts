import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { z } from 'zod'
import { checkedAuthoritiesSchema } from '../authorities/authorities-file.ts'
import { Failure } from '../base/failure.ts'
import { systemClock } from '../base/instant.ts'
import { jsonPointer } from '../base/json-pointer.ts'
import { isKept } from '../ledger/log.ts'
import type { Area, EcdsaSigner, ObjectKey, Queue, Signer, World } from '../ports.ts'
import {
  type Authority,
  type Environment,
  environmentSchema,
  findAuthority,
  ledgerSettingsSchema,
  policySchema,
  type Settings,
  settingsPlace,
  settingsProblem,
} from '../settings.ts'
import { openLargeValues } from './large-values.ts'
import { openObjects } from './objects.ts'
import { openQueue } from './queue.ts'
import { openEcdsaSigner, openSigner } from './signer.ts'
import { openStore } from './store.ts'
import type { LargeValues } from './value.ts'

/** A World on DynamoDB, S3, SQS and KMS, as a function sees it; its role decides what of it answers. */
export type AwsWorld = World & {
  /** Where the settings want one, and of the sealer alone. */
  readonly secondSigner?: EcdsaSigner
  readonly environment: Environment
  readonly s3: S3Client
  readonly sqs: SQSClient
  /** Files that wait to be read: pointers, and what was dropped. */
  readonly files: Queue
  /** Where values too large for a message lie. */
  readonly large: LargeValues
}

/** Throws `SETTINGS_INVALID` with the place of the fault. */
export async function openAws(variables: NodeJS.ProcessEnv = process.env): Promise<AwsWorld> {
  const environment = parseSettings('environment', environmentSchema, variables)
  const s3 = new S3Client({ forcePathStyle: environment.S3_PATH_STYLE === 'true' })
  const sqs = new SQSClient()
  const large = openLargeValues({ client: s3, bucket: environment.BUCKET_RECORDS })
  const queue = (url: string): Queue => openQueue({ client: sqs, url, large })
  const { TABLE_RECORDS: records, TABLE_CASES: cases, TABLE_LEDGER: ledger } = environment
  const settings = readDeployment()
  const { outboxShards } = settings.ledger
  return {
    environment,
    s3,
    sqs,
    large,
    files: queue(environment.QUEUE_FILES_URL),
    store: openStore({
      client: new DynamoDBClient(),
      names: { records, cases, ledger },
      large,
      outboxShards,
    }),
    objects: openObjects({ client: s3, names: bucketsOf(environment), lockedDays }),
    queues: { inbox: queue(environment.QUEUE_INBOX_URL), sealed: queue(environment.QUEUE_SEALED_URL) },
    ...(await signersOf(environment)),
    now: systemClock,
    settings,
  }
}

/** Seven years, as long as comparable audit stores keep theirs (GOV.UK One Login's TxMA). */
const LOG_KEPT_DAYS = 7 * 365

function lockedDays({ area, path }: ObjectKey): number | undefined {
  return area === 'ledger' && isKept(path) ? LOG_KEPT_DAYS : undefined
}

function bucketsOf(environment: Environment): Readonly<Record<Area, string>> {
  return {
    archive: environment.BUCKET_RECORDS,
    batches: environment.BUCKET_RECORDS,
    ledger: environment.BUCKET_LEDGER,
    datasets: environment.BUCKET_DATASETS,
    evidence: environment.BUCKET_EVIDENCE,
    packages: environment.BUCKET_PACKAGES,
    receipts: environment.BUCKET_DATASETS,
  }
}

async function signersOf({ SIGNING_KEY_ID: keyId, SECOND_SIGNING_KEY_ID: secondKeyId }: Environment) {
  return {
    signer: keyId === undefined ? noSigner : await openSigner(new KMSClient(), keyId),
    ...(secondKeyId !== undefined && { secondSigner: await openEcdsaSigner(new KMSClient(), secondKeyId) }),
  }
}

// Most functions sign nothing, and are told of no key
const noSigner: Signer = {
  get verifierKey(): never {
    throw new Failure('SIGNER_NOT_GIVEN', { retryable: false })
  },
  sign: async () => {
    throw new Failure('SIGNER_NOT_GIVEN', { retryable: false })
  },
}

/** What was decided of the deployment, deployed with the code. */
function readDeployment(): Settings {
  const { authorities } = readDeployed('authorities.json', checkedAuthoritiesSchema)
  return {
    authorities,
    policy: readDeployed('policy.json', policySchema),
    ledger: readDeployed('ledger.json', ledgerSettingsSchema),
  }
}

/** The authority that a door names. Throws `AUTHORITY_UNKNOWN`: the file that was deployed has it no more. */
export function authorityOf({ settings }: AwsWorld, code = ''): Authority {
  const found = findAuthority(settings, code)
  if (found === undefined) throw new Failure('AUTHORITY_UNKNOWN', { retryable: false })
  return found
}

/** One of the deployment's files, beside the function's code. */
export function readDeployed<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> {
  const path = join(process.env['LAMBDA_TASK_ROOT'] ?? '.', file)
  return parseSettings(file, schema, JSON.parse(readFileSync(path, 'utf8')))
}

function parseSettings<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  value: unknown,
): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const path = jsonPointer(settingsPlace(parsed.error))
  const facts = { file, path, problem: settingsProblem(parsed.error) }
  throw new Failure('SETTINGS_INVALID', { retryable: false, facts })
}

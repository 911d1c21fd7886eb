import { z } from 'zod'

/** What authorities send. A `withdrawal` takes back, corrects or repairs what was sent as another type. */
export const recordTypes = [
  'registration',
  'registration-change',
  'cancellation',
  'licence',
  'penalty',
  'abnormal-listing',
  'serious-listing',
  'judgment-default',
  'taxpayer-grade',
  'tax-violation',
  'customs-class',
  'qualification',
  'commitment',
  'withdrawal',
] as const
export type RecordType = (typeof recordTypes)[number]

/** The public half of a key that signs (Ed25519, RFC 8037). Strict: a private member has no place in it. */
export const signingJwkSchema = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'not 32 bytes in base64url'),
  kid: z.string().max(200).optional(),
  use: z.literal('sig').optional(),
  alg: z.enum(['EdDSA', 'Ed25519']).optional(),
})

// As fine as an instant may be written
const declaredInstant = z.iso.datetime({ offset: true }).regex(/^[^.]*(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/)

const declaredKeySchema = z
  .strictObject({
    jwk: signingJwkSchema,
    /** Half-open: it signs from the one on, and at the other no more. */
    notBefore: declaredInstant,
    notAfter: declaredInstant.optional(),
  })
  .refine(({ notBefore, notAfter }) => !(Date.parse(notAfter ?? '') <= Date.parse(notBefore)), {
    message: 'the key ends before it begins',
    path: ['notAfter'],
  })

export const authoritySchema = z.strictObject({
  /** Names the authority in keys, paths and commands. */
  code: z.string().regex(/^[a-z0-9][a-z0-9-]{1,39}$/),
  name: z.strictObject({ zh: z.string().min(1), en: z.string().min(1) }),
  /** The authority's own unified social credit code (GB 32100). */
  uscc: z.string().length(18),
  /** What it may send; anything else is refused whole. */
  recordTypes: z.array(z.enum(recordTypes)).min(1),
  /** An office, never a person: a mailbox or a switchboard. */
  contact: z.string().min(1),
  /** The AWS principal that may send to its queue and drop files; without one it has neither door. */
  principalArn: z
    .string()
    .regex(/^arn:aws(-cn|-us-gov)?:iam::\d{12}:(user|role)\/[\w+=,.@/-]+$/)
    .optional(),
  /** A queue of its own on SQS, in the deployment's region, which is told of each receipt; no FIFO queue. */
  replyQueueArn: z
    .string()
    .regex(/^arn:aws(-cn|-us-gov)?:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}$/)
    .optional(),
  /** Whether what comes without a signature is refused; a signature that comes is verified in any case. */
  requireSignature: z.boolean().optional(),
  /** The keys it begins with, the newest last; from the first rotation on those that are stored count. */
  signingKeys: z.array(declaredKeySchema).optional(),
})
export type Authority = z.infer<typeof authoritySchema>

export const authoritiesFileSchema = z
  .strictObject({ authorities: z.array(authoritySchema).min(1) })
  .refine((file) => new Set(file.authorities.map((each) => each.code)).size === file.authorities.length, {
    message: 'two authorities have the same code',
  })

export const policySchema = z.strictObject({
  /** Individual businesses (个体工商户) may be stored, never published. */
  admitIndividualBusinesses: z.boolean().default(false),
  /** Codes that pass both as a USCC and as a resident ID and are known to be organisations. */
  ambiguousCodes: z.array(z.string().length(18)).default([]),
  /** How far ahead of our clock a `sentAt` may lie. */
  clockSkewSeconds: z.int().min(0).max(300).default(0),
  /**
   * How many days after the day of receipt, in China, corrections may come. Days of the calendar: which days are worked
   * the State Council announces anew each year. Eleven hold the seven working days of double publicity from any day of
   * the week on.
   */
  correctionDays: z.int().min(1).max(366).default(11),
  /** Files a dataset version is divided into: bucket[N](code). Changing it means a full build. */
  bucketCount: z.int().min(1).max(4096).default(16),
  /** Most organisations one case may name. */
  caseOrganisationLimit: z.int().min(1).max(50).default(10),
  /** How long an approval of a case holds. */
  approvalTtlHours: z.int().min(1).max(720).default(72),
  /** How long a released package waits for its download. 30 days at most: after that a stored one is removed. */
  packageTtlHours: z.int().min(1).max(720).default(720),
})
/** What a deployment decides for itself. */
export type Policy = z.infer<typeof policySchema>

export const ledgerSettingsSchema = z.strictObject({
  /** The log's name, in its checkpoints and its keys: unique among all logs, for good (C2SP tlog-checkpoint, origin). */
  origin: z
    .string()
    .regex(/^[^\s+]{1,100}$/)
    .default('credit-fusion.invalid/ledger'),
  /** Partitions that waiting entries are spread over; DynamoDB takes about 330 entries a second in each. */
  outboxShards: z.int().min(1).max(64).default(1),
  /** Whether a second key signs each checkpoint as well, for those who verify no Ed25519. */
  secondSigner: z.enum(['none', 'ecdsa-p256']).default('none'),
  /** Who is shown each checkpoint (C2SP tlog-witness): where they take it, and the key they sign with. */
  witnesses: z.array(z.strictObject({ url: z.url(), vkey: z.string() })).default([]),
  /** How often a home looks at its own log and shows it to them; on AWS that is each hour. */
  watchMinutes: z.int().min(1).max(1440).default(60),
})

export type Settings = {
  readonly authorities: readonly Authority[]
  readonly policy: Policy
  /** What the deployment decides of its ledger. */
  readonly ledger: z.infer<typeof ledgerSettingsSchema>
}

/** What is wrong with a file of settings, without a word of it: what stands in for a name there may be anything. */
export function settingsProblem({ issues: [issue] }: z.ZodError): string {
  return issue?.code === 'unrecognized_keys' ? 'a member that there is not' : (issue?.message ?? '')
}

/** Where in a file of settings that is: the member itself that there is not, unless its name could be a number. */
export function settingsPlace({ issues: [issue] }: z.ZodError): readonly PropertyKey[] {
  const path = issue?.path ?? []
  const [unknown = ''] = issue?.code === 'unrecognized_keys' ? issue.keys : []
  return /^[A-Za-z]{1,60}$/.test(unknown) ? [...path, unknown] : path
}

export function findAuthority(settings: Settings, code: string): Authority | undefined {
  return settings.authorities.find((authority) => authority.code === code)
}

/**
 * The environment of every function. A function is told of all tables, buckets and queues; its role decides what it
 * reaches. The deployment's files lie beside its code.
 */
export const environmentSchema = z.object({
  /** One of names.ts. */
  FUNCTION_NAME: z.string(),
  TABLE_RECORDS: z.string(),
  TABLE_CASES: z.string(),
  TABLE_LEDGER: z.string(),
  /** Archive, batches and large values. */
  BUCKET_RECORDS: z.string(),
  BUCKET_LEDGER: z.string(),
  BUCKET_DATASETS: z.string(),
  BUCKET_EVIDENCE: z.string(),
  BUCKET_PACKAGES: z.string(),
  BUCKET_LANDING: z.string(),
  QUEUE_INBOX_URL: z.string(),
  QUEUE_SEALED_URL: z.string(),
  QUEUE_FILES_URL: z.string(),
  /** The KMS key of the signer; for the functions that sign, and the one that tells its public half. */
  SIGNING_KEY_ID: z.string().optional(),
  /** The KMS key of the checkpoints' second signature; for the sealer, where the settings want one. */
  SECOND_SIGNING_KEY_ID: z.string().optional(),
  /** The issuer of access tokens; for the API. */
  ISSUER: z.string().optional(),
  JWKS_URI: z.string().optional(),
  CLIENT_ID: z.string().optional(),
  PUBLISH_STATE_MACHINE: z.string().optional(),
  FULFIL_FUNCTION: z.string().optional(),
  /** The emulator serves buckets by path. */
  S3_PATH_STYLE: z.enum(['true', 'false']).default('false'),
})
export type Environment = z.infer<typeof environmentSchema>

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publicationKey } from '../../shared/datasets/keys.ts'
import { archivedCheckpointPath, isKept } from '../../shared/ledger/log.ts'
import { pendingShard } from '../../shared/ledger/outbox.ts'
import { tilePath } from '../../shared/ledger/tile.ts'
import { policySchema } from '../../shared/settings.ts'
import {
  ACCOUNT,
  named,
  ofType,
  type Resource,
  SYNTHESIS_TIMEOUT_MS,
  type Synthesized,
  senders,
  statementsOf,
  synthesize,
} from './templates.ts'

let app: Synthesized
let all: readonly Resource[]
beforeAll(async () => {
  app = await synthesize()
  all = [...app.storage, ...app.service]
}, SYNTHESIS_TIMEOUT_MS)
afterAll(() => app.close())

const SEVEN_YEARS_DAYS = 7 * 365

describe('a bucket', () => {
  test('is one of these, each for one purpose', () => {
    expect(buckets().map(({ name }) => name)).toEqual([
      'BucketsAccessLogs',
      'BucketsRecords',
      'BucketsLedger',
      'BucketsDatasets',
      'BucketsEvidence',
      'BucketsPackages',
      'DoorsLanding',
    ])
  })

  test('is not public, and has no access lists', () => {
    for (const { name, properties } of buckets()) {
      expect(properties['PublicAccessBlockConfiguration'], name).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      })
      expect(properties['OwnershipControls'], name).toEqual({
        Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
      })
    }
  })

  test('keeps versions', () => {
    for (const { name, properties } of buckets())
      expect(properties['VersioningConfiguration'], name).toEqual({ Status: 'Enabled' })
  })

  test('answers over TLS 1.2 or later alone', () => {
    for (const { name } of buckets()) {
      const whole = { Action: 's3:*', Effect: 'Deny', Principal: { AWS: '*' }, Resource: [name, `${name}/*`] }
      expect(statementsOf(named(all, `${name}Policy`)), name).toEqual(
        expect.arrayContaining([
          { ...whole, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          { ...whole, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
        ]),
      )
    }
  })

  test.each([
    ['BucketsRecords', 'KeysRecords'],
    ['BucketsLedger', 'KeysPublication'],
    ['BucketsDatasets', 'KeysPublication'],
    ['BucketsEvidence', 'KeysDisclosure'],
    ['BucketsPackages', 'KeysDisclosure'],
    // Objects that come in say the key of their authority; this is for none
    ['DoorsLanding', 'KeysRecords'],
  ])('%s is encrypted by %s unless an object says otherwise', (bucket, key) => {
    expect(named(all, bucket).properties['BucketEncryption']).toEqual({
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { KMSMasterKeyID: key, SSEAlgorithm: 'aws:kms' },
        },
      ],
    })
  })

  test('tells who read and wrote it, but for the one that holds what the others tell', () => {
    for (const { name, properties } of buckets()) {
      const short = name.replace(/^Buckets|^Doors/, '').toLowerCase()
      const logging = { DestinationBucketName: 'BucketsAccessLogs', LogFilePrefix: `${short}/` }
      expect(properties['LoggingConfiguration'], name).toEqual(
        name === 'BucketsAccessLogs' ? undefined : logging,
      )
    }
    expect(statementsOf(named(all, 'BucketsAccessLogsPolicy'))).toContainEqual({
      Effect: 'Allow',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: 'BucketsAccessLogs/*',
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    })
  })

  test('outlives its stack, but for the landing bucket, whose files were never received', () => {
    const gone = buckets().filter(({ isKept }) => !isKept)
    expect(gone.map(({ name }) => name)).toEqual(['DoorsLanding'])
  })

  test('of evidence is locked for seven years in compliance mode, and nobody may hide what is in it', () => {
    const { properties } = named(all, 'BucketsEvidence')
    expect(properties['ObjectLockEnabled']).toBe(true)
    expect(properties['ObjectLockConfiguration']).toEqual({
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Days: SEVEN_YEARS_DAYS, Mode: 'COMPLIANCE' } },
    })
    expect(properties['LifecycleConfiguration']).toBeUndefined()
    expect(statementsOf(named(all, 'BucketsEvidencePolicy'))).toContainEqual({
      Sid: 'NothingIsDeleted',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      Resource: 'BucketsEvidence/*',
    })
  })

  test('of the ledger can hold locks, and lets nobody delete or replace what never changes', () => {
    const { properties } = named(all, 'BucketsLedger')
    expect(properties['ObjectLockEnabled']).toBe(true)
    // Each file says its own lock: partial tiles have none
    expect(properties['ObjectLockConfiguration']).toBeUndefined()
    const statements = statementsOf(named(all, 'BucketsLedgerPolicy'))
    expect(statements).toContainEqual({
      Sid: 'NothingIsDeleted',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      NotResource: 'BucketsLedger/ledger/tile/*.p/*',
    })
    expect(statements).toContainEqual({
      Sid: 'NothingIsReplaced',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      Resource: ['BucketsLedger/ledger/checkpoints/*', 'BucketsLedger/ledger/tile/*'],
      Condition: { Null: { 's3:if-none-match': 'true' } },
    })
    // The domain's own names for these files, which the stack cannot import
    const partial = tilePath({ level: 0, index: 1_234, width: 7 })
    expect(partial).toMatch(/^tile\/.*\.p\//)
    expect(
      [tilePath({ level: 'entries', index: 3, width: 256 }), archivedCheckpointPath(9)].map(isKept),
    ).toEqual([true, true])
    expect([partial, 'checkpoint', 'vkey'].map(isKept)).toEqual([false, false, false])
    expect(archivedCheckpointPath(9)).toMatch(/^checkpoints\//)
  })

  test('is locked in no other case: what the domain removes is to be gone', () => {
    const locked = buckets().filter(({ properties }) => properties['ObjectLockEnabled'] !== undefined)
    expect(locked.map(({ name }) => name)).toEqual(['BucketsLedger', 'BucketsEvidence'])
  })

  test('forgets within a month what was removed from it', () => {
    for (const name of ['BucketsRecords', 'BucketsLedger', 'BucketsDatasets', 'BucketsPackages'])
      expect(
        rulesOf(name).some(({ Prefix, NoncurrentVersionExpiration }) => {
          return Prefix === undefined && (NoncurrentVersionExpiration?.NoncurrentDays ?? Infinity) <= 30
        }),
        name,
      ).toBe(true)
  })

  test('of datasets forgets what the steps of a publication left for each other, and nothing else', () => {
    const expiring = rulesOf('BucketsDatasets').filter(({ ExpirationInDays }) => ExpirationInDays)
    expect(expiring).toEqual([
      { ExpirationInDays: 14, Prefix: expect.any(String) as string, Status: 'Enabled' },
    ])
    // The domain's own name for them, which the stack cannot import
    const name = { dataset: 'organisations', commitId: 'a-commit' } as const
    const { area, path } = publicationKey(name, 'plan.json')
    expect(`${area}/${path}`).toBe(`${expiring[0]?.Prefix}a-commit/plan.json`)
  })

  test('of packages keeps none longer than an approval can hold', () => {
    const longestHours = 720
    expect(policySchema.safeParse({ approvalTtlHours: longestHours }).success).toBe(true)
    expect(policySchema.safeParse({ approvalTtlHours: longestHours + 1 }).success).toBe(false)
    expect(rulesOf('BucketsPackages')).toEqual([
      {
        ExpirationInDays: longestHours / 24,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        Status: 'Enabled',
      },
    ])
  })
})

describe('a table', () => {
  test.each([
    ['TablesRecords', 'KeysRecords'],
    ['TablesCases', 'KeysDisclosure'],
    ['TablesLedger', 'KeysRecords'],
  ])('%s can be set back to any second, is encrypted by %s and outlives its stack', (name, key) => {
    const { properties, isKept } = named(app.storage, name)
    expect(properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { KMSMasterKeyId: key, SSEEnabled: true, SSEType: 'KMS' },
    })
    expect(isKept).toBe(true)
  })

  test('is one of three, and no item of it ends by itself', () => {
    const tables = ofType(all, 'AWS::DynamoDB::Table')
    expect(tables.map(({ name }) => name)).toEqual(['TablesRecords', 'TablesCases', 'TablesLedger'])
    for (const { name, properties } of tables)
      expect(properties['TimeToLiveSpecification'], name).toBeUndefined()
  })

  test('of the ledger wakes the sealer at each entry that is pending, telling it keys alone', () => {
    const { properties } = named(app.storage, 'TablesLedger')
    expect(properties['StreamSpecification']).toEqual({ StreamViewType: 'KEYS_ONLY' })
    const mapping = named(app.service, 'SealLedgerEntries').properties
    expect(mapping).toMatchObject({ EventSourceArn: 'TablesLedger.StreamArn', FunctionName: 'SealLedger' })
    const { Filters } = mapping['FilterCriteria'] as { Filters: { Pattern: string }[] }
    // The domain's own names for the outbox, which the stack cannot import
    const [prefix] = pendingShard(7).partition.split(/(?<=#)/)
    expect(pendingShard(7)).toEqual({ table: 'ledger', partition: `${prefix}7` })
    expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      { eventName: ['INSERT'], dynamodb: { Keys: { partition: { S: [{ prefix }] } } } },
    ])
  })
})

describe('a key', () => {
  test('serves one purpose, outlives its stack, and changes by itself', () => {
    const keys = ofType(app.storage, 'AWS::KMS::Key')
    expect(keys.map(({ name }) => name)).toEqual([
      'KeysRecords',
      'KeysPublication',
      'KeysDisclosure',
      'KeysOperations',
      'KeysSigning',
      'KeysLedgerSigning',
    ])
    for (const { name, properties, isKept } of keys) {
      expect(isKept, name).toBe(true)
      expect(properties['EnableKeyRotation'], name).toBe(name.endsWith('Signing') ? undefined : true)
    }
  })

  test('for signing signs with Ed25519 and encrypts nothing', () => {
    expect(named(app.storage, 'KeysSigning').properties).toMatchObject({
      KeySpec: 'ECC_NIST_EDWARDS25519',
      KeyUsage: 'SIGN_VERIFY',
    })
    const text = JSON.stringify(all.filter(({ type }) => !/^AWS::(IAM|KMS|Lambda)::/.test(type)))
    expect(text).not.toContain('KeysSigning')
  })

  test('is used by no service but these, beside what the account allows', () => {
    const [account] = statementsOf(named(app.storage, 'KeysSigning'))
    expect(account).toEqual({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    })
    expect(statementsOf(named(app.storage, 'KeysPublication'))).toEqual([account, receiptsAreRead])
    for (const name of ['KeysDisclosure', 'KeysSigning'])
      expect(statementsOf(named(app.storage, name)), name).toEqual([account])
    expect(statementsOf(named(app.storage, 'KeysRecords'))).toEqual([account, s3TellsOfDrops])
    expect(statementsOf(named(app.storage, 'KeysOperations'))).toEqual([account, logsAreWritten, alarmsGoOut])
  })
})

const anywhere = { Effect: 'Allow', Resource: '*' } as const
const receiptsAreRead = {
  ...anywhere,
  Principal: { AWS: Object.values(senders) },
  Action: 'kms:Decrypt',
  Condition: { StringLike: { 'kms:ViaService': 's3.*' } },
}
const s3TellsOfDrops = {
  ...anywhere,
  Principal: { Service: 's3.amazonaws.com' },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
  Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
}
const logsAreWritten = {
  ...anywhere,
  Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
  Action: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
  Condition: {
    ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:*` },
  },
}
const alarmsGoOut = {
  ...anywhere,
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
}

describe('the user pool', () => {
  test('lets nobody in who was not put in, and outlives its stack', () => {
    const { properties, isKept } = named(app.storage, 'IdentityProviderPool')
    expect(isKept).toBe(true)
    expect(properties).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      DeletionProtection: 'ACTIVE',
      // Nobody gets in by a mailbox either
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] },
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      Policies: { PasswordPolicy: { MinimumLength: 14 } },
    })
  })

  test('keeps no attribute of a person: an account is a name', () => {
    const { properties } = named(app.storage, 'IdentityProviderPool')
    for (const asked of ['Schema', 'AliasAttributes', 'UsernameAttributes', 'AutoVerifiedAttributes'])
      expect(properties[asked], asked).toBeUndefined()
  })

  test('gives tokens that hold for an hour and can be taken back', () => {
    expect(named(app.storage, 'IdentityProviderPoolClient').properties).toMatchObject({
      AccessTokenValidity: 60,
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: 'ENABLED',
      AllowedOAuthFlowsUserPoolClient: false,
    })
  })

  test('is left out where a deployment has an identity provider of its own', async () => {
    const trusted = {
      issuer: 'https://id.example',
      jwksUri: 'https://id.example/keys',
      clientId: 'credit-fusion',
    }
    const own = await synthesize({ context: trusted })
    await own.close()
    expect(own.storage.filter(({ type }) => type.startsWith('AWS::Cognito::'))).toEqual([])
    expect(named(own.service, 'ApiData').properties).toMatchObject({
      Environment: {
        Variables: { ISSUER: trusted.issuer, JWKS_URI: trusted.jwksUri, CLIENT_ID: trusted.clientId },
      },
    })
  })
})

describe('the storage stack', () => {
  test('is protected from being taken down by mistake', () => {
    expect(app.stacks.storage.terminationProtection).toBe(true)
    expect(app.stacks.service.terminationProtection).toBeFalsy()
  })

  test('on the emulator leaves nothing behind', async () => {
    const local = await synthesize({ context: { local: 'true' } })
    await local.close()
    const kept = [...local.storage, ...local.service].filter(({ isKept }) => isKept)
    expect(kept.map(({ name }) => name)).toEqual([])
    expect(local.stacks.storage.terminationProtection).toBe(false)
  })
})

type Rule = {
  readonly Status: string
  readonly Prefix?: string
  readonly ExpirationInDays?: number
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number }
}

function buckets(): readonly Resource[] {
  return ofType(all, 'AWS::S3::Bucket')
}

function rulesOf(bucket: string): readonly Rule[] {
  const lifecycle = named(all, bucket).properties['LifecycleConfiguration'] as { Rules: Rule[] }
  return lifecycle.Rules
}

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  AnyPrincipal,
  ArnPrincipal,
  Effect,
  PolicyStatement,
  ServicePrincipal,
  StarPrincipal,
} from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { receiptPrefix } from '../shared/names.ts'
import { type Deployment, doorHolders } from './deployment.ts'
import type { Keys } from './keys.ts'

/** Every bucket that is kept; an area of the store's objects is the first segment of a name in its bucket. */
export class Buckets extends Construct {
  /** Who read or wrote what, as S3 tells it. */
  readonly accessLogs: Bucket
  /** `archive/`, `batches/` and `values/`. */
  readonly records: Bucket
  /** `ledger/`: the public log; what of it never changes is locked, file by file. */
  readonly ledger: Bucket
  /** `datasets/`, and `receipts/`, where each authority reads its own. */
  readonly datasets: Bucket
  /** `evidence/`; locked. */
  readonly evidence: Bucket
  /** `packages/`, each only until it was fetched or has expired. */
  readonly packages: Bucket

  constructor(scope: Construct, deployment: Deployment, keys: Keys) {
    super(scope, 'Buckets')
    this.accessLogs = addAccessLogs(this, deployment)
    const bucket = (id: string, key: IKey, props: BucketProps): Bucket =>
      addBucket(this, id, { deployment, key, accessLogs: this.accessLogs, props })
    this.records = bucket('Records', keys.records, { lifecycleRules: [FORGET_REMOVED] })
    // No default lock: partial tiles are to go once they are full, and the checkpoint is written again and again
    this.ledger = bucket('Ledger', keys.publication, {
      objectLockEnabled: true,
      lifecycleRules: [FORGET_REMOVED],
    })
    this.datasets = bucket('Datasets', keys.publication, { lifecycleRules: DATASET_RULES })
    this.evidence = bucket('Evidence', keys.disclosure, {
      objectLockDefaultRetention: ObjectLockRetention.compliance(KEPT),
    })
    this.packages = bucket('Packages', keys.disclosure, { lifecycleRules: PACKAGE_RULES })
    showReceipts(this.datasets, deployment)
    refuseDeletion(this.evidence, { resources: [this.evidence.arnForObjects('*')] })
    refuseDeletion(this.ledger, { notResources: [this.ledger.arnForObjects(`${PARTIAL_TILES}*`)] })
    // The emulator does not see under which condition an object comes in
    if (!deployment.local) requireAbsence(this.ledger, ['ledger/tile/*', 'ledger/checkpoints/*'])
  }
}

/** Seven years, as long as comparable audit stores keep theirs (GOV.UK One Login's TxMA). */
const KEPT = Duration.days(7 * 365)

// What the domain removes is to be gone, not only hidden by a newer version
const FORGET_REMOVED = { noncurrentVersionExpiration: Duration.days(30) }

const DATASET_RULES = [
  FORGET_REMOVED,
  // What the steps of one publication leave for each other; a prefix of S3 takes no wildcard for the dataset
  { prefix: 'datasets/organisations/publications/', expiration: Duration.days(14) },
]

// An approval holds for 30 days at most (settings.ts, approvalTtlHours)
const PACKAGE_RULES = [{ expiration: Duration.days(30), noncurrentVersionExpiration: Duration.days(1) }]

export type OneBucket = {
  readonly deployment: Deployment
  readonly key: IKey
  readonly accessLogs: Bucket
  readonly props?: BucketProps
}

/** A private, encrypted, versioned bucket that answers over TLS alone and logs who came. */
export function addBucket(
  scope: Construct,
  id: string,
  { deployment, key, accessLogs, props }: OneBucket,
): Bucket {
  const bucket = new Bucket(scope, id, {
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    // One data key for many objects: a hundredth of the calls to KMS
    bucketKeyEnabled: true,
    ...privateProps(deployment),
    versioned: true,
    ...props,
  })
  // By hand: the construct would put this bucket's name into the policy of the one that takes the logs
  const resource = bucket.node.defaultChild as CfnBucket
  const logFilePrefix = `${id.toLowerCase()}/`
  resource.loggingConfiguration = { destinationBucketName: accessLogs.bucketName, logFilePrefix }
  return bucket
}

function privateProps({ local }: Deployment): BucketProps {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: local ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  }
}

// It logs nothing of itself: that would never end
function addAccessLogs(scope: Construct, deployment: Deployment): Bucket {
  const bucket = new Bucket(scope, 'AccessLogs', {
    // S3 delivers its logs to no bucket with a key of one's own
    encryption: BucketEncryption.S3_MANAGED,
    ...privateProps(deployment),
    versioned: true,
    lifecycleRules: [{ expiration: Duration.days(365), noncurrentVersionExpiration: Duration.days(1) }],
  })
  bucket.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects('*')],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  )
  return bucket
}

// Our own functions write there and do not read
function showReceipts(bucket: Bucket, deployment: Deployment): void {
  const holders = doorHolders(deployment)
  for (const { code, principalArn } of holders) {
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ArnPrincipal(principalArn)],
        actions: ['s3:GetObject'],
        resources: [bucket.arnForObjects(`${receiptPrefix(code)}*`)],
      }),
    )
  }
  const others = { ArnNotLike: { 'aws:PrincipalArn': holders.map(({ principalArn }) => principalArn) } }
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'OthersReadNoReceipt',
      effect: Effect.DENY,
      principals: [new StarPrincipal()],
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [bucket.arnForObjects('receipts/*')],
      conditions: holders.length === 0 ? {} : others,
    }),
  )
}

/** Partial tiles and bundles of the log (C2SP tlog-tiles, "Partial Tiles"). */
const PARTIAL_TILES = 'ledger/tile/*.p/'

// A lock keeps every version, but a delete marker would hide it
function refuseDeletion(
  bucket: Bucket,
  of: { readonly resources: string[] } | { readonly notResources: string[] },
): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'NothingIsDeleted',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      ...of,
    }),
  )
}

// A lock does not stop a new version from taking the place of what is there
function requireAbsence(bucket: Bucket, paths: readonly string[]): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'NothingIsReplaced',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: paths.map((path) => bucket.arnForObjects(path)),
      conditions: { Null: { 's3:if-none-match': 'true' } },
    }),
  )
}

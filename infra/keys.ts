import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { ArnPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { type Deployment, doorHolders } from './deployment.ts'

/** One key for each purpose, so that a role that serves one purpose can read nothing of another. */
export class Keys extends Construct {
  /** Records and the ledger, their large values, and our own queues. */
  readonly records: Key
  /** Published datasets, and the receipts that authorities fetch. */
  readonly publication: Key
  /** Cases, packages and evidence. */
  readonly disclosure: Key
  /** Logs and alarms, which tell of work and never of records. */
  readonly operations: Key
  /** Signs packages; nothing is encrypted with it. */
  readonly signing: Key
  /** Signs the log's checkpoints. */
  readonly ledgerSigning: Key
  /** Signs them as well, where the deployment wants that. */
  readonly ledgerSecondSigning?: Key

  constructor(scope: Construct, deployment: Deployment) {
    super(scope, 'Keys')
    const { stack, local, hasSecondSigner } = deployment
    const removalPolicy = local ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN
    const encrypting = (purpose: string, description: string): Key =>
      new Key(this, purpose, {
        alias: `${stack}/${purpose.toLowerCase()}`,
        description,
        enableKeyRotation: true,
        removalPolicy,
      })
    this.records = encrypting('Records', 'Records, the ledger, and messages about them')
    this.publication = encrypting('Publication', 'Published datasets')
    this.disclosure = encrypting('Disclosure', 'Disclosure cases, packages and evidence')
    this.operations = encrypting('Operations', 'Logs and alarms')
    const signing = (purpose: string, description: string, keySpec = KeySpec.ECC_NIST_EDWARDS25519): Key =>
      new Key(this, purpose, {
        alias: `${stack}/${purpose.toLowerCase()}`,
        description,
        keySpec,
        keyUsage: KeyUsage.SIGN_VERIFY,
        removalPolicy,
      })
    this.signing = signing('Signing', 'Signs notices and packages (Ed25519)')
    this.ledgerSigning = signing('LedgerSigning', 'Signs the checkpoints of the public log (Ed25519)')
    if (hasSecondSigner) {
      const description = 'Signs the checkpoints of the public log as well (ECDSA P-256)'
      this.ledgerSecondSigning = signing('LedgerSecondSigning', description, KeySpec.ECC_NIST_P256)
    }
    this.#admitNotifications()
    this.#admitReceipts(deployment)
    this.#admitLogs()
    this.#admitAlarms()
  }

  // S3 tells the files queue of each drop, and that queue is encrypted
  #admitNotifications(): void {
    this.records.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    )
  }

  // In the hands of S3 alone, which shows each authority its own receipts (buckets.ts)
  #admitReceipts(deployment: Deployment): void {
    const holders = doorHolders(deployment)
    if (holders.length === 0) return
    this.publication.addToResourcePolicy(
      new PolicyStatement({
        principals: holders.map(({ principalArn }) => new ArnPrincipal(principalArn)),
        actions: ['kms:Decrypt'],
        resources: ['*'],
        conditions: { StringLike: { 'kms:ViaService': 's3.*' } },
      }),
    )
  }

  // As CloudWatch Logs' documentation has it, wildcards and all; in China the principal's name ends as the region's do
  #admitLogs(): void {
    const stack = Stack.of(this)
    const logs = stack.formatArn({ service: 'logs', resource: 'log-group:*' })
    this.operations.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logs } },
      }),
    )
  }

  // Whose alarms may publish is said by the topic's policy
  #admitAlarms(): void {
    this.operations.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
        resources: ['*'],
      }),
    )
  }
}

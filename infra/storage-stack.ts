import { type App, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Topic } from 'aws-cdk-lib/aws-sns'
import { addAlarmTopic } from './alarm.ts'
import { Buckets } from './buckets.ts'
import type { Deployment, TrustedIssuer } from './deployment.ts'
import { IdentityProvider } from './identity-provider.ts'
import { Keys } from './keys.ts'
import { Tables } from './tables.ts'

/** What is kept: it outlives every release of the service, and a mistake in one. */
export class StorageStack extends Stack {
  readonly keys: Keys
  readonly tables: Tables
  readonly buckets: Buckets
  readonly alarms: Topic
  readonly issuer: TrustedIssuer

  constructor(scope: App, id: string, deployment: Deployment, props: StackProps) {
    super(scope, id, { ...props, terminationProtection: !deployment.local })
    this.keys = new Keys(this, deployment)
    this.alarms = addAlarmTopic(this, this.keys.operations)
    this.tables = new Tables(this, { deployment, keys: this.keys, topic: this.alarms })
    this.buckets = new Buckets(this, deployment, this.keys)
    this.issuer = deployment.issuer ?? this.#addIdentityProvider(deployment)
    new CfnOutput(this, 'AlarmTopic', { value: this.alarms.topicArn })
    new CfnOutput(this, 'LedgerBucket', { value: this.buckets.ledger.bucketName })
    new CfnOutput(this, 'DatasetsBucket', { value: this.buckets.datasets.bucketName })
    new CfnOutput(this, 'PublicationKeyArn', { value: this.keys.publication.keyArn })
    new CfnOutput(this, 'EvidenceBucket', { value: this.buckets.evidence.bucketName })
    new CfnOutput(this, 'SigningKeyId', { value: this.keys.signing.keyId })
  }

  #addIdentityProvider(deployment: Deployment): TrustedIssuer {
    const { pool, client, issuer } = new IdentityProvider(this, deployment)
    new CfnOutput(this, 'UserPoolId', { value: pool.userPoolId })
    new CfnOutput(this, 'UserPoolClientId', { value: client.userPoolClientId })
    return issuer
  }
}

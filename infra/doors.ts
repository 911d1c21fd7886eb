import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { ArnPrincipal, Effect, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { landingPrefix, outputName } from '../shared/names.ts'
import { addBucket } from './buckets.ts'
import { type Deployment, type DoorHolder, doorHolders } from './deployment.ts'
import { principalArns } from './function.ts'
import { addMapping, addQueue, type QueuePair, receiving, shut } from './queue.ts'
import type { StorageStack } from './storage-stack.ts'

export type DoorOptions = { readonly deployment: Deployment; readonly storage: StorageStack }

export type Behind = {
  readonly receiver: NodejsFunction
  readonly splitter: NodejsFunction
  readonly drain: NodejsFunction
}

/**
 * Where authorities hand things in: a queue each, and a prefix each of the landing bucket. What lies there came from
 * outside and is not minimised yet, so each authority has a key of its own, and none but the function behind the door
 * can read. Which door it was says whose it is.
 */
export class Doors extends Construct {
  readonly landing: Bucket
  readonly #deployment: Deployment
  readonly #authorities: readonly (DoorHolder & { readonly key: Key; readonly pair: QueuePair })[]

  constructor(scope: Construct, { deployment, storage }: DoorOptions) {
    super(scope, 'Doors')
    this.#deployment = deployment
    this.landing = addLanding(this, { deployment, storage })
    this.#authorities = doorHolders(deployment).map((holder) => {
      const { code } = holder
      const key = new Key(this, `${code}-key`, {
        description: `What ${code} sends, until it is received`,
        enableKeyRotation: true,
        removalPolicy: deployment.local ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
      })
      const pair = addQueue(this, code, {
        ...{ deployment, name: { kind: 'submissions', authority: code } as const },
        ...{ key, receiver: 'receive-submission' as const, topic: storage.alarms },
      })
      addOutput(this, outputName(code, 'QueueUrl'), pair.queue.queueUrl)
      addOutput(this, outputName(code, 'KeyArn'), key.keyArn)
      return { ...holder, key, pair }
    })
  }

  /** Opens every door to its authority, and lets the functions behind them in. */
  open({ receiver, splitter, drain }: Behind): void {
    for (const { pair, key, principalArn } of this.#authorities) {
      admit(pair.queue, principalArn)
      shut(pair.queue, { senders: [principalArn], receiver })
      shut(pair.dead, { senders: [], receiver: drain })
      addMapping(pair.queue, { target: receiver, atOnce: 5 })
      addMapping(pair.dead, { target: drain, atOnce: 2 })
      admitToKey(key, principalArn, [receiver, splitter, drain])
    }
    this.#letReceive(receiver, drain)
    this.#openLanding(splitter)
  }

  // By pattern: a hundred authorities' queues by name would pass the size of a policy. Each queue shuts out the other
  #letReceive(receiver: NodejsFunction, drain: NodejsFunction): void {
    const pattern = Stack.of(this).formatArn({
      service: 'sqs',
      resource: `${this.#deployment.stack}_submissions_*`,
    })
    for (const each of [receiver, drain]) each.addToRolePolicy(receiving([pattern]))
  }

  #openLanding(splitter: NodejsFunction): void {
    const { landing } = this
    splitter.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [landing.arnForObjects('*')],
      }),
    )
    // A pointer to what is not there is refused as such; without this it would be answered as forbidden
    splitter.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [landing.bucketArn] }),
    )
    for (const { code, principalArn, key } of this.#authorities) {
      landing.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ArnPrincipal(principalArn)],
          actions: ['s3:PutObject'],
          resources: [landing.arnForObjects(`${landingPrefix(code)}*`)],
          conditions: { StringEquals: this.#encryptedBy(key) },
        }),
      )
    }
    const authorities = this.#authorities.map(({ principalArn }) => principalArn)
    landing.addToResourcePolicy(denyObjects(landing, 'OthersPutNothing', ['s3:PutObject'], authorities))
    const reading = ['s3:GetObject', 's3:GetObjectVersion']
    landing.addToResourcePolicy(denyObjects(landing, 'OthersReadNothing', reading, principalArns(splitter)))
  }

  // The emulator sees by which kind of key an object comes in, and not by which key
  #encryptedBy(key: Key): Readonly<Record<string, string>> {
    const name = 's3:x-amz-server-side-encryption'
    return this.#deployment.local ? { [name]: 'aws:kms' } : { [`${name}-aws-kms-key-id`]: key.keyArn }
  }
}

// Not kept: what is received is in the archive, minimised, and what is not read in time was never received
function addLanding(scope: Construct, { deployment, storage }: DoorOptions): Bucket {
  return addBucket(scope, 'Landing', {
    deployment,
    key: storage.keys.records,
    accessLogs: storage.buckets.accessLogs,
    props: {
      removalPolicy: RemovalPolicy.DESTROY,
      lifecycleRules: [
        {
          // S3 counts from the midnight after: up to 12 days until a file is hidden and 2 more until it is gone
          expiration: Duration.days(11),
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    },
  })
}

function admit(queue: Queue, principalArn: string): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'ItsAuthoritySends',
      principals: [new ArnPrincipal(principalArn)],
      actions: ['sqs:SendMessage', 'sqs:GetQueueUrl'],
      resources: [queue.queueArn],
    }),
  )
}

// SQS and S3 ask a sender for Decrypt too. In their hands alone: with the key itself it has nothing to do
function admitToKey(key: Key, principalArn: string, receivers: readonly NodejsFunction[]): void {
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ArnPrincipal(principalArn)],
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: ['*'],
      conditions: { StringLike: { 'kms:ViaService': ['sqs.*', 's3.*'] } },
    }),
  )
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: receivers.map(({ grantPrincipal }) => grantPrincipal),
      actions: ['kms:Decrypt'],
      resources: ['*'],
    }),
  )
}

function denyObjects(bucket: Bucket, sid: string, actions: string[], principalArns: readonly string[]) {
  return new PolicyStatement({
    ...{ sid, effect: Effect.DENY, principals: [new StarPrincipal()] },
    ...{ actions, resources: [bucket.arnForObjects('*')] },
    conditions: principalArns.length === 0 ? {} : { ArnNotLike: { 'aws:PrincipalArn': [...principalArns] } },
  })
}

// By its own name, not by one that says where in the tree it is
function addOutput(scope: Construct, name: string, value: string): void {
  new CfnOutput(scope, name, { value }).overrideLogicalId(name)
}

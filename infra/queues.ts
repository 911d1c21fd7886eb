import { Stack } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { FunctionName, QueueName } from '../shared/names.ts'
import type { Deployment } from './deployment.ts'
import { principalArns } from './function.ts'
import { addMapping, addQueue, type QueuePair, receiving, shut } from './queue.ts'
import type { StorageStack } from './storage-stack.ts'

export type Workers = Readonly<
  Record<'receiver' | 'splitter' | 'applier' | 'sealer' | 'drain' | 'api', NodejsFunction>
>

/** The queues between our own functions. What is in them is minimised, but for `files`, which holds names of files. */
export class OwnQueues extends Construct {
  /** As functions are told. */
  readonly urls: Readonly<Record<'QUEUE_INBOX_URL' | 'QUEUE_FILES_URL' | 'QUEUE_SEALED_URL', string>>
  readonly #deployment: Deployment
  readonly #inbox: QueuePair
  readonly #files: QueuePair
  readonly #sealed: QueuePair

  constructor(
    scope: Construct,
    options: { readonly deployment: Deployment; readonly storage: StorageStack },
  ) {
    super(scope, 'Queues')
    const { deployment, storage } = options
    this.#deployment = deployment
    const add = (kind: QueueName['kind'], receiver: FunctionName): QueuePair =>
      addQueue(this, kind, {
        ...{ deployment, name: { kind }, receiver },
        ...{ key: storage.keys.records, topic: storage.alarms },
      })
    this.#inbox = add('inbox', 'receive-submission')
    this.#files = add('files', 'split-file')
    this.#sealed = add('sealed', 'apply-entry')
    this.urls = {
      QUEUE_INBOX_URL: this.#inbox.queue.queueUrl,
      QUEUE_FILES_URL: this.#files.queue.queueUrl,
      QUEUE_SEALED_URL: this.#sealed.queue.queueUrl,
    }
  }

  /** Feeds each queue to its function, and shuts it to all but those who send to it. */
  open({ receiver, splitter, applier, sealer, drain, api }: Workers): void {
    const use = (pair: QueuePair, { target, senders, atOnce, ofDead }: Use): void => {
      addMapping(pair.queue, { target, atOnce, batchSize: 1 })
      addMapping(pair.dead, { target: ofDead, atOnce: 2 })
      target.addToRolePolicy(receiving([pair.queue.queueArn]))
      ofDead.addToRolePolicy(receiving([pair.dead.queueArn]))
      for (const sender of senders) sender.addToRolePolicy(sending(pair.queue, this.#deployment))
      shut(pair.queue, { senders: senders.flatMap(principalArns), receiver: target })
      shut(pair.dead, { senders: [], receiver: ofDead })
    }
    use(this.#inbox, { target: receiver, senders: [splitter, api], atOnce: 10, ofDead: drain })
    use(this.#files, { target: splitter, senders: [receiver], atOnce: 4, ofDead: drain })
    // The applier divides what is too much for one of it
    use(this.#sealed, { target: applier, senders: [sealer, applier], atOnce: 20, ofDead: applier })
  }

  /** Has S3 tell the files queue of each object. Not by the construct: that brings a function with rights over all buckets. */
  notifyOfDrops(bucket: Bucket): void {
    const { queue } = this.#files
    queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        // Not the bucket's own name: it is made after this policy, which it needs
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    )
    const resource = bucket.node.defaultChild as CfnBucket
    resource.notificationConfiguration = {
      queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: queue.queueArn }],
    }
    // S3 tries the queue as it is told of it
    resource.node.addDependency(queue.node.findChild('Policy'))
  }
}

type Use = {
  readonly target: NodejsFunction
  readonly senders: readonly NodejsFunction[]
  readonly atOnce: number
  /** Receives its dead letters; `receiverOfDead` says which. */
  readonly ofDead: NodejsFunction
}

function sending(queue: Queue, { local }: Deployment): PolicyStatement {
  // To AWS a batch is sending too; the emulator has a name of its own for it
  const actions = ['sqs:SendMessage', ...(local ? ['sqs:SendMessageBatch'] : [])]
  return new PolicyStatement({ actions, resources: [queue.queueArn] })
}

import { Duration, Stack } from 'aws-cdk-lib'
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import { Effect, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { type FunctionName, type QueueName, queueName } from '../shared/names.ts'
import { addAlarm } from './alarm.ts'
import type { Deployment } from './deployment.ts'
import { principalArns, timeoutOf } from './function.ts'

export type QueueOptions = {
  readonly deployment: Deployment
  readonly name: QueueName
  readonly key: IKey
  /** The function that receives from it. */
  readonly receiver: FunctionName
  readonly topic: ITopic
}

/** A queue, and the one that takes what crashed its receiver again and again. */
export type QueuePair = { readonly queue: Queue; readonly dead: Queue }

/** What authorities send rests here at most 14 days, dead letters included: a dead letter keeps its first date. */
const KEPT = Duration.days(14)

/** Tries before a message is dead. A fault that will not pass is refused at the first, so these are crashes. */
const TRIES = 5

/** Encrypted, over TLS alone; nobody but its receiver may take messages out, whatever else they are allowed. */
export function addQueue(scope: Construct, id: string, options: QueueOptions): QueuePair {
  const { name, key, receiver } = options
  const { stack } = options.deployment
  const shared = {
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    // Keys of one data key's life: fewer calls to KMS, and five minutes after a revocation at most
    dataKeyReuse: Duration.minutes(5),
    enforceSSL: true,
    retentionPeriod: KEPT,
  }
  const dead = new Queue(scope, `${id}Dead`, {
    ...shared,
    queueName: queueName(stack, { ...name, dead: true }),
    visibilityTimeout: visibilityOf(receiverOfDead(name)),
  })
  const queue = new Queue(scope, id, {
    ...shared,
    queueName: queueName(stack, name),
    visibilityTimeout: visibilityOf(receiver),
    deadLetterQueue: { queue: dead, maxReceiveCount: TRIES },
  })
  watch({ queue, dead }, options)
  return { queue, dead }
}

/**
 * The function that receives a queue's dead letters. A submission can be listed as dead; a sealed entry is part of the
 * ledger for good, so it is tried until it is applied.
 */
function receiverOfDead({ kind }: QueueName): FunctionName {
  return kind === 'sealed' ? 'apply-entry' : 'drain-dead-letters'
}

/** As Lambda's documentation asks: a batch that is retried meets no second receiver. */
function visibilityOf(receiver: FunctionName): Duration {
  return Duration.seconds(6 * timeoutOf(receiver).toSeconds())
}

function watch({ queue, dead }: QueuePair, { deployment, name, topic }: QueueOptions): void {
  const period = Duration.minutes(5)
  const age = queue.metricApproximateAgeOfOldestMessage({ period })
  addAlarm(queue, 'Behind', { metric: age, threshold: 900, heading: 'A queue falls behind', topic })
  const metric = deployment.local
    ? dead.metricApproximateNumberOfMessagesVisible({ period })
    : numberOfMessages(dead, period)
  const heading = name.kind === 'sealed' ? 'A sealed entry is not applied' : 'Dead letters stay'
  addAlarm(dead, 'Staying', { metric, threshold: 1, periods: 3, heading, topic })
}

// With those in flight: a letter that is received again and again is hardly ever seen to wait. The emulator cannot add
function numberOfMessages(queue: Queue, period: Duration): MathExpression {
  return new MathExpression({
    expression: 'waiting + received',
    usingMetrics: {
      waiting: queue.metricApproximateNumberOfMessagesVisible({ period }),
      received: queue.metricApproximateNumberOfMessagesNotVisible({ period }),
    },
    period,
  })
}

export type Mapping = {
  readonly target: IFunction
  /** How many of the function may work for this queue at once. */
  readonly atOnce: number
  readonly batchSize?: number
}

/** Feeds a queue to a function, which answers which messages failed. */
export function addMapping(queue: Queue, { target, atOnce, batchSize = 10 }: Mapping): void {
  new EventSourceMapping(queue, 'Mapping', {
    target,
    eventSourceArn: queue.queueArn,
    reportBatchItemFailures: true,
    maxConcurrency: atOnce,
    batchSize,
  })
}

/** Lets a role receive from queues, by name. */
export function receiving(queueArns: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: [...RECEIVING], resources: [...queueArns] })
}

const RECEIVING = [
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:ChangeMessageVisibility',
  'sqs:GetQueueAttributes',
] as const

/** Shuts a queue to all but those named, whatever their own policies allow. */
export function shut(
  queue: Queue,
  to: { readonly senders: readonly string[]; readonly receiver: NodejsFunction },
): void {
  queue.addToResourcePolicy(denyUnless('OthersSendNothing', 'sqs:SendMessage', queue, to.senders))
  const receivers = principalArns(to.receiver)
  queue.addToResourcePolicy(denyUnless('OthersReceiveNothing', 'sqs:ReceiveMessage', queue, receivers))
}

// Of another account nobody is allowed in the first place; a service that delivers for us is of no account
function denyUnless(sid: string, action: string, queue: Queue, principalArns: readonly string[]) {
  const ours = { StringEquals: { 'aws:PrincipalAccount': Stack.of(queue).account } }
  const others = principalArns.length > 0 && { ArnNotLike: { 'aws:PrincipalArn': [...principalArns] } }
  return new PolicyStatement({
    ...{ sid, effect: Effect.DENY, principals: [new StarPrincipal()] },
    ...{ actions: [action], resources: [queue.queueArn], conditions: { ...ours, ...others } },
  })
}

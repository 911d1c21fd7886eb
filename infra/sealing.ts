import { Duration } from 'aws-cdk-lib'
import { Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { addAlarm, countOf } from './alarm.ts'
import type { StorageStack } from './storage-stack.ts'

/** How the outbox's partitions in the ledger table begin; ledger/outbox.ts names them, and a test holds this to it. */
const PENDING_PREFIX = 'pending#'

/** Wakes the sealer at each new entry, by the ledger's stream, and each minute in case a waking was lost. */
export function addSealing(sealer: NodejsFunction, { tables, alarms: topic }: StorageStack): void {
  const { tableStreamArn } = tables.ledger
  if (tableStreamArn === undefined) throw new Error('the ledger table has a stream')
  sealer.addToRolePolicy(
    new PolicyStatement({
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resources: [tableStreamArn],
    }),
  )
  // Lambda makes no mapping for a role without it, and it takes no resource
  sealer.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }))
  new EventSourceMapping(sealer, 'Entries', {
    target: sealer,
    eventSourceArn: tableStreamArn,
    startingPosition: StartingPosition.LATEST,
    batchSize: 1000,
    maxBatchingWindow: Duration.seconds(1),
    // It seals whatever waits, so a waking that failed is made good by the next
    retryAttempts: 2,
    filters: [
      FilterCriteria.filter({
        eventName: FilterRule.isEqual('INSERT'),
        dynamodb: { Keys: { partition: { S: FilterRule.beginsWith(PENDING_PREFIX) } } },
      }),
    ],
  })
  new Rule(sealer, 'EachMinute', {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(sealer, { retryAttempts: 0 })],
  })
  const waiting = countOf('seal-ledger', 'OldestPendingSeconds', Duration.minutes(5))
  addAlarm(sealer, 'Waiting', {
    ...{ metric: waiting.with({ statistic: Stats.MAXIMUM }), threshold: 300, topic },
    heading: 'Entries wait too long to be sealed',
  })
  const runs = sealer.metricInvocations({ period: Duration.minutes(5) })
  addAlarm(sealer, 'Still', {
    ...{ metric: runs, threshold: 1, periods: 2, below: true, topic },
    heading: 'The sealer stands still',
  })
}

/** Has the log looked at each hour, and calls the operators when it is not what it was. */
export function addWatching(watcher: NodejsFunction, { alarms: topic }: StorageStack): void {
  new Rule(watcher, 'EachHour', {
    schedule: Schedule.rate(Duration.hours(1)),
    targets: [new LambdaFunction(watcher, { retryAttempts: 2 })],
  })
  const findings = countOf('watch-ledger', 'LogFindings', Duration.hours(1))
  const heading = 'The public log is not what it was'
  addAlarm(watcher, 'Inconsistent', { metric: findings, threshold: 1, heading, topic })
}

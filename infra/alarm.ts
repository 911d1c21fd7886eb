import { type Duration, Stack } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { type FunctionName, METRIC_NAMESPACE, type metricNames } from '../shared/names.ts'

/** The headings of docs/runbook.md under which it says what to do. */
export type RunbookHeading =
  | 'A table throttles'
  | 'A function fails'
  | 'A queue falls behind'
  | 'Dead letters stay'
  | 'A sealed entry is not applied'
  | 'A submission died'
  | 'The sealer stands still'
  | 'Entries wait too long to be sealed'
  | 'The public log is not what it was'
  | 'A gate held a version back'
  | 'A publication failed'
  | 'The API answers with faults'

export type Watch = {
  readonly metric: IMetric
  readonly heading: RunbookHeading
  /** Reached or passed, in each of so many periods. */
  readonly threshold: number
  readonly periods?: number
  /** Also when it falls below, and when it is silent. */
  readonly below?: true
  readonly topic: ITopic
}

/** Calls the operators, and tells them where to read on. */
export function addAlarm(scope: Construct, id: string, watch: Watch): Alarm {
  const { metric, heading, threshold, periods = 1, below, topic } = watch
  const alarm = new Alarm(scope, id, {
    metric,
    threshold,
    evaluationPeriods: periods,
    alarmDescription: `${heading} (docs/runbook.md)`,
    comparisonOperator: below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  })
  alarm.addAlarmAction(new SnsAction(topic))
  return alarm
}

/** Where alarms go; the operators' subscriptions are made by hand and outlive releases. */
export function addAlarmTopic(scope: Construct, key: IKey): Topic {
  const topic = new Topic(scope, 'Alarms', { enforceSSL: true, masterKey: key })
  // To ask for TLS takes a policy, and a policy takes the place of the one that lets the account's own alarms in
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsPublish',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  )
  return topic
}

/** What a function counts of itself. */
export function countOf(
  name: FunctionName,
  metricName: (typeof metricNames)[keyof typeof metricNames],
  period: Duration,
): Metric {
  const dimensionsMap = { service: name }
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap,
    period,
    statistic: Stats.SUM,
  })
}

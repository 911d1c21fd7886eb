import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../../infra/deployment.ts'
import { functionNames, METRIC_NAMESPACE, metricNames, pascalCase } from '../../shared/names.ts'
import {
  ACCOUNT,
  named,
  ofType,
  type Resource,
  SYNTHESIS_TIMEOUT_MS,
  type Synthesized,
  statementsOf,
  synthesize,
} from './templates.ts'

let app: Synthesized
let alarms: readonly Resource[]
beforeAll(async () => {
  app = await synthesize()
  alarms = ofType([...app.storage, ...app.service], 'AWS::CloudWatch::Alarm')
}, SYNTHESIS_TIMEOUT_MS)
afterAll(() => app.close())

const runbook = readFileSync(join(ROOT, 'docs', 'runbook.md'), 'utf8')
/** The text under each heading. */
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
)

describe('an alarm', () => {
  test('calls the operators', () => {
    for (const { name, properties } of alarms) {
      expect(properties['AlarmActions'], name).toEqual(['Alarms'])
      expect(properties['ActionsEnabled'], name).not.toBe(false)
    }
  })

  test('names a heading of the runbook, and every heading there has an alarm', () => {
    expect(new Set(alarms.map(headingOf))).toEqual(new Set(sections.keys()))
    for (const { name, properties } of alarms)
      expect(properties['AlarmDescription'], name).toMatch(/^[A-Z].* \(docs\/runbook\.md\)$/)
  })

  test('watches what the runbook says to look at', () => {
    for (const alarm of alarms) {
      const section = sections.get(headingOf(alarm)) ?? ''
      for (const { Namespace, MetricName } of metricsOf(alarm)) {
        expect(section, `${alarm.name} under ${headingOf(alarm)}`).toContain(`\`${Namespace}\``)
        expect(section, `${alarm.name} under ${headingOf(alarm)}`).toContain(`\`${MetricName}\``)
      }
    }
  })

  test('on a count of ours watches one that a function of ours makes', () => {
    const counts = alarms.flatMap(metricsOf).filter(({ Namespace }) => Namespace === METRIC_NAMESPACE)
    expect(counts).toHaveLength(4)
    for (const { MetricName, Dimensions = [] } of counts) {
      expect(Object.values(metricNames)).toContain(MetricName)
      expect(Dimensions.map(({ Name }) => Name)).toEqual(['service'])
      expect(functionNames).toContain(Dimensions[0]?.Value)
    }
  })

  test('is silent where nothing happens, but for the one on standing still', () => {
    for (const { name, properties } of alarms)
      expect(properties['TreatMissingData'], name).toBe(
        name === 'SealLedgerStill' ? 'breaching' : 'notBreaching',
      )
    expect(named(alarms, 'SealLedgerStill').properties).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 2,
      Period: 300,
    })
  })
})

describe('watched are', () => {
  test('the faults of every function', () => {
    expect(dimensionsUnder('A function fails')).toEqual(functionNames.map(pascalCase).sort())
  })

  test('the age of what waits in every queue', () => {
    const living = queueNames().filter((name) => !name.endsWith('Dead'))
    expect(dimensionsUnder('A queue falls behind')).toEqual(living)
  })

  test('the dead letters of every queue, those in flight too', () => {
    const dead = queueNames().filter((name) => name.endsWith('Dead'))
    const watched = alarms.filter(({ name }) => name.endsWith('Staying'))
    expect(watched.map(({ name }) => name.replace('Staying', '')).sort()).toEqual(dead)
    for (const alarm of watched) {
      const { Metrics } = alarm.properties as { Metrics: { Expression?: string }[] }
      expect(Metrics.map(({ Expression }) => Expression).filter(Boolean)).toEqual(['waiting + received'])
      expect(metricsOf(alarm).map(({ MetricName }) => MetricName)).toEqual([
        'ApproximateNumberOfMessagesVisible',
        'ApproximateNumberOfMessagesNotVisible',
      ])
      const isSealed = alarm.name === 'QueuessealedDeadStaying'
      expect(headingOf(alarm)).toBe(isSealed ? 'A sealed entry is not applied' : 'Dead letters stay')
    }
  })

  test('what DynamoDB turns away of every table, reading and writing', () => {
    const tables = ofType(app.storage, 'AWS::DynamoDB::Table').map(({ name }) => name)
    const watched = alarms
      .filter((alarm) => headingOf(alarm) === 'A table throttles')
      .flatMap(metricsOf)
      .map(({ MetricName, Dimensions }) => `${MetricName} ${Dimensions?.[0]?.Value}`)
    expect(watched.sort()).toEqual(
      ['ReadThrottleEvents', 'WriteThrottleEvents']
        .flatMap((metric) => tables.map((table) => `${metric} ${table}`))
        .sort(),
    )
  })

  test('publications that fail, and those that run out of time', () => {
    expect(
      alarms
        .filter((alarm) => headingOf(alarm) === 'A publication failed')
        .flatMap(metricsOf)
        .map(({ MetricName }) => MetricName),
    ).toEqual(['ExecutionsFailed', 'ExecutionsTimedOut'])
  })

  test.each([
    ['A submission died', 'SubmissionsDead', 'drain-dead-letters'],
    ['A gate held a version back', 'GatesClosed', 'commit-version'],
    ['The API answers with faults', '5xx', 'GatewayApi'],
    ['The sealer stands still', 'Invocations', 'SealLedger'],
  ])('%s, by %s', (heading, metric, of) => {
    const found = alarms.filter((alarm) => headingOf(alarm) === heading).flatMap(metricsOf)
    expect(found.map(({ MetricName, Dimensions }) => [MetricName, Dimensions?.[0]?.Value])).toEqual([
      [metric, of],
    ])
  })
})

describe('the runbook', () => {
  test.each([...sections])(
    'says of "%s" what it means, what to look at, what to do and what not',
    (_, text) => {
      const parts = [...text.matchAll(/^\*\*(.+?)\*\* (?=\S)/gm)].map(([, part]) => part)
      expect(parts).toEqual(['Means.', 'Look at.', 'Do.', "Don't."])
    },
  )

  test('names functions, logs and tables as the templates do', () => {
    const names = [...app.storage, ...app.service].map(({ name }) => name)
    const called = [...runbook.matchAll(/`(?:faults|name (?:service|storage)) (\w+)/g)].map(
      ([, name]) => name,
    )
    expect(called.length).toBeGreaterThan(5)
    for (const name of called) expect(names).toContain(name)
  })
})

describe('the topic of alarms', () => {
  test('is encrypted, takes messages over TLS alone, and lets the alarms of this account publish', () => {
    expect(named(app.storage, 'Alarms').properties['KmsMasterKeyId']).toBe('KeysOperations')
    expect(statementsOf(named(app.storage, 'AlarmsPolicy'))).toEqual([
      {
        Sid: 'AllowPublishThroughSSLOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Resource: 'Alarms',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'AlarmsPublish',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: 'Alarms',
        Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      },
    ])
  })
})

type Metric = {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[]
}

/** What an alarm watches, be it one metric or a sum of some. */
function metricsOf({ properties }: Resource): readonly Metric[] {
  const { Metrics } = properties as { Metrics?: { MetricStat?: { Metric: Metric } }[] }
  if (Metrics === undefined) return [properties as unknown as Metric]
  return Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]))
}

function headingOf({ properties }: Resource): string {
  return String(properties['AlarmDescription']).replace(' (docs/runbook.md)', '')
}

function dimensionsUnder(heading: string): readonly string[] {
  const found = alarms.filter((alarm) => headingOf(alarm) === heading).flatMap(metricsOf)
  return found.map(({ Dimensions }) => (Dimensions?.[0]?.Value ?? '').replace('.QueueName', '')).sort()
}

function queueNames(): readonly string[] {
  return ofType(app.service, 'AWS::SQS::Queue')
    .map(({ name }) => name)
    .sort()
}

import validateAsl from 'asl-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { policySchema } from '../../shared/settings.ts'
import { named, SYNTHESIS_TIMEOUT_MS, type Synthesized, synthesize } from './templates.ts'

let app: Synthesized
let machine: Machine
beforeAll(async () => {
  app = await synthesize()
  const { properties } = named(app.service, 'PublicationMachine')
  machine = JSON.parse(properties['DefinitionString'] as string)
}, SYNTHESIS_TIMEOUT_MS)
afterAll(() => app.close())

type State = {
  readonly Type: string
  readonly Next?: string
  readonly TimeoutSeconds?: number
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts: number }[]
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[]
  readonly Parameters?: { readonly FunctionName: string; readonly Payload?: object }
  readonly ResultSelector?: Readonly<Record<string, string>>
  readonly MaxConcurrency?: number
  readonly ItemProcessor?: {
    readonly ProcessorConfig: object
    readonly States: Readonly<Record<string, State>>
  }
}
type Machine = {
  readonly StartAt: string
  readonly TimeoutSeconds: number
  readonly States: Readonly<Record<string, State>>
}

describe('a publication', () => {
  test('is written in valid Amazon States Language', () => {
    const { isValid, errorsText } = validateAsl(machine)
    expect(isValid, errorsText('\n')).toBe(true)
  })

  test('that is not valid would be found', () => {
    const { Plan } = machine.States
    const astray = { ...machine, States: { ...machine.States, Plan: { ...Plan, Next: 'Nowhere' } } }
    expect(validateAsl(astray).isValid).toBe(false)
  })

  test('plans, builds each bucket, commits', () => {
    const { Plan, Commit, Done } = machine.States
    expect(machine.StartAt).toBe('Plan')
    expect([Plan?.Next, machine.States['Each bucket']?.Next, Commit?.Next]).toEqual([
      'Each bucket',
      'Commit',
      'Done',
    ])
    expect(Done?.Type).toBe('Succeed')
    expect(steps().map(({ name, functionName }) => [name, functionName])).toEqual([
      ['Plan', 'PlanVersion'],
      ['Build', 'BuildBucket'],
      ['Commit', 'CommitVersion'],
      ['Abandon', 'CommitVersion'],
    ])
  })

  test('builds its buckets by a distributed map, forty at once', () => {
    expect(eachBucket()).toMatchObject({
      Type: 'Map',
      MaxConcurrency: 40,
      ItemsPath: '$.plan.buckets',
      ItemSelector: {
        'dataset.$': '$.dataset',
        'commitId.$': '$.commitId',
        'bucket.$': '$$.Map.Item.Value',
      },
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
    })
  })

  test('tries each step again twice', () => {
    for (const { name, state } of steps())
      expect(state.Retry, name).toMatchObject([{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }])
  })

  test('that fails leaves word of it, so that nobody waits for its outcome', () => {
    const { Plan, Commit, Abandon, Failed } = machine.States
    for (const state of [Plan, Commit]) expect(state?.Catch).toMatchObject([{ ...anyFault, Next: 'Abandon' }])
    // The commit finds out what is missing
    expect(eachBucket().Catch).toMatchObject([{ ...anyFault, Next: 'Commit' }])
    expect(Abandon?.Parameters?.Payload).toMatchObject({ abandoned: true })
    expect(Abandon?.Next).toBe('Failed')
    expect(Failed?.Type).toBe('Fail')
  })

  test('waits for no step much longer than a function may run', () => {
    for (const { name, state } of steps()) expect(state.TimeoutSeconds, name).toBe(16 * 60)
  })

  test('that ends in any way but well, with no step left to say so, has word of it left all the same', () => {
    const { EventPattern, State: state, Targets } = named(app.service, 'PublicationEnded').properties
    expect(EventPattern).toEqual({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: ['PublicationMachine'], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
    })
    expect(state).toBe('ENABLED')
    expect(Targets).toMatchObject([{ Arn: 'CommitVersion', InputPath: '$.detail' }])
  })

  test('hands on no more than a state may hold, with as many buckets as a policy may ask for', () => {
    const mostBuckets = 4096
    expect(policySchema.safeParse({ bucketCount: mostBuckets }).success).toBe(true)
    expect(policySchema.safeParse({ bucketCount: mostBuckets + 1 }).success).toBe(false)
    const { ResultSelector } = steps().find(({ name }) => name === 'Build')?.state ?? {}
    expect(ResultSelector).toEqual({ 'bucket.$': '$.Payload.bucket' })
    const results = Array.from({ length: mostBuckets }, (_, bucket) => ({ bucket }))
    expect(JSON.stringify(results).length).toBeLessThan(256 * 1024)
  })

  test('ends after six hours at the latest, and leaves a log', () => {
    expect(machine.TimeoutSeconds).toBe(6 * 60 * 60)
    expect(named(app.service, 'PublicationMachine').properties).toMatchObject({
      LoggingConfiguration: {
        Level: 'ALL',
        Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: 'PublicationLog' } }],
      },
      TracingConfiguration: { Enabled: true },
    })
  })
})

const anyFault = { ErrorEquals: ['States.ALL'], ResultPath: null }

function eachBucket(): State {
  const found = machine.States['Each bucket']
  if (found === undefined) throw new Error('there is no map')
  return found
}

/** The steps that run a function, those inside the map too. */
function steps() {
  const all = Object.entries(machine.States).flatMap(([name, state]) =>
    state.ItemProcessor === undefined ? [[name, state] as const] : Object.entries(state.ItemProcessor.States),
  )
  return all
    .filter(([, { Type }]) => Type === 'Task')
    .map(([name, state]) => ({ name, state, functionName: state.Parameters?.FunctionName }))
}

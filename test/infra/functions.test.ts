import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../../infra/deployment.ts'
import { type FunctionName, functionNames, pascalCase } from '../../shared/names.ts'
import { environmentSchema } from '../../shared/settings.ts'
import {
  named,
  ofType,
  type Resource,
  SYNTHESIS_TIMEOUT_MS,
  type Synthesized,
  synthesize,
} from './templates.ts'

let app: Synthesized
beforeAll(async () => {
  app = await synthesize()
}, SYNTHESIS_TIMEOUT_MS)
afterAll(() => app.close())

describe('the functions', () => {
  test('are those of names.ts, and no others', () => {
    const names = ofType(app.service, 'AWS::Lambda::Function').map(({ name }) => name)
    expect(names.sort()).toEqual(functionNames.map(pascalCase).sort())
  })

  test('have one file each, but for the two mounts of the API', () => {
    const files = readdirSync(join(ROOT, 'functions')).map((file) => file.replace('.ts', ''))
    const wanted = functionNames.map((name) => name.replace(/^api-.*/, 'api'))
    expect(files.sort()).toEqual([...new Set(wanted)].sort())
  })
})

describe.each(functionNames)('the function %s', (name) => {
  test('runs on Node 24 on arm64, traced', () => {
    expect(functionOf(name).properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    })
  })

  test('is told its name, and all that settings.ts wants of an environment', () => {
    const { Variables } = functionOf(name).properties['Environment'] as { Variables: object }
    const environment = environmentSchema.parse(Variables)
    expect(environment.FUNCTION_NAME).toBe(name)
    const own = ['SIGNING_KEY_ID', 'ISSUER', 'PUBLISH_STATE_MACHINE', 'FULFIL_FUNCTION'] as const
    expect(own.filter((variable) => environment[variable] !== undefined)).toEqual(told[name] ?? [])
  })

  test('writes a log of its own, encrypted, that is kept for a year whatever becomes of it', () => {
    const log = `${pascalCase(name)}Log`
    expect(functionOf(name).properties['LoggingConfig']).toEqual({ LogGroup: log })
    expectKeptLog(named(app.service, log))
  })

  test('has no address of its own and is called by whom it serves alone', () => {
    const permissions = app.service.filter(
      ({ type, properties }) =>
        type === 'AWS::Lambda::Permission' && properties['FunctionName'] === pascalCase(name),
    )
    const callers = permissions.map(({ properties }) => properties['Principal'])
    expect([...new Set(callers)]).toEqual(callersOf[name] ?? [])
    for (const { properties } of permissions) expect(properties['SourceArn']).toBeTruthy()
  })
})

/** What some are told beside what all are. */
const told: Partial<Record<FunctionName, readonly string[]>> = {
  'seal-ledger': ['SIGNING_KEY_ID'],
  'fulfil-case': ['SIGNING_KEY_ID'],
  'api-data': ['ISSUER', 'PUBLISH_STATE_MACHINE'],
  'api-cases': ['SIGNING_KEY_ID', 'ISSUER', 'FULFIL_FUNCTION'],
}

/** Services beside those that read a queue or a stream for it, or that come with its own caller's role. */
const callersOf: Partial<Record<FunctionName, readonly string[]>> = {
  'api-data': ['apigateway.amazonaws.com'],
  'api-cases': ['apigateway.amazonaws.com'],
  'commit-version': ['events.amazonaws.com'],
  'seal-ledger': ['events.amazonaws.com'],
  'watch-ledger': ['events.amazonaws.com'],
}

describe('the API', () => {
  test('is two mounts of one program, each with its own role', () => {
    const [data, cases] = [functionOf('api-data'), functionOf('api-cases')]
    expect(data.properties['Code']).toEqual(cases.properties['Code'])
    expect([data, cases].map(({ properties }) => properties['Role'])).toEqual(['ApiDataRole', 'ApiCasesRole'])
  })

  test.each([
    ['GET /v1/cases', 'ApiCases'],
    ['POST /v1/cases', 'ApiCases'],
    ['GET /v1/cases/{proxy+}', 'ApiCases'],
    ['POST /v1/cases/{proxy+}', 'ApiCases'],
    ['GET /v1/signing-key', 'ApiCases'],
    ['GET /{proxy+}', 'ApiData'],
    ['POST /{proxy+}', 'ApiData'],
  ])('sends %s to %s', (routeKey, target) => {
    const [route] = ofType(app.service, 'AWS::ApiGatewayV2::Route').filter(
      ({ properties }) => properties['RouteKey'] === routeKey,
    )
    const integration = String(route?.properties['Target']).replace('integrations/', '')
    expect(named(app.service, integration).properties).toMatchObject({
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: target,
    })
  })

  test('has no other routes', () => {
    expect(ofType(app.service, 'AWS::ApiGatewayV2::Route')).toHaveLength(7)
  })

  test('answers before the gateway stops waiting', () => {
    for (const name of ['api-data', 'api-cases'] as const)
      expect(functionOf(name).properties['Timeout']).toBeLessThan(30)
    // Waited for by a request
    expect(functionOf('fulfil-case').properties['Timeout']).toBeLessThan(
      Number(functionOf('api-cases').properties['Timeout']),
    )
  })

  test('is throttled, and logs neither paths nor anything that a caller made up', () => {
    const { properties } = named(app.service, 'GatewayApiStage')
    expect(properties['DefaultRouteSettings']).toEqual({
      ThrottlingRateLimit: 200,
      ThrottlingBurstLimit: 400,
    })
    const { DestinationArn, Format } = properties['AccessLogSettings'] as Record<string, string>
    expectKeptLog(named(app.service, DestinationArn ?? ''))
    expect(Object.values(JSON.parse(Format ?? '')).sort()).toEqual([
      '$context.integrationErrorMessage',
      '$context.requestId',
      '$context.requestTimeEpoch',
      '$context.responseLatency',
      '$context.routeKey',
      '$context.status',
    ])
  })
})

describe('the sealer', () => {
  test('is also woken each minute, in case a waking was lost', () => {
    expect(named(app.service, 'SealLedgerEachMinute').properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      // The next minute tries again
      Targets: [{ Arn: 'SealLedger', RetryPolicy: { MaximumRetryAttempts: 0 } }],
    })
    expect(named(app.service, 'SealLedgerEntries').properties['MaximumRetryAttempts']).toBe(2)
  })
})

describe('every resource that can have tags', () => {
  test('says which project and which deployment it is of', () => {
    const tagged = [...app.storage, ...app.service].filter(({ type }) => taggable.includes(type))
    expect(new Set(tagged.map(({ type }) => type))).toEqual(new Set(taggable))
    const wanted = { project: 'credit-fusion', deployment: 'demo' }
    for (const { name, properties } of tagged) expect(tagsOf(properties), name).toEqual(wanted)
  })
})

const taggable = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::Cognito::UserPool',
  'AWS::DynamoDB::Table',
  'AWS::Events::Rule',
  'AWS::IAM::Role',
  'AWS::KMS::Key',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::StepFunctions::StateMachine',
]

// A list for most, an object for some
function tagsOf({ Tags, UserPoolTags }: Resource['properties']): unknown {
  if (!Array.isArray(Tags)) return Tags ?? UserPoolTags
  return Object.fromEntries(Tags.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]))
}

function functionOf(name: FunctionName): Resource {
  return named(app.service, pascalCase(name))
}

function expectKeptLog({ name, properties, isKept }: Resource): void {
  expect(properties, name).toMatchObject({ RetentionInDays: 365, KmsKeyId: 'KeysOperations' })
  expect(isKept, name).toBe(true)
}

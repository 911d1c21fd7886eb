import { Duration, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { HttpApi, HttpMethod, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { Construct } from 'constructs'
import { addAlarm } from './alarm.ts'
import type { Deployment } from './deployment.ts'
import { addLog } from './log.ts'
import type { StorageStack } from './storage-stack.ts'

export type HttpApiOptions = {
  readonly deployment: Deployment
  readonly storage: StorageStack
  readonly data: NodejsFunction
  readonly cases: NodejsFunction
}

/** The HTTP API: cases, and the key that their packages are signed with, to one function, the rest to another. */
export class ApiGateway extends Construct {
  readonly url: string

  constructor(scope: Construct, options: HttpApiOptions) {
    super(scope, 'Gateway')
    const { deployment, storage, data, cases } = options
    const api = new HttpApi(this, 'Api', { createDefaultStage: false })
    const methods = [HttpMethod.GET, HttpMethod.POST]
    const toCases = new HttpLambdaIntegration('Cases', cases)
    const toData = new HttpLambdaIntegration('Data', data)
    for (const path of ['/v1/cases', '/v1/cases/{proxy+}'])
      api.addRoutes({ path, methods, integration: toCases })
    api.addRoutes({ path: '/v1/signing-key', methods: [HttpMethod.GET], integration: toCases })
    api.addRoutes({ path: '/{proxy+}', methods, integration: toData })
    this.#addStage(api, options)
    this.url =
      deployment.endpoint === undefined
        ? api.apiEndpoint
        : `${deployment.endpoint}/_aws/execute-api/${api.apiId}/$default`
    const failing = api.metricServerError({ period: Duration.minutes(5) })
    const heading = 'The API answers with faults'
    addAlarm(this, 'Failing', { metric: failing, threshold: 1, heading, topic: storage.alarms })
    Validations.of(api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason: 'Tokens are verified behind it, where the stored principal is found: one place decides',
    })
  }

  #addStage(api: HttpApi, options: HttpApiOptions): void {
    const log = addLog(this, 'AccessLog', options)
    api.addStage('Stage', {
      autoDeploy: true,
      throttle: { rateLimit: 200, burstLimit: 400 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    })
  }
}

/** Neither the path, which names organisations, nor anything that a caller made up. */
const LOGGED = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  fault: '$context.integrationErrorMessage',
}

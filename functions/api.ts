import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2, Context } from 'aws-lambda'
import { handle } from 'hono/aws-lambda'
import { createApi, type Stages } from '../shared/api/app.ts'
import { translated } from '../shared/aws/fault.ts'
import { instrumented, tell } from '../shared/aws/handler.ts'
import { fetchJwks } from '../shared/aws/jwks.ts'
import { openAws, readDeployed } from '../shared/aws/world.ts'
import { Failure } from '../shared/base/failure.ts'
import type { CaseResult } from '../shared/disclosure/cases.ts'
import { principalsFileSchema, registerDeployed } from '../shared/principals/principal.ts'
import { openTokenVerifier } from '../shared/principals/token.ts'

const world = await openAws()
const { environment } = world
const { ISSUER: issuer = '', JWKS_URI: jwksUri = '', CLIENT_ID: clientId = '' } = environment
const mount = environment.FUNCTION_NAME === 'api-cases' ? 'cases' : 'data'
/** Of the function's 29 s: what was begun is still to be answered, and the last parts and the entry to be written. */
const REPLAY_LIMIT_MS = 20_000
const stages: Stages = { publish: startPublication, release: invokeRelease }
const api = createApi({
  world,
  verifyToken: openTokenVerifier({ issuer, clientId, jwksUri, fetchJwks: () => fetchJwks(jwksUri) }),
  stages,
  mount,
  replayLimitMs: REPLAY_LIMIT_MS,
  onFault: (fault) => tell('request failed', fault),
})
if (mount === 'data') await registerDeployed(world, readDeployed('principals.json', principalsFileSchema))

/** Answers the HTTP API, one mount of it: the data, or the cases. */
export const handler = instrumented(
  // The adapter is typed for any event of any gateway; this is the one behind ours
  (event: APIGatewayProxyEventV2, context: Context) =>
    handle(api)(event as never, context as never) as Promise<APIGatewayProxyResultV2>,
)

async function startPublication(options: Parameters<Stages['publish']>[0]) {
  await translated('STAGE', () =>
    new SFNClient().send(
      new StartExecutionCommand({
        stateMachineArn: environment.PUBLISH_STATE_MACHINE,
        name: options.commitId,
        input: JSON.stringify(options),
      }),
    ),
  )
  return { outcome: 'started' as const }
}

async function invokeRelease(order: Parameters<Stages['release']>[0]): Promise<CaseResult> {
  const { Payload, FunctionError } = await translated('STAGE', () =>
    new LambdaClient().send(
      new InvokeCommand({ FunctionName: environment.FULFIL_FUNCTION, Payload: JSON.stringify(order) }),
    ),
  )
  // It may have died after its commit; whoever asks again is told what stands
  if (FunctionError !== undefined) throw new Failure('FULFILMENT_FAILED', { retryable: true })
  return JSON.parse(Buffer.from(Payload ?? []).toString('utf8'))
}

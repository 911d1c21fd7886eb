import {
  type App,
  CliCredentialsStackSynthesizer,
  type Environment,
  type IStackSynthesizer,
  type StackProps,
  Tags,
} from 'aws-cdk-lib'
import { type Deployment, readDeployment } from './deployment.ts'
import { ServiceStack } from './service-stack.ts'
import { StorageStack } from './storage-stack.ts'

export type Stacks = { readonly storage: StorageStack; readonly service: ServiceStack }

/** Adds both stacks: what is kept, which outlives every release, and what works on it. */
export function addStacks(app: App, env: Environment = environmentOfCaller()): Stacks {
  const deployment = readDeployment(app.node, env.region)
  const storage = new StorageStack(app, `${deployment.stack}-storage`, deployment, propsOf(deployment, env))
  const service = new ServiceStack(app, `${deployment.stack}-service`, {
    deployment,
    storage,
    stack: propsOf(deployment, env),
  })
  Tags.of(app).add('project', 'credit-fusion')
  Tags.of(app).add('deployment', deployment.stack)
  return { storage, service }
}

function propsOf({ local }: Deployment, env: Environment): StackProps {
  // The emulator refuses the role by which CDK publishes files: there it is whoever deploys who does
  return { env, ...(local && { synthesizer: new CliCredentialsStackSynthesizer() as IStackSynthesizer }) }
}

// As the CDK CLI says; without credentials neither is known, and the templates fit any account
function environmentOfCaller(): Environment {
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) }
}

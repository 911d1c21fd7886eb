import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { principalsFileSchema } from '../shared/principals/principal.ts'
import { authoritiesFileSchema } from '../shared/settings.ts'
import type { Emulator } from './process.ts'
import { runGroup } from './process-group.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLE = join(ROOT, 'examples', 'deployment')
const ACCOUNT = '000000000000'

/** The stacks' outputs, by name. */
export type Outputs = Readonly<Record<string, string>>

/** The IAM user of an authority, which the deployment's file names as its principal. */
export function authorityUser(code: string): { readonly name: string; readonly arn: string } {
  return { name: code, arn: `arn:aws:iam::${ACCOUNT}:user/${code}` }
}

/** The one authority that has to sign here, with whichever key it is given. */
export const SIGNING = 'demo-credit-centre'

export type Deployed = {
  readonly outputs: Outputs
  readonly outputsFile: string
  /** The codes of the authorities, and the names of the principals, that were deployed. */
  readonly authorities: readonly string[]
  readonly principals: readonly string[]
}

/** Deploys the app on an emulator that runs, with the example's authorities. */
export async function deploy(emulator: Emulator, directory: string, stack: string): Promise<Deployed> {
  const { path, authorities, principals } = await writeDeployment(directory)
  const outputsFile = join(directory, `${stack}.json`)
  const context = { local: 'true', stack, deployment: path, endpoint: emulator.endpoint }
  const cdk = (command: string, ...args: readonly string[]) =>
    runCdk(emulator, directory, [command, ...args, ...contextArguments(context)])
  await cdk('bootstrap', `aws://${ACCOUNT}/us-east-1`)
  await cdk('deploy', '--all', '--require-approval', 'never', '--outputs-file', outputsFile)
  const byStack = JSON.parse(await readFile(outputsFile, 'utf8')) as Readonly<Record<string, Outputs>>
  return { outputs: Object.assign({}, ...Object.values(byStack)), outputsFile, authorities, principals }
}

function contextArguments(context: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`])
}

async function runCdk(emulator: Emulator, directory: string, args: readonly string[]): Promise<void> {
  const cdk = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk')
  // The CLI runs the app by `node`: it is to be the one that runs this
  const path = [dirname(process.execPath), process.env['PATH']].join(':')
  const options = ['--output', join(directory, 'cdk.out'), '--no-notices', '--ci']
  await runGroup({
    ...{ program: process.execPath, args: [cdk, ...args, ...options], directory: ROOT },
    environment: { ...emulator.environment, PATH: path },
    log: join(directory, `cdk-${args[0]}.log`),
  })
}

// The example's files, with a principal for each authority: it is they who may use its queue. One of them has to sign
async function writeDeployment(directory: string) {
  const path = join(directory, 'deployment')
  await mkdir(path, { recursive: true })
  const read = async (name: string) => JSON.parse(await readFile(join(EXAMPLE, name), 'utf8'))
  const { authorities } = authoritiesFileSchema.parse(await read('authorities.json'))
  const { principals } = principalsFileSchema.parse(await read('principals.json'))
  const files = {
    'authorities.json': {
      authorities: authorities.map((each) => ({
        ...{ ...each, principalArn: authorityUser(each.code).arn },
        ...(each.code === SIGNING && { requireSignature: true }),
      })),
    },
    'principals.json': { principals },
    'policy.json': await read('policy.json'),
    'ledger.json': await read('ledger.json'),
  }
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(path, name), JSON.stringify(content, undefined, 2))
  }
  return {
    path,
    authorities: authorities.map(({ code }) => code),
    principals: principals.map(({ name }) => name),
  }
}

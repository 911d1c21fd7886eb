import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { deploymentFiles, ROOT } from '../../infra/deployment.ts'
import { addStacks, type Stacks } from '../../infra/stacks.ts'

/** A resource as a test reads it: every reference is the name of what it refers to. */
export type Resource = {
  /** Its logical id without the hash at the end. */
  readonly name: string
  readonly type: string
  readonly properties: Readonly<Record<string, unknown>>
  /** Outlives its stack, and its own replacement. */
  readonly isKept: boolean
}

export type Synthesized = {
  readonly storage: readonly Resource[]
  readonly service: readonly Resource[]
  /** The names of the service stack's outputs. */
  readonly outputs: readonly string[]
  readonly stacks: Stacks
  /** Where the assets lie; empty once closed. */
  readonly directory: string
  close(): Promise<void>
}

export type Synthesis = {
  readonly env?: { readonly account?: string; readonly region?: string }
  readonly context?: Readonly<Record<string, string>>
  /** What the deployment's file of authorities holds; by default the example's, two of them with doors. */
  readonly authorities?: readonly object[]
  /** What the deployment's file of the ledger holds; by default the example's. */
  readonly ledger?: object
  /** Whether the functions are bundled; else their assets are empty. */
  readonly isBundled?: true
  /** Whether CDK's own rules look at the templates, and leave a report. */
  readonly isValidated?: true
}

/** For a hook: on a busy machine loading CDK alone takes seconds. */
export const SYNTHESIS_TIMEOUT_MS = 120_000

export const STACK = 'demo'
export const ACCOUNT = '111122223333'
const REGION = 'eu-west-1'

/** The authorities of the example; the first two have doors, and these principals. */
export const senders = {
  'demo-market-regulator': 'arn:aws:iam::222233334444:role/registers',
  'demo-environment-bureau': 'arn:aws:iam::333344445555:user/penalties',
} as const

/** The app as `cdk synth` would make it, with the flags of cdk.json. */
export async function synthesize(synthesis: Synthesis = {}): Promise<Synthesized> {
  const {
    env = { account: ACCOUNT, region: REGION },
    context,
    authorities,
    ledger,
    isBundled,
    isValidated,
  } = synthesis
  const directory = await mkdtemp(join(tmpdir(), 'credit-fusion-infra-'))
  const close = () => rm(directory, { recursive: true, force: true })
  try {
    const deployment = await writeDeployment(directory, {
      'authorities.json': { authorities: authorities ?? (await exampleAuthorities()) },
      ...(ledger && { 'ledger.json': ledger }),
    })
    const { context: flags } = JSON.parse(await readFile(join(ROOT, 'cdk.json'), 'utf8'))
    const app = new App({
      outdir: join(directory, 'cdk.out'),
      // One test has it; each would pay some seconds for it
      builtinCloudFormationValidation: isValidated ?? false,
      analyticsReporting: false,
      context: {
        ...{ ...flags, deployment, stack: STACK, ...context },
        'aws:cdk:bundling-stacks': isBundled ? ['**'] : [],
      },
    })
    const stacks = addStacks(app, env)
    app.synth()
    const templates = readTemplates(directory, context?.['stack'] ?? STACK, env.region ?? 'anywhere')
    return { ...templates, stacks, directory, close }
  } catch (fault) {
    await close()
    throw fault
  }
}

type DeploymentFiles = Partial<Record<(typeof deploymentFiles)[number], object>>

async function writeDeployment(directory: string, given: DeploymentFiles): Promise<string> {
  for (const file of deploymentFiles) {
    const example = await readFile(join(ROOT, 'examples', 'deployment', file))
    await writeFile(join(directory, file), given[file] === undefined ? example : JSON.stringify(given[file]))
  }
  return directory
}

async function exampleAuthorities(): Promise<readonly object[]> {
  const file = await readFile(join(ROOT, 'examples', 'deployment', 'authorities.json'), 'utf8')
  const { authorities } = JSON.parse(file) as { authorities: { code: string }[] }
  const principals: Readonly<Record<string, string>> = senders
  return authorities.map((each) => {
    const principalArn = principals[each.code]
    return principalArn === undefined ? each : { ...each, principalArn }
  })
}

type Template = {
  readonly Resources: Readonly<
    Record<
      string,
      { Type: string; Properties?: object; DeletionPolicy?: string; UpdateReplacePolicy?: string }
    >
  >
  readonly Outputs?: Readonly<Record<string, { Value: unknown; Export?: { Name: string } }>>
}

function readTemplates(directory: string, stack: string, region: string) {
  const read = (part: string): Template =>
    JSON.parse(readFileSync(join(directory, 'cdk.out', `${stack}-${part}.template.json`), 'utf8'))
  const [storage, service] = [read('storage'), read('service')]
  const exported = Object.values(storage.Outputs ?? {}).map(
    ({ Export, Value }) => [Export?.Name ?? '', Value] as const,
  )
  const place = { pseudo: pseudoOf(region), exports: new Map(exported) }
  return {
    storage: resourcesOf(storage, place),
    service: resourcesOf(service, place),
    outputs: Object.keys(service.Outputs ?? {}),
  }
}

/** What references lead to that are no resource of the same template. */
type Place = {
  readonly pseudo: Readonly<Record<string, string>>
  readonly exports: ReadonlyMap<string, unknown>
}

function pseudoOf(region: string): Place['pseudo'] {
  const isChina = region.startsWith('cn-')
  return {
    'AWS::AccountId': ACCOUNT,
    'AWS::Region': region,
    'AWS::Partition': isChina ? 'aws-cn' : 'aws',
    'AWS::URLSuffix': isChina ? 'amazonaws.com.cn' : 'amazonaws.com',
  }
}

function resourcesOf({ Resources }: Template, place: Place): readonly Resource[] {
  return Object.entries(Resources).map(([id, resource]) => ({
    name: nameOf(id),
    type: resource.Type,
    properties: readable(resource.Properties ?? {}, place) as Resource['properties'],
    isKept: resource.DeletionPolicy === 'Retain' && resource.UpdateReplacePolicy === 'Retain',
  }))
}

function nameOf(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '')
}

// A reference comes out as the name of its resource, whether it stands for its ARN or its own name
function readable(value: unknown, place: Place): unknown {
  if (Array.isArray(value)) return value.map((each) => readable(each, place))
  if (typeof value !== 'object' || value === null) return value
  const [[fn, argument] = ['', undefined], ...others] = Object.entries(value)
  if (others.length === 0 && fn in references) return references[fn]?.(argument, place)
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, readable(each, place)]))
}

const references: Readonly<Record<string, (argument: unknown, place: Place) => unknown>> = {
  Ref: (argument, { pseudo }) => pseudo[argument as string] ?? nameOf(argument as string),
  'Fn::GetAtt': (argument) => {
    const [id, attribute] = argument as [string, string]
    return attribute === 'Arn' ? nameOf(id) : `${nameOf(id)}.${attribute}`
  },
  'Fn::ImportValue': (argument, place) => readable(place.exports.get(argument as string), place),
  'Fn::Join': (argument, place) => {
    const [separator, parts] = argument as [string, unknown[]]
    return parts.map((part) => readable(part, place)).join(separator)
  },
  // Both are used for the last part of an ARN, which is the name that stands for the ARN here
  'Fn::Select': (argument, place) => readable((argument as [number, unknown])[1], place),
  'Fn::Split': (argument, place) => readable((argument as [string, unknown])[1], place),
}

/** All resources of a type, at least one. */
export function ofType(resources: readonly Resource[], type: string): readonly Resource[] {
  const found = resources.filter((each) => each.type === type)
  if (found.length === 0) throw new Error(`there is no ${type}`)
  return found
}

/** The one resource of that name. */
export function named(resources: readonly Resource[], name: string): Resource {
  const [found, ...others] = resources.filter((each) => each.name === name)
  if (found === undefined || others.length > 0) throw new Error(`there is not one ${name}`)
  return found
}

export type Statement = {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: unknown
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** The statements of a policy, wherever a resource of its type keeps them. */
export function statementsOf({ properties }: Resource): readonly Statement[] {
  const { PolicyDocument, KeyPolicy } = properties as Record<string, { Statement: Statement[] } | undefined>
  return (PolicyDocument ?? KeyPolicy)?.Statement ?? []
}

/** A value, or a list of them, as a list. */
export function listed<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T]
}

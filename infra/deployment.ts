import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Architecture } from 'aws-cdk-lib/aws-lambda'
import type { Node } from 'constructs'
import { type Authority, authoritiesFileSchema, ledgerSettingsSchema } from '../shared/settings.ts'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Beside each function's code. */
export const deploymentFiles = ['authorities.json', 'policy.json', 'ledger.json', 'principals.json'] as const

/** What one deployment decides; given as context: `cdk deploy --context stack=…`. */
export type Deployment = {
  /** Begins every name. */
  readonly stack: string
  /** Where the deployment's files lie. */
  readonly directory: string
  readonly authorities: readonly Authority[]
  /** Whether each checkpoint is signed by a second key too, of another kind. */
  readonly hasSecondSigner: boolean
  /** On the emulator: nothing outlives the stack, and what it doesn't know is left out. */
  readonly local: boolean
  /** Where the emulator answers. */
  readonly endpoint?: string
  readonly architecture: Architecture
  /** Undefined where it is not known before the deployment. */
  readonly region?: string
  /** An identity provider outside the stacks; without one they make a user pool. */
  readonly issuer?: TrustedIssuer
}

export type TrustedIssuer = {
  readonly issuer: string
  readonly jwksUri: string
  readonly clientId: string
}

/** An authority that has doors of its own on AWS. */
export type DoorHolder = Authority & { readonly principalArn: string }

export function doorHolders({ authorities }: Pick<Deployment, 'authorities'>): readonly DoorHolder[] {
  return authorities.filter((each): each is DoorHolder => each.principalArn !== undefined)
}

/**
 * Most authorities with doors of their own. A bucket's policy holds 20 KiB, of which each takes up to 530 bytes; a
 * template holds 500 resources, of which each takes nine.
 */
const DOOR_LIMIT = 35

/** Throws an error in words for whoever deploys. */
export function readDeployment(node: Node, region?: string): Deployment {
  const directory = resolve(ROOT, readText(node, 'deployment') ?? 'examples/deployment')
  const local = readText(node, 'local') === 'true'
  const endpoint = readText(node, 'endpoint')
  const issuer = readIssuer(node)
  if (issuer === undefined && region?.startsWith('cn-')) throw new Error(NO_USER_POOLS)
  return {
    stack: readStack(node),
    directory,
    authorities: readAuthorities(directory),
    hasSecondSigner: readLedger(directory).secondSigner !== 'none',
    local,
    architecture: local && process.arch === 'x64' ? Architecture.X86_64 : Architecture.ARM_64,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(issuer !== undefined && { issuer }),
  }
}

const NO_USER_POOLS =
  'The China regions have no Cognito user pools: name an identity provider of your own by the context ' +
  'values issuer, jwksUri and clientId'

function readStack(node: Node): string {
  const stack = readText(node, 'stack') ?? 'credit-fusion'
  // 80 characters are what SQS allows a name; an authority's code takes up to 40, `_submissions_` and `_dead` 18
  if (/^[A-Za-z][A-Za-z0-9-]{0,21}$/.test(stack)) return stack
  throw new Error(`stack: at most 22 letters, digits and hyphens, beginning with a letter; not ${stack}`)
}

function readIssuer(node: Node): TrustedIssuer | undefined {
  const issuer = readText(node, 'issuer')
  const jwksUri = readText(node, 'jwksUri')
  const clientId = readText(node, 'clientId')
  if (issuer !== undefined && jwksUri !== undefined && clientId !== undefined)
    return { issuer, jwksUri, clientId }
  if (issuer === undefined && jwksUri === undefined && clientId === undefined) return undefined
  throw new Error('issuer, jwksUri and clientId are given together or not at all')
}

function readLedger(directory: string) {
  return ledgerSettingsSchema.parse(JSON.parse(readFileSync(join(directory, 'ledger.json'), 'utf8')))
}

function readAuthorities(directory: string): readonly Authority[] {
  const path = join(directory, 'authorities.json')
  const file = authoritiesFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  const doors = doorHolders(file).length
  if (doors <= DOOR_LIMIT) return file.authorities
  throw new Error(
    `authorities.json: ${doors} authorities have a principalArn; ${DOOR_LIMIT} can have doors of their own, the ` +
      'others send through the API',
  )
}

function readText(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name)
  return value === undefined || value === null || value === '' ? undefined : String(value)
}

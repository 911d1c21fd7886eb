import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Credentials, createAccounts, createUser } from './accounts.ts'
import { authorityUser, deploy, type Outputs } from './deployment.ts'
import {
  type Emulator,
  type EmulatorOptions,
  findEmulator,
  leaveOtherAccount,
  startEmulator,
  stopEmulator,
} from './process.ts'
import { settle } from './settle.ts'

/** The app, deployed on an emulator that runs, with an account for everybody who works with it. */
export type EmulatedStack = {
  readonly name: string
  readonly emulator: Emulator
  /** As `cdk deploy --outputs-file` wrote them. */
  readonly outputsFile: string
  readonly outputs: Outputs
  /** Of every account in the user pool. */
  readonly password: string
  /** Each authority's own keys, by its code. */
  readonly authorities: Readonly<Record<string, Credentials>>
}

export type StackOptions = EmulatorOptions & {
  /** Whether it outlives this process. */
  readonly stays?: true
}

/** Starts an emulator in a directory, deploys the app on it, and makes the accounts. */
export async function bringUp(name: string, { stays, ...options }: StackOptions): Promise<EmulatedStack> {
  const { directory } = options
  // What one left that was broken off is not to be gone on with
  await takeDown(directory)
  await mkdir(directory, { recursive: true })
  const { letGo, ended, ...emulator } = await startEmulator(options)
  try {
    const stack = await Promise.race([fill(name, emulator, directory), ended])
    await writeFile(stateFile(directory), JSON.stringify(stack, undefined, 2), { mode: 0o600 })
    // Only now: until here, whoever is interrupted leaves no process
    if (stays) letGo()
    return stack
  } catch (fault) {
    await stopEmulator(directory)
    throw fault
  }
}

async function fill(name: string, emulator: Emulator, directory: string): Promise<EmulatedStack> {
  useEmulator(emulator)
  const { outputs, outputsFile, principals, authorities } = await deploy(emulator, directory, name)
  await settle(outputs)
  const keys = await Promise.all(
    authorities.map(async (code) => [code, await createUser(authorityUser(code).name)] as const),
  )
  const password = `${randomBytes(18).toString('base64url')}aA1!`
  await createAccounts(outputs, [...authorities, ...principals], password)
  return { name, emulator, outputsFile, outputs, password, authorities: Object.fromEntries(keys) }
}

/** Has every client of this process talk to an emulator, as the account's root. */
export function useEmulator({ environment, authority }: Emulator): void {
  Object.assign(process.env, environment)
  leaveOtherAccount()
  setDefaultCACertificates([...getCACertificates('default'), authority])
}

/** The stack that is up in a directory; undefined where none is, or its emulator runs no more. */
export async function findStack(directory: string): Promise<EmulatedStack | undefined> {
  if (!existsSync(stateFile(directory)) || (await findEmulator(directory)) === undefined) return undefined
  return JSON.parse(await readFile(stateFile(directory), 'utf8'))
}

/** Stops an emulator and all it started, and removes what it held. */
export async function takeDown(directory: string): Promise<void> {
  await stopEmulator(directory)
  await rm(directory, { recursive: true, force: true })
}

function stateFile(directory: string): string {
  return join(directory, 'stack.json')
}

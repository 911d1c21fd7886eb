import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Credentials, createAccounts, createAuthorityUser } from './accounts.ts'
import { deploy, type Outputs } from './deployment.ts'
import { type Emulator, type EmulatorOptions, startEmulator, stopEmulator } from './process.ts'
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

/** Starts an emulator in a directory, deploys the app on it, and makes the accounts. */
export async function bringUp(name: string, options: EmulatorOptions): Promise<EmulatedStack> {
  const { directory } = options
  await mkdir(directory, { recursive: true })
  const emulator = await startEmulator(options)
  try {
    useEmulator(emulator)
    const { outputs, outputsFile, principals, authorities } = await deploy(emulator, directory, name)
    await settle(outputs)
    const keys = await Promise.all(
      authorities.map(async (code) => [code, await createAuthorityUser(code)] as const),
    )
    const password = `${randomBytes(18).toString('base64url')}aA1!`
    await createAccounts(outputs, [...authorities, ...principals], password)
    const stack = { name, emulator, outputsFile, outputs, password, authorities: Object.fromEntries(keys) }
    await writeFile(stateFile(directory), JSON.stringify(stack, undefined, 2), { mode: 0o600 })
    return stack
  } catch (fault) {
    await stopEmulator(emulator.pid)
    throw fault
  }
}

/** Has every client of this process talk to an emulator, as the account's root. */
export function useEmulator({ environment, authority }: Emulator): void {
  Object.assign(process.env, environment)
  setDefaultCACertificates([...getCACertificates('default'), authority])
}

/** The stack that was brought up in a directory; undefined where there is none. */
export async function findStack(directory: string): Promise<EmulatedStack | undefined> {
  if (!existsSync(stateFile(directory))) return undefined
  return JSON.parse(await readFile(stateFile(directory), 'utf8'))
}

/** Stops an emulator and all it started, and removes what it held. */
export async function takeDown(directory: string): Promise<void> {
  const stack = await findStack(directory)
  if (stack !== undefined) await stopEmulator(stack.emulator.pid)
  await rm(directory, { recursive: true, force: true })
}

function stateFile(directory: string): string {
  return join(directory, 'stack.json')
}

import { existsSync } from 'node:fs'
import { access, chmod, constants, mkdir, opendir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { z } from 'zod'
import { checkedAuthoritiesSchema } from '../authorities/authorities-file.ts'
import { Failure } from '../base/failure.ts'
import { type Clock, systemClock } from '../base/instant.ts'
import { jsonPointer } from '../base/json-pointer.ts'
import { witnessesIn } from '../ledger/witness.ts'
import type { EcdsaSigner, Signer, Store, World } from '../ports.ts'
import { findLeftOut, principalsFileSchema, registerDeployed } from '../principals/principal.ts'
import {
  ledgerSettingsSchema,
  policySchema,
  type Settings,
  settingsPlace,
  settingsProblem,
} from '../settings.ts'

import { openDatabase } from './database.ts'
import { createFile, errnoOf } from './durable-file.ts'
import { type LocalIssuer, openIssuer } from './issuer.ts'
import { openObjects } from './objects.ts'
import { openQueue, type WorkerQueue } from './queue.ts'
import { openEcdsaSigner, openSigner } from './signer.ts'
import { openStore } from './store.ts'

/** A World on one directory: a SQLite file, a tree of objects, the public log, its keys, and the deployment's files. */
export type Home = World & {
  readonly directory: string
  readonly queues: { readonly inbox: WorkerQueue; readonly sealed: WorkerQueue }
  readonly issuer: LocalIssuer
  /** Signs checkpoints; `signer` signs packages. */
  readonly ledgerSigner: Signer
  /** Signs them as well, where the settings say so. */
  readonly secondSigner?: EcdsaSigner
  /** Principals that came by its files, which name them no more; they may sign in until they are revoked. */
  readonly leftOut: readonly string[]
  /** Clears the store's file of what was erased; false while somebody else reads it. */
  scrub(): boolean
  close(): void
}

export type HomeOptions = {
  readonly directory: string
  /** Where the deployment's files are copied from when the home is new. */
  readonly template: string
  readonly now?: Clock
  /** Of whoever has the home open already, for a thread of the same process: its files may have been edited since. */
  readonly settings?: Settings
}

/** Whether a directory is a home: it has a store, or the files that one is made from. */
export function isHome(directory: string): boolean {
  return [STORE, ...DEPLOYMENT_FILES].some((name) => existsSync(join(directory, name)))
}

/** The store of a home, to be looked at; undefined where there is none. */
export function openHomeStore(directory: string): { readonly store: Store; close(): void } | undefined {
  const file = join(directory, STORE)
  if (!existsSync(file)) return undefined
  const database = openDatabase(file)
  return { store: openStore(database), close: () => database.close() }
}

const STORE = 'store.sqlite'
const DEPLOYMENT_FILES = ['authorities.json', 'policy.json', 'ledger.json', 'principals.json'] as const

/**
 * Opens a home, and makes it where there is none, for its owner alone. Several processes may have one open. Edits of
 * its four files take effect at the next opening; a principal that was revoked stays so.
 * Throws `SETTINGS_INVALID` with the file and the path in it, and `HOME_UNUSABLE` with the directory.
 */
export async function openHome(options: HomeOptions): Promise<Home> {
  const { directory, template, now = systemClock } = options
  const root = resolve(directory)
  await makeRoot(root)
  // A directory that was there may be open to others, and what lies in it goes by its mode
  await chmod(root, 0o700)
  const settings = options.settings ?? (await readSettings(root, template))
  const database = openDatabase(await ownDatabaseFile(root))
  const home = {
    directory: root,
    store: openStore(database, settings.ledger),
    objects: await openObjects(join(root, 'objects'), {
      ...{ now, ledger: join(root, 'ledger'), receipts: join(root, 'receipts') },
    }),
    queues: { inbox: openQueue(database, 'inbox'), sealed: openQueue(database, 'sealed') },
    signer: await openSigner(join(root, 'signer.pem')),
    ledgerSigner: await openSigner(join(root, 'ledger.pem')),
    ...(settings.ledger.secondSigner === 'ecdsa-p256' && {
      secondSigner: await openEcdsaSigner(join(root, 'ledger-ecdsa.pem')),
    }),
    issuer: await openIssuer(join(root, 'issuer.pem')),
    now,
    settings,
    scrub: () => database.emptyLog(),
    close: () => database.close(),
  }
  return { ...home, leftOut: options.settings ? [] : await registerPrincipals(home, template) }
}

async function makeRoot(root: string): Promise<void> {
  try {
    await makeDirectories(root)
    await (await opendir(root)).close()
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    const facts = { path: root, errno: errnoOf(cause) ?? 'UNKNOWN' }
    throw new Failure('HOME_UNUSABLE', { retryable: false, facts, cause })
  }
}

// Not by mkdir's own recursion: below /proc, where nothing can be made, that tries for ever
async function makeDirectories(directory: string): Promise<void> {
  const isMissing = (await tryToMake(directory)) === 'ENOENT'
  if (!isMissing || dirname(directory) === directory) return
  await makeDirectories(dirname(directory))
  await tryToMake(directory)
}

// Whatever stood against it, whoever opens the directory finds
async function tryToMake(directory: string): Promise<string | undefined> {
  return mkdir(directory, { mode: 0o700 }).then(() => undefined, errnoOf)
}

// SQLite makes its files as the umask says, and those beside the store with the mode that the store has
async function ownDatabaseFile(root: string): Promise<string> {
  const file = join(root, STORE)
  if (!existsSync(file)) await createFile(file, new Uint8Array())
  await chmod(file, 0o600)
  return file
}

/** The file whose lock the home's one worker holds. */
export function workerLockFile(home: Pick<Home, 'directory'>): string {
  return join(home.directory, 'worker.lock')
}

async function readSettings(root: string, template: string): Promise<Settings> {
  const { authorities } = await readJsonFile(root, {
    template,
    name: 'authorities.json',
    schema: checkedAuthoritiesSchema,
  })
  const policy = await readJsonFile(root, { template, name: 'policy.json', schema: policySchema })
  const ledger = await readJsonFile(root, { template, name: 'ledger.json', schema: ledgerSettingsSchema })
  const settings = { authorities, policy, ledger }
  // Looked at now, not by the first look at the log: a file that is wrong is one for every command
  witnessesIn(settings)
  return settings
}

// Answers who is registered and named by the files no more
async function registerPrincipals(home: Omit<Home, 'leftOut'>, template: string): Promise<readonly string[]> {
  const file = { template, name: 'principals.json', schema: principalsFileSchema }
  const { principals } = await readJsonFile(home.directory, file)
  await registerDeployed(home, { principals })
  const staff = principals.map(({ name }) => name)
  const agencies = home.settings.authorities.map(({ code }) => code)
  return findLeftOut(home.store, new Set([...staff, ...agencies]))
}

type SettingsFile<Schema extends z.ZodType> = {
  readonly template: string
  readonly name: string
  readonly schema: Schema
}

async function readJsonFile<Schema extends z.ZodType>(
  root: string,
  { template, name, schema }: SettingsFile<Schema>,
): Promise<z.infer<Schema>> {
  const file = join(root, name)
  if (!existsSync(file)) await createFile(file, await readFile(join(template, name)))
  const parsed = schema.safeParse(parseJson(await readFile(file, 'utf8'), name))
  if (parsed.success) return parsed.data
  const path = jsonPointer(settingsPlace(parsed.error))
  throw settingsInvalid({ file: name, path, problem: settingsProblem(parsed.error) })
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw settingsInvalid({ file, path: '', problem: 'not JSON' }, cause)
  }
}

/** `path` is a JSON Pointer (RFC 6901) into the file. */
type SettingsFault = { readonly file: string; readonly path: string; readonly problem: string }

function settingsInvalid(facts: SettingsFault, cause?: unknown): Failure {
  return new Failure('SETTINGS_INVALID', { retryable: false, facts, cause })
}

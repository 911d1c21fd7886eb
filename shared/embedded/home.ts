import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { findActor, type Principal, principalSchema, registerPrincipal } from '../api/principal.ts'
import { Failure } from '../base/failure.ts'
import { type Clock, systemClock } from '../base/instant.ts'
import { jsonPointer } from '../base/pointer.ts'
import type { World } from '../ports.ts'
import { authoritiesFileSchema, policySchema, type Settings, settingsProblem } from '../settings.ts'
import { openDatabase } from './database.ts'
import { createFile } from './durable-file.ts'
import { type LocalIssuer, openIssuer } from './issuer.ts'
import { openObjects } from './objects.ts'
import { openQueue, type WorkerQueue } from './queue.ts'
import { openSigner } from './signer.ts'
import { openStore } from './store.ts'

/** A World on one directory: a SQLite file, a tree of objects, two keys, and the deployment's three files. */
export type Home = World & {
  readonly directory: string
  readonly queues: { readonly inbox: WorkerQueue; readonly sealed: WorkerQueue }
  readonly issuer: LocalIssuer
  close(): void
}

export type HomeOptions = {
  readonly directory: string
  /** Where the deployment's files are copied from when the home is new. */
  readonly template: string
  readonly now?: Clock
}

const principalsFileSchema = z.strictObject({ principals: z.array(principalSchema) })

/**
 * Opens a home, and makes it where there is none, for its owner alone. Several processes may have one open. Edits of `authorities.json`,
 * `policy.json` and `principals.json` take effect at the next opening; a principal that was revoked stays so.
 * Throws `SETTINGS_INVALID` with the file and the path in it.
 */
export async function openHome({ directory, template, now = systemClock }: HomeOptions): Promise<Home> {
  const root = resolve(directory)
  await mkdir(root, { recursive: true, mode: 0o700 })
  // A directory that was there may be open to others, and what lies in it goes by its mode
  await chmod(root, 0o700)
  const settings = await readSettings(root, template)
  const database = openDatabase(await ownDatabaseFile(root))
  const home: Home = {
    directory: root,
    store: openStore(database),
    objects: await openObjects(join(root, 'objects'), now),
    queues: { inbox: openQueue(database, 'inbox'), sealed: openQueue(database, 'sealed') },
    signer: await openSigner(join(root, 'signer.pem')),
    issuer: await openIssuer(join(root, 'issuer.pem')),
    now,
    settings,
    close: () => database.close(),
  }
  await registerPrincipals(home, template)
  return home
}

// SQLite makes its files as the umask says, and those beside the store with the mode that the store has
async function ownDatabaseFile(root: string): Promise<string> {
  const file = join(root, 'store.sqlite')
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
    schema: authoritiesFileSchema,
  })
  const policy = await readJsonFile(root, { template, name: 'policy.json', schema: policySchema })
  return { authorities, policy }
}

// An agency's principal for each authority, named as the authority; the staff as the file has them
async function registerPrincipals(home: Home, template: string): Promise<void> {
  const name = 'principals.json'
  const file = await readJsonFile(home.directory, { template, name, schema: principalsFileSchema })
  for (const [index, { code }] of home.settings.authorities.entries()) {
    const agency = { name: code, role: 'agency' as const, authority: code }
    await register(home, agency, { file: 'authorities.json', path: `/authorities/${index}/code` })
  }
  for (const [index, principal] of file.principals.entries()) {
    await register(home, principal, { file: name, path: `/principals/${index}` })
  }
}

// An edit that can't take effect must not look as if it had
async function register(
  home: Home,
  principal: Principal,
  { file, path }: { readonly file: string; readonly path: string },
): Promise<void> {
  const result = await registerPrincipal(home, principal, 'deployment')
  if (result === 'authority-unknown') {
    throw settingsInvalid({ file, path: `${path}/authority`, problem: 'no such authority' })
  }
  if (result === 'taken' && (await findActor(home.store, principal.name)) !== undefined) {
    throw settingsInvalid({ file, path, problem: 'the name stands for another role or authority, for good' })
  }
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
  const path = jsonPointer(parsed.error.issues[0]?.path ?? [])
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

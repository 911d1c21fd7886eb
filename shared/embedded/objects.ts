import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import { type Clock, systemClock } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import { type Area, areas, type ObjectKey, type Objects, objectPath } from '../ports.ts'
import { errnoOf, linkNew, makeDirectory, syncDirectory, writeTemporary } from './durable-file.ts'
import { tryLock } from './lock.ts'

export type ObjectsOptions = {
  readonly now?: Clock
  /** Where the area `ledger` lies, whose files are there for anybody to take away; among the others if left out. */
  readonly ledger?: string
  /** Where the area `receipts` lies, whose files are their authorities'; among the others if left out. */
  readonly receipts?: string
}

/**
 * Objects as files, `<directory>/<area>/<path>`; several processes may use one directory at the same time.
 * Packages of over 30 days go at the opening: nobody may have them any more.
 * The tag is the body's SHA-256. A path cannot be both an object and the beginning of another's.
 * Throws `OBJECT_KEY_INVALID`, and retryable `OBJECTS_BUSY`, `OBJECTS_FULL`, `OBJECTS_FAILED`.
 */
export async function openObjects(
  directory: string,
  { now = systemClock, ledger, receipts }: ObjectsOptions = {},
): Promise<Objects> {
  const root = resolve(directory)
  const paths = { root, temporary: join(root, '.temporary'), apart: { ledger, receipts } }
  const home = { ...paths, durable: new Set<string>() }
  await translated(async () => {
    await makeDirectory(home.temporary, dirname(home.root))
    await removeOld(home.temporary, Date.parse(now()) - LEFTOVER_AGE_MS)
    await removeOld(join(home.root, 'packages' satisfies Area), Date.parse(now()) - PACKAGE_AGE_MS)
  })
  return {
    find: (key) => translated(() => findObject(fileOf(home, key))),
    put: (key, body, when) => translated(() => put(home, { file: fileOf(home, key), body, when })),
    list: (under) => listFiles(home, under),
    remove: (key) => translated(() => remove(home, fileOf(home, key))),
    link: async (key) => pathToFileURL(fileOf(home, key)).href,
  }
}

type Home = {
  readonly root: string
  readonly temporary: string
  readonly apart: Partial<Readonly<Record<Area, string | undefined>>>
  /** Directories that this process has seen to. */
  readonly durable: Set<string>
}

type Put = {
  readonly file: string
  readonly body: Uint8Array
  readonly when: 'absent' | { readonly tag: string }
}

async function findObject(file: string): Promise<{ body: Uint8Array; tag: string } | undefined> {
  const body = await readFile(file).catch(undefinedWhenAbsent)
  return body === undefined ? undefined : { body, tag: sha256(body) }
}

// A crash before the link or the rename leaves a file under .temporary, which is never listed
async function put(home: Home, { file, body, when }: Put): Promise<'stored' | 'exists'> {
  const temporary = await writeTemporary(home.temporary, body)
  try {
    if (when === 'absent') return await create(home, temporary, file)
    return await locked(home, () => replace(temporary, file, when.tag))
  } finally {
    await rm(temporary, { force: true })
  }
}

async function create(home: Home, temporary: string, file: string): Promise<'stored' | 'exists'> {
  await makeOnce(home, dirname(file)).catch((fault: unknown) => {
    // A file stands where a directory is needed: an object of which this path is a continuation
    throw BLOCKED.has(errnoOf(fault) ?? '') ? keyInvalid() : fault
  })
  if (await linkNew(temporary, file)) return 'stored'
  const found = await stat(file).catch(undefinedWhenAbsent)
  if (found?.isDirectory()) throw keyInvalid()
  return 'exists'
}

async function makeOnce({ root, durable }: Home, directory: string): Promise<void> {
  if (durable.has(directory)) return
  // Those of an area apart may lie beside the root
  await makeDirectory(directory, dirname(root))
  durable.add(directory)
}

async function replace(temporary: string, file: string, tag: string): Promise<'stored' | 'exists'> {
  const current = await findObject(file)
  if (current?.tag !== tag) return 'exists'
  await rename(temporary, file)
  await syncDirectory(dirname(file))
  return 'stored'
}

// Under the lock: between a replacer's look and its rename, a removal would be undone
async function remove(home: Home, file: string): Promise<void> {
  await locked(home, async () => {
    const found = await stat(file).catch(undefinedWhenAbsent)
    if (found === undefined || found.isDirectory()) return
    await rm(file, { force: true })
    await syncDirectory(dirname(file))
  })
}

/** Between looking and renaming nobody else may do the same, in this process or another. */
async function locked<T>(home: Home, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + LOCK_TIMEOUT_MS
  for (;;) {
    const lock = tryLock(join(home.root, '.lock'))
    if (lock !== undefined) return work().finally(() => lock.release())
    if (performance.now() > deadline) throw new Failure('OBJECTS_BUSY', { retryable: true })
    await sleep(LOCK_POLL_MS)
  }
}

async function* listFiles(home: Home, under: ObjectKey): AsyncGenerator<ObjectKey> {
  const directory = under.path === '' ? areaDirectory(home, under) : fileOf(home, under)
  const entries = await translated(() =>
    readdir(directory, { withFileTypes: true }).catch(undefinedWhenAbsent),
  )
  // `/` sorts after `-` and `.`: a directory's paths stand where its name with the slash does
  const names = (entries ?? []).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
  for (const name of names.sort(compareUtf8)) {
    const path = under.path === '' ? name : `${under.path}/${name}`
    if (name.endsWith('/')) yield* listFiles(home, { area: under.area, path: path.slice(0, -1) })
    else yield { area: under.area, path }
  }
}

function fileOf(home: Home, key: ObjectKey): string {
  if (!objectPath.test(key.path)) throw keyInvalid()
  return join(areaDirectory(home, key), key.path)
}

function areaDirectory(home: Home, { area }: ObjectKey): string {
  if (!areas.includes(area)) throw keyInvalid()
  return resolve(home.apart[area] ?? join(home.root, area))
}

async function removeOld(directory: string, beforeMs: number): Promise<void> {
  for (const name of (await readdir(directory, { recursive: true }).catch(undefinedWhenAbsent)) ?? []) {
    const file = join(directory, name)
    const found = await stat(file).catch(undefinedWhenAbsent)
    if (found?.isFile() && found.mtimeMs < beforeMs) await rm(file, { force: true })
  }
}

function keyInvalid(): Failure {
  return new Failure('OBJECT_KEY_INVALID', { retryable: false })
}

function undefinedWhenAbsent(fault: unknown): undefined {
  if (!ABSENT.has(errnoOf(fault) ?? '')) throw fault
}

// A directory in a file's place, or a file in a directory's, is no object of that name either
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])
const BLOCKED = new Set(['EEXIST', 'ENOTDIR'])

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (fault) {
    throw translate(fault)
  }
}

function translate(fault: unknown): unknown {
  const errno = errnoOf(fault)
  if (errno === undefined || fault instanceof Failure) return fault
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'OBJECTS_FULL' : 'OBJECTS_FAILED'
  return new Failure(code, { retryable: true, facts: { errno }, cause: fault })
}

const DAY_MS = 24 * 60 * 60 * 1000
const LEFTOVER_AGE_MS = DAY_MS
// As the rule of the bucket on AWS has it: longer than any package may wait for its download (`packageTtlHours`)
const PACKAGE_AGE_MS = 30 * DAY_MS
const LOCK_TIMEOUT_MS = 10_000
const LOCK_POLL_MS = 2

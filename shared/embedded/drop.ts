import { isUtf8 } from 'node:buffer'
import { createReadStream, type Stats } from 'node:fs'
import { appendFile, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 } from '../base/digest.ts'
import { describeFault, Failure } from '../base/failure.ts'
import { instantOf } from '../base/instant.ts'
import { commitDraft, refusedId, refuseUnread } from '../ingest/accept.ts'
import { contentSha256, type SubmissionHead } from '../ingest/envelope.ts'
import { checkFileName, parseDropKey, parseFileName } from '../ingest/file-name.ts'
import { findLayout } from '../ingest/layouts/registry.ts'
import { meterBytes } from '../ingest/metered-bytes.ts'
import { findReceipt } from '../ingest/receipt.ts'
import { draftSubmission, notTaken, type Received } from '../ingest/receive.ts'
import type { Refusal } from '../ingest/refusal.ts'
import type { Authority } from '../settings.ts'
import { errnoOf } from './durable-file.ts'
import type { Home } from './home.ts'
import { forgetUnseen, hasLainStill, type Sightings, sight } from './sightings.ts'
import type { Stray, Taken, Trouble } from './told.ts'

/** Where a home's authorities put files to be taken in: `<home>/drop/<authority>/<layout>/<submission>.<ending>`. */
export function dropDirectory(home: Pick<Home, 'directory'>, authority = ''): string {
  return join(home.directory, 'drop', authority)
}

export type DropOptions = {
  readonly signal: AbortSignal
  readonly onFault: (trouble: Trouble) => void
  readonly onTaken: (taken: Taken) => void
  readonly onStray: (stray: Stray) => void
  /** How long a file has to lie untouched before it is taken. */
  readonly stillMs?: number
}

/** Longer than a copy pauses on a disk at hand. Who copies over a network renames into place (README). */
const STILL_MS = 5_000
const LOOK_MS = 1_000
const FAULT_REST_MS = 10_000

/** Takes files in as they come, until told to stop. For the holder of the home's lock alone. */
export async function watchDrop(home: Home, options: DropOptions): Promise<void> {
  const failures: Failures = new Map()
  const sightings: Sightings = new Map()
  const { signal, onFault } = options
  while (!signal.aborted) {
    const restMs = await takeDropped(home, { ...options, failures, sightings }).then(
      () => LOOK_MS,
      // A folder that somebody shut is no reason for the queues to stand still
      (fault: unknown) => {
        onFault({ where: 'drop', code: errnoOf(fault) ?? describeFault(fault).code })
        return FAULT_REST_MS
      },
    )
    await sleep(restMs, undefined, { signal }).catch(() => undefined)
  }
}

/** Tries that failed by no fault of the machine's, by file. */
type Failures = Map<string, number>

/** Tries after which a file is refused, as a message of a queue is; and those that the process did not outlive. */
const TRY_LIMIT = 5
const CRASH_LIMIT = 3

type Taking = DropOptions & { readonly failures?: Failures; readonly sightings?: Sightings }

/** One look: what it is to do, what those before it saw, and a mark that no other look has. */
type Look = Taking & { readonly sightings: Sightings; readonly look: object }

/**
 * One look: takes in every file that has lain still, and removes it, since it holds rows that were not minimised. Before
 * it is read a file is moved to `.taking` beside it: another of its name may be dropped meanwhile, and is not removed in
 * its place. After a crash it lies there still. If it had its receipt by then, that is found again and nothing is written:
 * under the file's own id if it was refused, else under the submission's, whose repeat it is. What lies there and cannot
 * be taken in is told of once.
 */
export async function takeDropped(home: Home, taking: Taking): Promise<void> {
  const look: Look = { ...taking, sightings: taking.sightings ?? new Map(), look: {} }
  for (const authority of home.settings.authorities) {
    const directory = dropDirectory(home, authority.code)
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch(() => undefined)
    // A file where the layouts' folders lie names no layout, and is refused
    await takeFrom(home, { authority, layout: '', directory }, look)
    for (const { name } of await listEntries(directory)) {
      await takeFrom(home, { authority, layout: name, directory: join(directory, name) }, look)
    }
  }
  await tellOfNobodys(home, look)
  if (!look.signal.aborted) forgetUnseen(look.sightings, look.look)
}

async function takeFrom(home: Home, place: Place, look: Look): Promise<void> {
  for (const { name } of await listEntries(join(place.directory, TAKING)))
    await tryTake(home, { ...place, name, isLeft: true }, look)
  for (const entry of await listEntries(place.directory)) {
    if (look.signal.aborted) return
    if (await claim(place, entry, look)) await tryTake(home, { ...place, name: entry.name }, look)
  }
}

/** What lies beside the authorities' folders: whose it is nobody knows, so nobody can be given a receipt. */
async function tellOfNobodys(home: Home, look: Look): Promise<void> {
  const codes = new Set<string>(home.settings.authorities.map(({ code }) => code))
  for (const entry of await listEntries(dropDirectory(home))) {
    if (codes.has(entry.name) && (await isDirectory(entry.path))) continue
    const found = await lstat(entry.path).catch(() => undefined)
    if (found !== undefined) tellOf({ entry, found, place: 'drop' }, look)
  }
}

type Lying = { readonly entry: Entry; readonly found: Stats; readonly place: string }

// Never by its name, which may be a person's number: whoever looks for it finds it by its inode
function tellOf({ entry, found, place }: Lying, { sightings, look, onStray }: Look): void {
  const sighting = sight(sightings, entry.key, { found, look })
  if (sighting.isTold) return
  sighting.isTold = true
  const kind = found.isFile()
    ? 'file'
    : found.isDirectory()
      ? 'folder'
      : found.isSymbolicLink()
        ? 'link'
        : 'other'
  onStray({ where: 'drop', stray: kind, place, inode: found.ino })
}

/** A folder that files are dropped into; of the layout '' is that of the authority, which has those of the layouts in it. */
type Place = { readonly authority: Authority; readonly layout: string; readonly directory: string }

type Dropped = Place & {
  readonly name: string
  /** Whether somebody began with it before. */
  readonly isLeft?: boolean
}

const TAKING = '.taking'

/** What lies in a folder. */
type Entry = {
  /** Under which it is taken. */
  readonly name: string
  readonly path: string | Buffer
  /** The path under that name. */
  readonly key: string
}

// A name that begins with a dot is of a file that is still being written; what is no directory has none, nor has a link
// to one: what lies behind it was dropped by nobody, and would be removed
async function listEntries(directory: string): Promise<readonly Entry[]> {
  if (!(await isDirectory(directory))) return []
  const names = await readdir(directory, { encoding: 'buffer' }).catch((fault: unknown) => {
    if (errnoOf(fault) === 'ENOENT' || errnoOf(fault) === 'ENOTDIR') return []
    throw fault
  })
  return names
    .filter((name) => name[0] !== DOT)
    .map((name) => entryOf(directory, name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

const DOT = 0x2e

// Read as text, a name that is not UTF-8 is that of no file, and may be too long for one. Moved, the file has one without
// an ending, which is refused
function entryOf(directory: string, bytes: Buffer): Entry {
  const name = isUtf8(bytes) ? bytes.toString() : `not-utf-8-${sha256(bytes).slice(0, 16)}`
  const key = join(directory, name)
  return { name, key, path: isUtf8(bytes) ? key : Buffer.concat([Buffer.from(join(directory, '/')), bytes]) }
}

async function isDirectory(path: string | Buffer): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true
}

/** Whether the file is one, has lain still, and none of its name is being taken. */
async function claim(place: Place, entry: Entry, look: Look): Promise<boolean> {
  const { authority, layout, directory } = place
  const to = join(directory, TAKING, entry.name)
  const found = await lstat(entry.path).catch(() => undefined)
  if (found === undefined) return false
  const isPlace = layout === '' && found.isDirectory() && entry.path === entry.key
  if (isPlace) return false
  if (!found.isFile()) {
    tellOf({ entry, found, place: placeName(authority, layout) }, look)
    return false
  }
  const sighting = sight(look.sightings, entry.key, { found, look: look.look })
  if (!hasLainStill(sighting, found, look.stillMs ?? STILL_MS)) return false
  if ((await lstat(to).catch(() => undefined)) !== undefined) return false
  if (!(await makeTaking(place, look))) return false
  await rename(entry.path, to)
  return true
}

/** Makes the folder that files are moved to; not where a file or a link has its name, which is told of. */
async function makeTaking({ authority, layout, directory }: Place, look: Look): Promise<boolean> {
  const path = join(directory, TAKING)
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((fault: unknown) => {
    if (errnoOf(fault) !== 'EEXIST') throw fault
  })
  const found = await lstat(path)
  if (found.isDirectory()) return true
  tellOf({ entry: { name: TAKING, path, key: path }, found, place: placeName(authority, layout) }, look)
  return false
}

// A layout that nobody here knows is the sender's own text
function placeName({ code }: Authority, layout: string): string {
  const folder = findLayout(layout) === undefined ? '?' : layout
  return ['drop', code, ...(layout === '' ? [] : [folder])].join('/')
}

async function tryTake(home: Home, dropped: Dropped, taking: Taking): Promise<void> {
  const { signal, onFault, onTaken, failures } = taking
  if (signal.aborted) return
  const file = join(dropped.directory, TAKING, dropped.name)
  const found = await lstat(file)
  // A folder or a link that somebody put there is no file that was dropped
  if (!found.isFile()) return
  const reading = { file, found, signal, onTaken }
  const tries = triesFile(dropped)
  try {
    await takeOnce(home, dropped, reading)
    failures?.delete(file)
  } catch (fault) {
    if (signal.aborted) return
    const isRetryable = fault instanceof Failure && fault.retryable
    const failed = (failures?.get(file) ?? 0) + (isRetryable ? 0 : 1)
    failures?.set(file, failed)
    if (failed <= TRY_LIMIT) onFault({ where: 'drop', code: errnoOf(fault) ?? describeFault(fault).code })
    if (isRetryable || failed < TRY_LIMIT) return
    // What cannot be read has no hash that a receipt could state: it stays, and the others are taken
    await refuse(home, dropped, { ...reading, refusal: DEAD }).catch(() => undefined)
  } finally {
    await rm(tries, { force: true })
  }
}

const DEAD = { code: 'SUBMISSION_DEAD', path: '' } as const

/** Its size is how many tries of the file have begun and not ended: how often it took the process with it. */
function triesFile({ directory, name }: Dropped): string {
  // Not under its name: that may be too long already, and what is in it is for one file alone
  return join(directory, TAKING, `.tries-${sha256(name).slice(0, 16)}`)
}

async function takeOnce(home: Home, dropped: Dropped, reading: Reading): Promise<void> {
  if (dropped.isLeft && (await isDone(home, dropped, reading))) return
  const tries = triesFile(dropped)
  const crashes = (await lstat(tries).catch(() => undefined))?.size ?? 0
  if (crashes >= CRASH_LIMIT) return refuse(home, dropped, { ...reading, refusal: DEAD })
  await appendFile(tries, '.')
  await take(home, dropped, reading)
}

/** Whether it was refused already, and whoever did so died before it was removed. */
async function isDone(home: Home, { authority }: Dropped, reading: Reading): Promise<boolean> {
  const submissionId = await findMark(reading)
  if (submissionId === undefined) return false
  const receipt = await findReceipt(home.store, authority.code, submissionId)
  if (receipt?.refusal === undefined) return false
  const outcome = receipt.refusal.code
  reading.onTaken({ where: 'drop', authority: authority.code, submissionId, outcome })
  await removeStill(reading)
  return true
}

/**
 * Under which id a file is refused: that of its content, or, where another of the same content was refused, one of its
 * own. Marked beside it before the receipt is stored, so that whoever finds it after a crash takes no other.
 */
async function chooseRefusedId(
  home: Home,
  { authority }: Dropped,
  { digest, ...reading }: Refused,
): Promise<string> {
  const marked = await findMark(reading)
  if (marked !== undefined) return marked
  const common = refusedId(digest)
  const isFree = (await findReceipt(home.store, authority.code, common)) === undefined
  const id = isFree ? common : refusedId(sha256(`${digest} ${markOf(reading)}`))
  await writeFile(markFile(reading), `${markOf(reading)} ${id}`)
  return id
}

type Refused = Reading & { readonly digest: string }

async function findMark(reading: Reading): Promise<string | undefined> {
  const text = await readFile(markFile(reading), 'utf8').catch(() => '')
  // Of a file of this name that is gone, or half written: none
  const [, id] = new RegExp(`^${markOf(reading)} (refused-[0-9a-f]{32})$`).exec(text) ?? []
  return id
}

/** What no other file has: one that was moved here at another time is another, though it has the same inode. */
function markOf({ found }: Reading): string {
  return sha256(`${found.ino} ${found.ctimeMs}`)
}

function markFile({ file }: Reading): string {
  return join(dirname(file), `.mark-${sha256(basename(file)).slice(0, 16)}`)
}

type Reading = Pick<DropOptions, 'signal' | 'onTaken'> & { readonly file: string; readonly found: Stats }

async function take(home: Home, dropped: Dropped, reading: Reading): Promise<void> {
  const { authority, layout, name } = dropped
  // Sent when it came to lie there, which the file system dates by its own clock, as S3 does
  const sentAt = instantOf(Math.floor(reading.found.ctimeMs))
  const named = parseDropKey(`${authority.code}/drop/${layout}/${name}`, sentAt)
  const unread = checkFileName(name)
  if (unread !== undefined)
    return refuse(home, dropped, { ...reading, refusal: { ...unread, path: '/object' } })
  if (named === undefined || 'refusal' in named)
    return refuse(home, dropped, { ...reading, refusal: named?.refusal ?? NOT_NAMED })
  const received = await receive(home, { ...dropped, head: named.head }, reading)
  // Our clock was set back; it will pass that time again
  if (received.outcome === 'early') return
  // Without its head: it is no word of the authority's, and takes no id of its
  if (received.outcome === 'denied') return refuse(home, dropped, { ...reading, refusal: received.refusal })
  if (received.outcome !== 'received' && received.outcome !== 'repeated')
    return refuse(home, dropped, { ...reading, head: named.head, refusal: notTaken[received.outcome] })
  const { submissionId, refusal } = 'draft' in received ? received.draft : received.receipt
  const outcome = refusal?.code ?? received.outcome
  // Before it is removed: a file that is gone was told of
  reading.onTaken({ where: 'drop', authority: authority.code, submissionId, outcome })
  await removeStill(reading)
}

type Named = Dropped & { readonly head: SubmissionHead }

/**
 * Receives a file and accepts it at once. In the inbox two of one id could wait, and both would have been told received.
 */
async function receive(home: Home, { authority, head, name }: Named, reading: Reading): Promise<Received> {
  const file = { format: parseFileName(name)?.format, bytes: readStill(reading) }
  const drafted = await draftSubmission(home, { authority, head, file })
  if (drafted.outcome !== 'drafted') return drafted
  const { draft } = drafted
  if ((await commitDraft(home, draft)) !== 'reused') return { outcome: 'received', draft }
  const receipt = await findReceipt(home.store, authority.code, head.submissionId)
  if (receipt === undefined) throw new Failure('RECEIPT_MISSING', { retryable: true })
  return { outcome: 'reused', receipt }
}

const NOT_NAMED = { code: 'DROP_NAME_MALFORMED', path: '/object' } as const

type Refusing = Reading & { readonly refusal: Refusal; readonly head?: SubmissionHead }

// The receipt first: a file whose refusal nobody is told of would be lost
async function refuse(home: Home, dropped: Dropped, { refusal, head, ...reading }: Refusing): Promise<void> {
  const { sha256: digest, sizeBytes } = await meterBytes(
    readStill(reading),
    Number.POSITIVE_INFINITY,
  ).finish()
  // Of the content and not of the name, which may be somebody's number
  const content = contentSha256(dropped.layout, digest)
  const refused = await refuseUnread(home, {
    ...{ authority: dropped.authority, sizeBytes, refusal, sha256: content },
    ownId: await chooseRefusedId(home, dropped, { ...reading, digest: content }),
    ...(head && { head }),
  })
  const { submissionId, code } = refused
  reading.onTaken({ where: 'drop', authority: dropped.authority.code, submissionId, outcome: code })
  await removeStill(reading)
}

/** The bytes of a file that nobody writes to. Throws `FILE_CHANGED` at the end where somebody did, and where it stops. */
async function* readStill(reading: Reading): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(reading.file, { highWaterMark: READ_BYTES })) {
    if (reading.signal.aborted) throw new Failure('STOPPED', { retryable: true })
    yield chunk as Uint8Array
  }
  await expectStill(reading)
}

const READ_BYTES = 1024 * 1024

// What was written to it since is other content under its name, and has a receipt that says so
async function removeStill(reading: Reading): Promise<void> {
  await expectStill(reading)
  await rm(reading.file)
  await rm(markFile(reading), { force: true })
}

async function expectStill({ file, found }: Reading): Promise<void> {
  const { mtimeMs, size } = await lstat(file)
  if (mtimeMs !== found.mtimeMs || size !== found.size) throw new Failure('FILE_CHANGED', { retryable: true })
}

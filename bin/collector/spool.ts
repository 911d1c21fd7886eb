import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { canonicalJson } from '../../shared/base/canonical.ts'
import { errnoOf, syncDirectory } from '../../shared/embedded/durable-file.ts'
import { type MinimisedFile, measureFile } from '../minimised-file.ts'
import { openSeenFiles, type SeenFile, type SeenFiles } from './seen-files.ts'

const digest = z.custom<MinimisedFile['sha256']>(
  (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
)

const headSchema = z.strictObject({
  authority: z.string(),
  layout: z.string(),
  submissionId: z.string(),
  sentAt: z.string(),
  signature: z.string().optional(),
  form: z.enum(['records', 'file']),
  sizeBytes: z.int().min(0),
  sha256: digest,
  contentSha256: digest,
})
/** All of a submission but its content. */
export type SpooledHead = z.infer<typeof headSchema>

/** A submission that waits to be sent. */
export type Spooled = { readonly name: string; readonly head: SpooledHead; readonly file: string }

/** What lies where one should wait, and is not what was put there. */
export type Damaged = { readonly name: string; readonly damaged: 'head' | 'content' }

/** What a spool asks of a disk; each is durable when it returns. */
export type Disk = {
  /** The whole body under this name, or what was there before. */
  write(file: string, body: string): Promise<void>
  move(from: string, to: string): Promise<void>
  /** As `move`, of what may not be readable; absent is no fault. */
  putAway(from: string, to: string): Promise<void>
  /** Absent is no fault. */
  remove(file: string): Promise<void>
}

/** Minimised, signed submissions on this machine's disk, in the order in which they are to be sent. */
export type Spool = {
  /** Where a content may be made before it is added. */
  draft(): string
  /** Leaves a draft of which nothing came. */
  drop(draft: string): Promise<void>
  /** Takes over a draft; where a submission of this id waits already, in its place, in case it was damaged. */
  add(draft: string, head: SpooledHead): Promise<void>
  /**
   * What has waited longest, of this authority. Whatever is said of it is worked out again from its content, so that
   * nothing is signed but what was spooled: against damage, since whoever can write here can read the key as well.
   */
  first(authority: string): Promise<Spooled | Damaged | undefined>
  /** Replaces what is said of a content, which stays in its place. */
  restamp(spooled: Spooled, head: SpooledHead): Promise<void>
  /** Received: nothing of it is left. */
  remove(spooled: Spooled): Promise<void>
  /** Refused for good: its head is kept with the code; its content can be made again from the authority's own file. */
  refuse(spooled: Spooled, code: string): Promise<void>
  /** Keeps what is left of it under its own name in `damaged`, and has its file counted as never seen. */
  setAside(damaged: Damaged): Promise<void>
  /** Whether a file was spooled before, as it is now. */
  hasSeen(file: SeenFile): Promise<boolean>
  markSeen(file: SeenFile, submissionId: string): Promise<void>
}

/**
 * Opens a spool, and clears what a crash left half done: drafts, and contents without a head. A head is written last
 * and removed first, so a submission waits exactly as long as its head is there. One process has a spool at a time.
 */
export async function openSpool(directory: string, disk: Disk = realDisk): Promise<Spool> {
  const at = (...names: readonly string[]) => join(directory, ...names)
  for (const each of ['drafts', 'waiting', 'refused', 'damaged', 'seen'])
    await mkdir(at(each), { recursive: true, mode: 0o700 })
  for (const name of await readdir(at('drafts'))) await disk.remove(at('drafts', name))
  const seen = openSeenFiles(at('seen'), disk)
  const waiting = await openWaiting(directory, disk, seen)
  const inTurn = openTurns()
  return {
    draft: () => at('drafts', randomUUID()),
    drop: disk.remove,
    first: waiting.first,
    add: (draft, head) =>
      inTurn(async () => {
        await waiting.add(draft, head)
        seen.keep(head.submissionId)
      }),
    restamp: ({ name }, head) => inTurn(() => waiting.write(name, head)),
    remove: ({ name }) => inTurn(() => waiting.remove(name)),
    refuse: ({ name, head }, code) =>
      inTurn(async () => {
        await disk.write(at('refused', `${name}${HEAD}`), JSON.stringify({ code, ...head }))
        await waiting.remove(name)
      }),
    setAside: ({ name }) =>
      inTurn(async () => {
        // First: after a crash here its file, collected again, takes the place of what was damaged
        await seen.forget(idOf(name))
        // The head last, which would be taken for one without content, and is then set aside again
        for (const ending of [CONTENT, HEAD])
          await disk.putAway(at('waiting', `${name}${ending}`), at('damaged', `${name}${ending}`))
      }),
    hasSeen: seen.has,
    markSeen: (file, submissionId) => inTurn(() => seen.mark(file, submissionId)),
  }
}

// Files are collected while others are sent: a submission is not added at the moment at which it is set aside
function openTurns(): <T>(act: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (act) => {
    const turn = last.then(act)
    // Whoever asked for it is told of its fault
    last = turn.catch(() => undefined)
    return turn
  }
}

async function openWaiting(directory: string, disk: Disk, seen: Pick<SeenFiles, 'forget'>) {
  const at = (name: string) => join(directory, 'waiting', name)
  const headNames = async () => {
    const names = await readdir(at(''))
    return names.filter((name) => name.endsWith(HEAD)).map((name) => name.slice(0, -HEAD.length))
  }
  const heads = new Set(await headNames())
  for (const name of await readdir(at(''))) {
    if (heads.has(name.replace(/\.(nd)?json$/, ''))) continue
    // Its head may have been lost as well as never written, or be gone since it was received: its file tells
    if (name.endsWith(CONTENT)) await seen.forget(idOf(name.slice(0, -CONTENT.length)))
    await disk.remove(at(name))
  }
  const numbers = [...heads].map((name) => Number(/^\d+(?=-)/.exec(name)))
  let next = Math.max(0, ...numbers) + 1
  const write = (name: string, head: SpooledHead) =>
    disk.write(at(`${name}${HEAD}`), JSON.stringify(headSchema.parse(head)))
  return {
    write,
    async add(draft: string, head: SpooledHead) {
      const waits = (await headNames()).find((name) => idOf(name) === head.submissionId)
      const name = waits ?? `${String(next++).padStart(ORDER_DIGITS, '0')}-${head.submissionId}`
      await disk.move(draft, at(`${name}${CONTENT}`))
      await write(name, head)
    },
    async first(authority: string): Promise<Spooled | Damaged | undefined> {
      const [name] = (await headNames()).toSorted()
      if (name === undefined) return undefined
      const head = await readHead(at(`${name}${HEAD}`))
      if (head?.authority !== authority || head.submissionId !== idOf(name)) return { name, damaged: 'head' }
      const file = at(`${name}${CONTENT}`)
      return (await isContentOf(head, file)) ? { name, head, file } : { name, damaged: 'content' }
    },
    async remove(name: string) {
      await disk.remove(at(`${name}${HEAD}`))
      await disk.remove(at(`${name}${CONTENT}`))
    },
  }
}

const CONTENT = '.ndjson'
const HEAD = '.json'
/** A submission a millisecond would take three hundred years to use them up. */
const ORDER_DIGITS = 13

/** Of which submission this is the name: after its place in the order. */
function idOf(name: string): string {
  return name.slice(name.indexOf('-') + 1)
}

async function readHead(file: string): Promise<SpooledHead | undefined> {
  const text = await unlessDamaged(readFile(file, 'utf8'))
  try {
    return headSchema.safeParse(JSON.parse(text ?? '')).data
  } catch {
    // What is no JSON was damaged
    return undefined
  }
}

// The id of what is collected comes from its content, and so does all else but whose it is
async function isContentOf(head: SpooledHead, file: string): Promise<boolean> {
  const measured = await unlessDamaged(measureFile(file, head.layout))
  const { form, sizeBytes, sha256, contentSha256 } = head
  const stated = canonicalJson({ form, sizeBytes, sha256, contentSha256 })
  return contentSha256 === head.submissionId && measured !== undefined && canonicalJson(measured) === stated
}

// Not what the whole machine lacks, such as memory or handles: that passes
async function unlessDamaged<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((fault: unknown) => {
    if (UNREADABLE.has(errnoOf(fault) ?? '')) return undefined
    throw fault
  })
}

const UNREADABLE: ReadonlySet<string> = new Set(['ENOENT', 'EIO', 'EISDIR', 'EACCES', 'EPERM', 'EUCLEAN'])

/** The disk there is. */
export const realDisk: Disk = {
  async write(file, body) {
    const temporary = `${file}.new`
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(body)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
    await syncDirectory(dirname(file))
  },
  async move(from, to) {
    const handle = await open(from, 'r+')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(from, to)
    await syncDirectory(dirname(to))
  },
  async putAway(from, to) {
    await rename(from, to).catch((fault: unknown) => {
      if (errnoOf(fault) !== 'ENOENT') throw fault
    })
    for (const each of [to, from]) await syncDirectory(dirname(each))
  },
  async remove(file) {
    await rm(file, { force: true })
    await syncDirectory(dirname(file))
  },
}

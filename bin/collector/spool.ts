import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { sha256 } from '../../shared/base/digest.ts'
import { syncDirectory } from '../../shared/embedded/durable-file.ts'
import type { MinimisedFile } from '../minimised-file.ts'

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

/** What a spool asks of a disk; each is durable when it returns. */
export type Disk = {
  /** The whole body under this name, or what was there before. */
  write(file: string, body: string): Promise<void>
  move(from: string, to: string): Promise<void>
  /** Absent is no fault. */
  remove(file: string): Promise<void>
}

/** Minimised, signed submissions on this machine's disk, in the order in which they are to be sent. */
export type Spool = {
  /** Where a content may be made before it is added. */
  draft(): string
  /** Takes over a draft; 'waiting' where a submission of this id waits already. */
  add(file: string, head: SpooledHead): Promise<'added' | 'waiting'>
  list(): Promise<readonly Spooled[]>
  /** Replaces what is said of a content, which stays in its place. */
  restamp(spooled: Spooled, head: SpooledHead): Promise<void>
  /** Received: nothing of it is left. */
  remove(spooled: Spooled): Promise<void>
  /** Refused for good: its head is kept with the code; its content can be made again from the authority's own file. */
  refuse(spooled: Spooled, code: string): Promise<void>
  /** Whether a file was spooled before, as it is now. */
  hasSeen(file: SeenFile): Promise<boolean>
  markSeen(file: SeenFile): Promise<void>
}

/** A file of the authority's, which is told again by its name, size and time: its bytes leave no hash behind. */
export type SeenFile = { readonly path: string; readonly sizeBytes: number; readonly changedMs: number }

/**
 * Opens a spool, and clears what a crash left half done: drafts, and contents without a head. A head is written last
 * and removed first, so a submission waits exactly as long as its head is there. One process has a spool at a time.
 */
export async function openSpool(directory: string, disk: Disk = realDisk): Promise<Spool> {
  const at = (...names: readonly string[]) => join(directory, ...names)
  for (const each of ['drafts', 'waiting', 'refused', 'seen'])
    await mkdir(at(each), { recursive: true, mode: 0o700 })
  for (const name of await readdir(at('drafts'))) await disk.remove(at('drafts', name))
  const heads = new Set(await headNames(at('waiting')))
  for (const name of await readdir(at('waiting'))) {
    if (!heads.has(name.replace(/\.(nd)?json$/, ''))) await disk.remove(at('waiting', name))
  }
  let next = Math.max(0, ...[...heads].map((name) => Number(name.split('-')[0]))) + 1
  const fileOf = (name: string, ending: string) => at('waiting', `${name}${ending}`)
  const list = async () => {
    const names = await headNames(at('waiting'))
    return Promise.all(
      names.toSorted().map(async (name) => {
        const head = headSchema.parse(JSON.parse(await readFile(fileOf(name, HEAD), 'utf8')))
        return { name, head, file: fileOf(name, CONTENT) }
      }),
    )
  }
  const remove = async ({ name, file }: Spooled) => {
    await disk.remove(fileOf(name, HEAD))
    await disk.remove(file)
  }
  return {
    ...{ list, remove },
    draft: () => at('drafts', randomUUID()),
    async add(file, head) {
      const names = await headNames(at('waiting'))
      if (names.some((name) => name.endsWith(`-${head.submissionId}`))) {
        await disk.remove(file)
        return 'waiting'
      }
      const name = `${String(next++).padStart(ORDER_DIGITS, '0')}-${head.submissionId}`
      await disk.move(file, fileOf(name, CONTENT))
      await disk.write(fileOf(name, HEAD), JSON.stringify(headSchema.parse(head)))
      return 'added'
    },
    restamp: ({ name }, head) => disk.write(fileOf(name, HEAD), JSON.stringify(headSchema.parse(head))),
    async refuse(spooled, code) {
      await disk.write(at('refused', `${spooled.name}${HEAD}`), JSON.stringify({ code, ...spooled.head }))
      await remove(spooled)
    },
    hasSeen: async (file) => existsSync(at('seen', seenName(file))),
    markSeen: (file) => disk.write(at('seen', seenName(file)), ''),
  }
}

const CONTENT = '.ndjson'
const HEAD = '.json'
/** A submission a millisecond would take three hundred years to use them up. */
const ORDER_DIGITS = 13

async function headNames(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory)
  return names.filter((name) => name.endsWith(HEAD)).map((name) => name.slice(0, -HEAD.length))
}

function seenName({ path, sizeBytes, changedMs }: SeenFile): string {
  return sha256(`${path}\n${sizeBytes}\n${changedMs}`)
}

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
  async remove(file) {
    await rm(file, { force: true })
    await syncDirectory(dirname(file))
  },
}

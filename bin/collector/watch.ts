import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseFileName } from '../../shared/ingest/file-name.ts'
import { CommandEnd } from '../command-end.ts'
import { FileChanged } from '../local-file.ts'
import { rest } from './deliver.ts'
import { keyOf, type SeenFile, seenFile } from './seen-files.ts'
import type { Spool } from './spool.ts'

export type Watching = {
  readonly directory: string
  readonly spool: Spool
  readonly signal: AbortSignal
  /** Collects a file into the spool, and answers as which submission; throws where it cannot be. */
  readonly collect: (file: SeenFile) => Promise<string>
  readonly onFault: (path: string, fault: unknown) => unknown
  /** Told once of a name that says no format which is read. */
  readonly onPassedOver: (path: string) => void
  /** What it does between two looks; without it, it waits a second. */
  readonly pause?: () => Promise<void>
}

/**
 * Collects every file of a directory, and those that come, until it is called off. A file is taken once it has stood
 * unchanged from one look to the next: whoever writes it may not be done. One that cannot be collected is told of once,
 * and looked at again when it changes, or by the next process.
 */
export async function watchDirectory(watching: Watching): Promise<void> {
  const { directory, signal, onPassedOver, pause = () => rest(SCAN_MS, signal) } = watching
  let before = new Map<string, SeenFile>()
  const refused = new Set<string>()
  const passedOver = new Set<string>()
  while (!signal.aborted) {
    const { files, others } = await scan(directory)
    for (const path of others) {
      if (!passedOver.has(path)) onPassedOver(path)
      passedOver.add(path)
    }
    for (const file of files) {
      if (signal.aborted) return
      const isStill = sameFile(before.get(file.path), file)
      if (isStill && !refused.has(keyOf(file))) await collectOnce(watching, file, refused)
    }
    before = new Map(files.map((file) => [file.path, file]))
    await pause()
  }
}

// By looking, not by notices: directories on a network send none
const SCAN_MS = 1_000

async function collectOnce(
  { spool, collect, onFault }: Watching,
  file: SeenFile,
  refused: Set<string>,
): Promise<void> {
  if (await spool.hasSeen(file)) return
  try {
    const submissionId = await collect(file)
    // After the spool has it: a crash between collects it again, under the same id
    await spool.markSeen(file, submissionId)
  } catch (fault) {
    // Whoever writes it goes on, and it is looked at again once it stands still
    if (fault instanceof FileChanged) return
    refused.add(keyOf(file))
    await onFault(file.path, fault)
  }
}

/** The files of a directory in the order of their names. */
export type Scan = {
  /** Whose names say a format that is read. */
  readonly files: readonly SeenFile[]
  readonly others: readonly string[]
}

export async function scan(directory: string): Promise<Scan> {
  const names = await readdir(directory).catch(() => {
    throw new CommandEnd(2, 'DIRECTORY_UNREADABLE', 'the directory to watch cannot be read')
  })
  const found = await Promise.all(
    names
      .filter((name) => !name.startsWith('.'))
      .toSorted()
      .map(async (name) => {
        const path = join(directory, name)
        const stats = await stat(path).catch(() => undefined)
        return stats?.isFile() ? [seenFile(path, stats)] : []
      }),
  )
  const isRead = ({ path }: SeenFile) => parseFileName(basename(path)) !== undefined
  const files = found.flat()
  return {
    files: files.filter(isRead),
    others: files.filter((file) => !isRead(file)).map(({ path }) => path),
  }
}

function sameFile(one: SeenFile | undefined, other: SeenFile): boolean {
  return one !== undefined && keyOf(one) === keyOf(other)
}

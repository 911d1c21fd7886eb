import { existsSync, type Stats } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../shared/base/digest.ts'
import type { Disk } from './spool.ts'

/**
 * A file of the authority's, which is told again by what the system says of it: its bytes leave no hash behind. One that
 * took the place of another may be of its size and carry its time (unzip, cp -p, rsync); it is another file to the system,
 * or was changed there since.
 */
export type SeenFile = {
  readonly path: string
  readonly sizeBytes: number
  readonly writtenMs: number
  readonly changedMs: number
  readonly inode: number
}

/** Which files were spooled before, each a mark on disk that says as which submission. */
export type SeenFiles = {
  has(file: SeenFile): Promise<boolean>
  /** Leaves out what was forgotten since it was collected: that file is to be read again. */
  mark(file: SeenFile, submissionId: string): Promise<void>
  /** Every file that was spooled as this submission is one that nobody saw. */
  forget(submissionId: string): Promise<void>
  /** It was collected anew. */
  keep(submissionId: string): void
}

export function openSeenFiles(directory: string, disk: Pick<Disk, 'write' | 'remove'>): SeenFiles {
  const at = (file: SeenFile) => join(directory, sha256(keyOf(file)))
  const forgotten = new Set<string>()
  return {
    has: async (file) => existsSync(at(file)),
    async mark(file, submissionId) {
      if (!forgotten.has(submissionId)) await disk.write(at(file), submissionId)
    },
    async forget(submissionId) {
      forgotten.add(submissionId)
      for (const name of await readdir(directory)) {
        const mark = join(directory, name)
        // One that cannot be read may be this one's; a file that is read again is found to be there already
        const told = await readFile(mark, 'utf8').catch(() => submissionId)
        if (told === submissionId) await disk.remove(mark)
      }
    },
    keep(submissionId) {
      forgotten.delete(submissionId)
    },
  }
}

/** One text for a file as it is: another once it changed. */
export function keyOf({ path, sizeBytes, writtenMs, changedMs, inode }: SeenFile): string {
  return [path, sizeBytes, writtenMs, changedMs, inode].join('\n')
}

/** What the system says of a file, for it to be told again by. */
export function seenFile(path: string, { size, mtimeMs, ctimeMs, ino }: Stats): SeenFile {
  return { path, sizeBytes: size, writtenMs: mtimeMs, changedMs: ctimeMs, inode: ino }
}

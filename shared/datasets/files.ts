import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { Objects } from '../ports.ts'
import { putContent } from '../records/content-addressed.ts'
import type { BuiltFile } from './checked-file.ts'
import type { DataFile } from './manifest.ts'

/**
 * A data file as a local path, fetched once for each directory.
 * Throws `DATA_FILE_MISSING` or `DATA_FILE_CORRUPT`.
 */
export async function fetchFile(objects: Objects, file: DataFile, directory: string): Promise<string> {
  const local = join(directory, `parent-${file.sha256}.parquet`)
  const isThere = await access(local).then(
    () => true,
    () => false,
  )
  if (isThere) return local
  const found = await objects.find({ area: 'datasets', path: file.path })
  const facts = { path: file.path }
  if (found === undefined) throw new Failure('DATA_FILE_MISSING', { retryable: true, facts })
  if (sha256(found.body) !== file.sha256) throw new Failure('DATA_FILE_CORRUPT', { retryable: false, facts })
  await writeFile(local, found.body)
  return local
}

/** Stores what was built, some at a time. A path names its content. */
export async function storeFiles(
  objects: Objects,
  built: readonly BuiltFile[],
  onDone: (done: number) => void,
): Promise<void> {
  for (let at = 0; at < built.length; at += FILES_AT_ONCE) {
    const some = built.slice(at, at + FILES_AT_ONCE)
    await Promise.all(
      some.map(async ({ local, file }) => {
        await putContent(objects, { area: 'datasets', path: file.path }, await readFile(local))
      }),
    )
    onDone(at + some.length)
  }
}

const FILES_AT_ONCE = 4

import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { errnoOf } from '../shared/embedded/durable-file.ts'
import { checkFileName, parseFileName } from '../shared/ingest/file-name.ts'
import { type FileFormat, formats } from '../shared/ingest/formats/registry.ts'
import { describeRefusal } from '../shared/ingest/refusal.ts'
import { CommandEnd } from './command-end.ts'
import { endUnreadable } from './file.ts'

/** A file of records on this machine, read as often as it is opened. */
export type LocalFile = {
  readonly name: string
  readonly format: FileFormat
  readonly contentType: string
  readonly sizeBytes: number
  /** What the system said of it before anything of it was read. */
  readonly stats: Stats
  /**
   * Its bytes, which break off before their end, with `FileChanged`, where it is no more what it was when it was found:
   * what is still being written may end anywhere, and nobody takes in half a body.
   */
  readonly open: () => Readable
  /** SHA-256 of its bytes. */
  readonly hash: () => Promise<string>
}

/** What the names of files end in that are read. */
export const ENDINGS = formats.flatMap(({ endings }) => endings.map((ending) => `.${ending}`)).join(', ')

/** What a file is called where it is told of: by its name, unless that is refused. */
export function toldName(file: string): string {
  const name = basename(file)
  return checkFileName(name) === undefined ? name : 'a file whose name is not told'
}

/** Ends the command where there is no such file, or its name says no format or tells of a person. */
export async function findLocalFile(file: string): Promise<LocalFile> {
  const refusal = checkFileName(basename(file))
  if (refusal !== undefined) throw new CommandEnd(3, refusal.code, describeRefusal({ ...refusal, path: '' }))
  const named = parseFileName(basename(file))
  const format = formats.find(({ name }) => name === named?.format)
  if (format === undefined)
    throw new CommandEnd(2, 'FILE_FORMAT_UNKNOWN', `${file} ends in none of ${ENDINGS}`)
  const found = await stat(file).catch(endUnreadable(file))
  if (!found.isFile()) throw new CommandEnd(2, 'FILE_UNREADABLE', `${file} is no file`)
  const hasChanged = async () => {
    const now = await stat(file).catch(() => undefined)
    return now?.size !== found.size || now.mtimeMs !== found.mtimeMs || now.ino !== found.ino
  }
  async function* read() {
    try {
      yield* createReadStream(file, { highWaterMark: READ_BYTES })
    } catch (fault) {
      // Of what was taken away meanwhile the system says no more than of what it cannot read
      if (await hasChanged()) throw new FileChanged()
      throw errnoOf(fault) === undefined ? fault : endUnreadable(file)(fault)
    }
    if (await hasChanged()) throw new FileChanged()
  }
  const open = () => Readable.from(read(), { objectMode: false })
  return {
    name: basename(file),
    format: format.name,
    contentType: format.mediaTypes[0],
    sizeBytes: found.size,
    stats: found,
    open,
    async hash() {
      const hash = createHash('sha256')
      for await (const chunk of open()) hash.update(chunk as Uint8Array)
      return hash.digest('hex')
    },
  }
}

const READ_BYTES = 1024 * 1024

/** How a command ends whose file changed while it was read. */
export class FileChanged extends CommandEnd {
  constructor() {
    super(
      1,
      'FILE_CHANGED',
      'it changed while it was read, and nothing of it was taken; it may still be written',
    )
  }
}

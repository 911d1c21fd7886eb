import { readFile, writeFile } from 'node:fs/promises'
import { errnoOf } from '../shared/embedded/durable-file.ts'
import { CommandEnd } from './command-end.ts'

/** The bytes of a file that was named; ends the command with 2 where they cannot be had, whatever is in the way. */
export async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  return readFile(file).catch(endUnreadable(file))
}

/** The same as text (UTF-8). */
export async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(endUnreadable(file))
}

/** For a `catch`; says by the system's code what is in the way. */
export function endUnreadable(file: string): (fault: unknown) => never {
  return (fault) => {
    throw new CommandEnd(2, 'FILE_UNREADABLE', `${file} cannot be read (${errnoOf(fault) ?? 'UNKNOWN'})`)
  }
}

/** Writes a file for its owner alone; ends the command with 2 where there is one, or none can be made. */
export async function writeNew(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content, { flag: 'wx', mode: 0o600 }).catch(() => {
    throw new CommandEnd(2, 'FILE_UNWRITABLE', `${file} exists, or cannot be made`)
  })
}

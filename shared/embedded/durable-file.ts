import { randomUUID } from 'node:crypto'
import { link, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Writes a body, durable, under a name of its own in a directory, for its owner alone, and answers its path. */
export async function writeTemporary(directory: string, body: Uint8Array): Promise<string> {
  const file = join(directory, randomUUID())
  const handle = await open(file, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(body)
    await handle.sync()
  } catch (fault) {
    await rm(file, { force: true })
    throw fault
  } finally {
    await handle.close()
  }
  return file
}

const OWNER_ONLY = 0o600

/** Gives a durable file a second name, durable when it returns; false when something has that name already. */
export async function linkNew(from: string, to: string): Promise<boolean> {
  const linked = await link(from, to).then(
    () => true,
    (fault: unknown) => {
      if (errnoOf(fault) === 'EEXIST') return false
      throw fault
    },
  )
  // Also for one that was there: whoever linked it may have died before this, and we are about to vouch for it
  await syncDirectory(dirname(to))
  return linked
}

/** Makes a file, durable and for its owner alone, unless there is one; nobody ever sees half of it, whoever dies. */
export async function createFile(file: string, body: Uint8Array): Promise<void> {
  const temporary = await writeTemporary(dirname(file), body)
  try {
    await linkNew(temporary, file)
  } finally {
    await rm(temporary, { force: true })
  }
}

/**
 * Makes a directory below another and all between them, durable when it returns.
 * Those already there are made durable too: whoever made them may not have got that far, or may be about to.
 */
export async function makeDirectory(directory: string, below: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (let made = directory; made.length > below.length; made = dirname(made))
    await syncDirectory(dirname(made))
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The operating system's name of a fault (`ENOENT`); undefined for any other fault. */
export function errnoOf(fault: unknown): string | undefined {
  if (!(fault instanceof Error) || !('code' in fault)) return undefined
  return typeof fault.code === 'string' ? fault.code : undefined
}

import { DatabaseSync } from 'node:sqlite'
import { failureOf, isBusy } from './database.ts'

/** A lock that is held until released or until the process ends, however it ends. */
export type Lock = {
  /** Repeatable. */
  release(): void
}

/**
 * Takes the lock that a file stands for; undefined when somebody else holds it, in this process or another.
 * The file stays behind and says nothing: the lock is the operating system's, on a SQLite file (rollback journal,
 * nothing ever written), so a killed holder leaves nothing to clean up. Nothing else may open the file: closing
 * any other handle to it would drop the lock.
 */
export function tryLock(file: string): Lock | undefined {
  const connection = begin(file)
  if (connection === undefined) return undefined
  held.add(connection)
  return {
    release() {
      if (held.delete(connection)) connection.close()
    },
  }
}

function begin(file: string): DatabaseSync | undefined {
  const connection = new DatabaseSync(file, { open: false, timeout: 0 })
  try {
    connection.open()
    connection.exec('BEGIN EXCLUSIVE')
    return connection
  } catch (fault) {
    if (connection.isOpen) connection.close()
    if (isBusy(fault)) return undefined
    throw failureOf(fault)
  }
}

// A connection that nothing refers to is collected and closed, and with it would go the lock
const held = new Set<DatabaseSync>()

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { Failure } from '../base/failure.ts'

/** One connection to a SQLite file that other processes may have open as well. */
export type Database = {
  /** Runs reads; what SQLite throws comes out as a Failure. */
  read<T>(work: (prepare: Prepare) => T): T
  /** Runs `work` as one durable transaction: all of it, or nothing when it throws. It cannot be nested. */
  transact<T>(work: (prepare: Prepare) => T): T
  /** Leaves nothing of what was overwritten or deleted in the log of writes; false while somebody else reads it. */
  emptyLog(): boolean
  close(): void
}

/** A statement for this text, compiled at its first use. */
export type Prepare = (sql: string) => StatementSync

/**
 * Opens the database at a path (`:memory:` for one that ends with the process).
 * Throws `STORE_BUSY`, `STORE_FULL`, `STORE_IO` (retryable) and `STORE_FAILED` (not), as does all that uses it.
 */
export function openDatabase(file: string): Database {
  const connection = translated(() => connect(file))
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = connection.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  return {
    read: (work) => translated(() => work(prepare)),
    transact: (work) => translated(() => transact(connection, () => work(prepare))),
    emptyLog: () => translated(() => prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0),
    close: () => connection.close(),
  }
}

function connect(file: string): DatabaseSync {
  const connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    connection.exec(PRAGMAS)
    return connection
  } catch (fault) {
    connection.close()
    throw fault
  }
}

function transact<T>(connection: DatabaseSync, work: () => T): T {
  // Immediate: a transaction that reads first and asks for the write lock later fails at once when another
  // process wrote in between, whatever the busy timeout
  connection.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (fault) {
    // After a full disk or an I/O error SQLite may have rolled back by itself
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw fault
  }
}

/** Whether SQLite says that another connection holds the lock. */
export function isBusy(fault: unknown): boolean {
  const code = primaryCode(fault)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (fault) {
    throw failureOf(fault)
  }
}

/** What a fault of SQLite's is to the rest of us; any other fault as it is. */
export function failureOf(fault: unknown): unknown {
  const sqliteCode = primaryCode(fault)
  if (sqliteCode === undefined) return fault
  const code = FAILURE_CODES.get(sqliteCode)
  const facts = { sqliteCode }
  return new Failure(code ?? 'STORE_FAILED', { retryable: code !== undefined, facts, cause: fault })
}

// The low byte; the bytes above it only say which kind of I/O or lock it was
function primaryCode(fault: unknown): number | undefined {
  if (!(fault instanceof Error) || !('errcode' in fault)) return undefined
  return typeof fault.errcode === 'number' ? fault.errcode & 0xff : undefined
}

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

/** The machine's trouble, not the caller's: the same call is right once it has passed. */
const FAILURE_CODES = new Map([
  [SQLITE_BUSY, 'STORE_BUSY'],
  [SQLITE_LOCKED, 'STORE_BUSY'],
  [10, 'STORE_IO'],
  [13, 'STORE_FULL'],
])

const BUSY_TIMEOUT_MS = 10_000

// synchronous=FULL: NORMAL may lose the last commits on power loss, and a published checkpoint would outrun them.
// wal_autocheckpoint: keys arrive in random order and touch the whole index; a log of 50,000 pages (400 MB) writes
// each index page back once where the default of 1,000 does so many times over, at half the speed.
// secure_delete: what is erased is overwritten, in the pages that deleting leaves free as well.
// page_size: 8 KiB holds several records of a kilobyte and more; a tenth faster and smaller than 4 KiB.
// cache_size: negative is KiB, so 256 MiB at most.
const PRAGMAS = `
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA cache_size = -262144;
  PRAGMA wal_autocheckpoint = 50000;
`

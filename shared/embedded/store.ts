import type { Json } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import { compareUtf8 } from '../base/order.ts'
import { type OutboxOptions, type OutboxWrites, outboxWrites } from '../ledger/outbox.ts'
import type { Addition, Item, Key, Range, SealingStore, Write } from '../ports.ts'
import { tables } from '../ports.ts'
import type { Database, Prepare } from './database.ts'

/** The store on SQLite. Two processes may use one file at the same time. */
export function openStore(database: Database, options: OutboxOptions = { outboxShards: 1 }): SealingStore {
  database.transact((prepare) => {
    for (const sql of SCHEMA) prepare(sql).run()
  })
  return {
    find: async (key) => database.read((prepare) => findItem(prepare, key)),
    list: (range) => listItems(database, range),
    add: async (additions) => database.transact((prepare) => additions.map((each) => addItem(prepare, each))),
    commit: openCommitter(database, options),
    swap: async (write) =>
      database.transact((prepare) => {
        if (!holds(prepare, write)) return false
        put(prepare, write)
        return true
      }),
    remove: async (keys) =>
      database.transact((prepare) => {
        for (const key of keys) prepare(`DELETE FROM ${key.table} ${WHERE_KEY}`).run(key.partition, key.sort)
      }),
  }
}

// Tables with rowids and a unique index: WITHOUT ROWID moves whole values about in the index, at half the speed.
// `marks` stands before `value`, so that reading it does not walk a long value's overflow pages.
const SCHEMA = tables.flatMap((table) => [
  `CREATE TABLE IF NOT EXISTS ${table} (
    partition TEXT NOT NULL, sort TEXT NOT NULL, revision INTEGER NOT NULL, marks TEXT NOT NULL, value TEXT NOT NULL
  )`,
  `CREATE UNIQUE INDEX IF NOT EXISTS ${table}_key ON ${table} (partition, sort)`,
])

const WHERE_KEY = 'WHERE partition = ? AND sort = ?'
const COLUMNS = 'sort, revision, marks, value'
const PAGE_ROWS = 1_000

function findItem(prepare: Prepare, key: Key): Item | undefined {
  const row = prepare(`SELECT ${COLUMNS} FROM ${key.table} ${WHERE_KEY}`).get(key.partition, key.sort)
  return row === undefined ? undefined : parseItem(key, row)
}

/** Reads a page at a time and goes on after its last key, so no read is open while the caller writes. */
async function* listItems(database: Database, range: Range): AsyncGenerator<Item> {
  let after: string | undefined
  for (;;) {
    const page = database.read((prepare) => readPage(prepare, range, after))
    yield* page
    if (page.length < PAGE_ROWS) return
    after = page.at(-1)?.key.sort
  }
}

function readPage(prepare: Prepare, range: Range, after: string | undefined): readonly Item[] {
  const { table, partition, from = '', to } = range
  const lower = after === undefined ? 'sort >= ?' : 'sort > ?'
  const upper = to === undefined ? '' : 'AND sort < ?'
  const select = prepare(
    `SELECT ${COLUMNS} FROM ${table} WHERE partition = ? AND ${lower} ${upper} ORDER BY sort LIMIT ${PAGE_ROWS}`,
  )
  const rows = select.all(partition, after ?? from, ...(to === undefined ? [] : [to]))
  return rows.map((row) => parseItem({ table, partition, sort: String(row['sort']) }, row))
}

/** Creates first: of new records nothing need be read, and most records of a load are new. */
function addItem(prepare: Prepare, { key, value, mark }: Addition): boolean {
  const insert = prepare(
    `INSERT INTO ${key.table} (partition, sort, revision, marks, value) VALUES (?, ?, 1, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const { changes } = insert.run(key.partition, key.sort, JSON.stringify([mark]), encodeValue(value))
  if (changes === 1) return true
  const row = prepare(`SELECT rowid, marks FROM ${key.table} ${WHERE_KEY}`).get(key.partition, key.sort)
  const marks = decodeMarks(row?.['marks'])
  if (!marks.includes(mark)) {
    const update = prepare(`UPDATE ${key.table} SET marks = ? WHERE rowid = ?`)
    update.run(JSON.stringify([...marks, mark]), row?.['rowid'] ?? null)
  }
  return marks[0] === mark
}

type Outcome = 'committed' | 'repeated' | 'conflict'
type Waiting = {
  readonly writes: readonly Write[]
  readonly outbox: OutboxWrites
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (fault: unknown) => void
}

/**
 * Commits asked for in one turn of the event loop share a transaction: a sync of the disk takes some 3 ms however
 * much it makes durable. Each is decided by itself, on what those before it wrote; a fault of SQLite's is all of theirs.
 */
function openCommitter(database: Database, options: OutboxOptions): SealingStore['commit'] {
  let waiting: Waiting[] = []
  const flush = (): void => {
    const group = waiting
    waiting = []
    try {
      const outcomes = database.transact((prepare) =>
        group.map(({ writes, outbox }) => commit(prepare, writes, outbox)),
      )
      for (const [at, { resolve }] of group.entries()) resolve(outcomes[at] ?? 'conflict')
    } catch (fault) {
      for (const { reject } of group) reject(fault)
    }
  }
  return async (writes, entry) => {
    const outbox = outboxWrites(entry, options)
    refuseKeyTwice([...writes, outbox.entry, outbox.pending])
    return new Promise((resolve, reject) => {
      if (waiting.push({ writes, outbox, resolve, reject }) === 1) setImmediate(flush)
    })
  }
}

function commit(prepare: Prepare, writes: readonly Write[], outbox: OutboxWrites): Outcome {
  if (!holds(prepare, outbox.entry)) return 'repeated'
  const all = [...writes, outbox.entry, outbox.pending]
  // All looked at before any is written: nothing has to be taken back
  if (!all.every((write) => holds(prepare, write))) return 'conflict'
  for (const write of all) put(prepare, write)
  return 'committed'
}

function refuseKeyTwice(writes: readonly Write[]): void {
  const keys = new Set(writes.map(({ key }) => JSON.stringify([key.table, key.partition, key.sort])))
  if (keys.size < writes.length) throw new Failure('WRITE_KEY_TWICE', { retryable: false })
}

function holds(prepare: Prepare, { key, when }: Write): boolean {
  const row = prepare(`SELECT revision FROM ${key.table} ${WHERE_KEY}`).get(key.partition, key.sort)
  return when === 'absent' ? row === undefined : row?.['revision'] === when.revision
}

function put(prepare: Prepare, { key, value, when }: Write): void {
  if (when === 'absent') {
    const insert = prepare(
      `INSERT INTO ${key.table} (partition, sort, revision, marks, value) VALUES (?, ?, 1, ?, ?)`,
    )
    insert.run(key.partition, key.sort, MARKS_WITHOUT_CREATOR, encodeValue(value))
  } else {
    const update = prepare(`UPDATE ${key.table} SET value = ?, revision = revision + 1 ${WHERE_KEY}`)
    update.run(encodeValue(value), key.partition, key.sort)
  }
}

/**
 * Marks are kept as a JSON list in the order they came, so the first is the one that created the item:
 * that is what gives `add` the same answer at every repeat. Null stands first where no mark did.
 */
const MARKS_WITHOUT_CREATOR = '[null]'

function decodeMarks(column: unknown): readonly (string | null)[] {
  return JSON.parse(String(column))
}

function parseItem(key: Key, row: Readonly<Record<string, unknown>>): Item {
  const marks = decodeMarks(row['marks']).filter((mark) => mark !== null)
  return {
    key,
    value: decodeValue(String(row['value'])),
    revision: Number(row['revision']),
    marks: marks.sort(compareUtf8),
  }
}

/**
 * Records come as canonical JSON in a text. Behind `=`, which begins no JSON, a text is stored as it is;
 * escaping it all over again took a third of the time of adding it. A lone surrogate has no UTF-8 form, so a text
 * with one is escaped like any other value.
 */
function encodeValue(value: Json): string {
  return typeof value === 'string' && value.isWellFormed() ? `=${value}` : JSON.stringify(value)
}

function decodeValue(column: string): Json {
  return column.startsWith('=') ? column.slice(1) : JSON.parse(column)
}

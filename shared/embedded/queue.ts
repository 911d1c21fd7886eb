import type { Json } from '../base/canonical.ts'
import type { Instant } from '../base/instant.ts'
import { instantOf } from '../base/instant.ts'
import type { Queue } from '../ports.ts'
import type { Database, Prepare } from './database.ts'

/** A message leased to the worker; `failures` counts the tries that failed before this one. */
export type Message = { readonly id: number; readonly body: Json; readonly failures: number }

/** A message that is tried no more, with the code of its last failure. */
export type DeadMessage = Message & { readonly code: string }

/** A queue with what its one worker needs. */
export interface WorkerQueue extends Queue {
  /** Leases up to `limit` messages that are due, the oldest first. */
  receive(limit: number, now: Instant): readonly Message[]
  /** The messages are done with. */
  settle(ids: readonly number[]): void
  /** Counts a failed try: due again after a while, or dead after the fifth. */
  fail(id: number, now: Instant, code: string): void
  /** Gives messages back, due again after a rest, with no failed try counted: the fault was the machine's. */
  giveBack(ids: readonly number[], now: Instant): void
  /**
   * Makes every leased message due again, with no failed try counted: for a worker to call when it starts, under
   * the home's lock, since whoever leased them is dead. Being killed is no fault of the message's. What was set aside
   * is dead again, for another look.
   */
  release(): void
  /** Makes dead messages due again, as if never tried. */
  revive(): void
  dead(): readonly DeadMessage[]
  /** Forgets a dead message. */
  forgetDead(id: number): void
  /** Keeps a dead message that nothing can be made of now, out of the way of the others until the next `release`. */
  setAside(id: number): void
  /** How many wait or are leased. */
  size(): number
}

/** Failed tries after which a message is dead. */
const TRY_LIMIT = 5

/** How long a message rests whose try failed by no fault of its own: a full disk, a held lock. */
const MACHINE_REST_MS = 1_000

/** How long a message rests after so many failed tries: 2, 4, 8, 16 s, and never over five minutes. */
export function retryDelayMs(failures: number): number {
  return Math.min(1_000 * 2 ** failures, 300_000)
}

/** The queue of that name; queues of several names share a database. `send` stores the whole batch or nothing. */
export function openQueue(database: Database, name: string): WorkerQueue {
  database.transact((prepare) => {
    for (const sql of SCHEMA) prepare(sql).run()
  })
  const run = (sql: string, ...values: readonly (string | number)[]) =>
    database.transact((prepare) => void prepare(sql).run(...values))
  return {
    send: async (messages) => database.transact((prepare) => insertMessages(prepare, name, messages)),
    receive: (limit, now) => receive(database, { name, limit, now }),
    settle: (ids) => {
      if (ids.length === 0) return
      database.transact((prepare) => {
        for (const id of ids) deleteMessage(prepare, id, 'leased')
      })
    },
    fail: (id, now, code) => database.transact((prepare) => failMessage(prepare, { id, now, code })),
    giveBack: (ids, now) => {
      const due = instantOf(Date.parse(now) + MACHINE_REST_MS)
      for (const id of ids)
        run(`UPDATE messages SET state = 'waiting', due = ? WHERE id = ? AND state = 'leased'`, due, id)
    },
    release() {
      run(`UPDATE messages SET state = 'waiting' WHERE queue = ? AND state = 'leased'`, name)
      run(`UPDATE messages SET state = 'dead' WHERE queue = ? AND state = 'set-aside'`, name)
    },
    revive: () =>
      run(
        `UPDATE messages SET state = 'waiting', failures = 0, due = '' WHERE queue = ? AND state = 'dead'`,
        name,
      ),
    dead: () => database.read((prepare) => prepare(SELECT_DEAD).all(name).map(parseDead)),
    forgetDead: (id) => database.transact((prepare) => deleteMessage(prepare, id, 'dead')),
    setAside: (id) => run(`UPDATE messages SET state = 'set-aside' WHERE id = ? AND state = 'dead'`, id),
    size: () => database.read((prepare) => Number(prepare(COUNT_LIVE).get(name)?.['live'])),
  }
}

// Bodies stand apart: one may have two megabytes, and leasing a message must not write them again.
// AUTOINCREMENT: an id is never used twice, so a late `settle` cannot meet another message.
const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    due TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT ''
  )`,
  'CREATE INDEX IF NOT EXISTS messages_state ON messages (queue, state, id)',
  'CREATE TABLE IF NOT EXISTS message_bodies (id INTEGER PRIMARY KEY, body TEXT NOT NULL)',
]

const SELECT_DUE = `SELECT id, failures, body FROM messages JOIN message_bodies USING (id)
  WHERE queue = ? AND state = 'waiting' AND due <= ? ORDER BY id LIMIT ?`
const SELECT_DEAD = `SELECT id, failures, code, body FROM messages JOIN message_bodies USING (id)
  WHERE queue = ? AND state = 'dead' ORDER BY id`
const COUNT_LIVE = `SELECT count(*) AS live FROM messages WHERE queue = ? AND state IN ('waiting', 'leased')`

function insertMessages(prepare: Prepare, name: string, messages: readonly Json[]): void {
  for (const message of messages) {
    const { lastInsertRowid } = prepare('INSERT INTO messages (queue) VALUES (?)').run(name)
    prepare('INSERT INTO message_bodies VALUES (?, ?)').run(lastInsertRowid, JSON.stringify(message))
  }
}

type Lease = { readonly name: string; readonly limit: number; readonly now: Instant }

function receive(database: Database, { name, limit, now }: Lease): readonly Message[] {
  const select = (prepare: Prepare, most: number) => prepare(SELECT_DUE).all(name, now, most)
  // An idle worker asks all the time; only when something is due does it take the write lock
  if (database.read((prepare) => select(prepare, 1)).length === 0) return []
  return database.transact((prepare) => {
    const messages = select(prepare, limit).map(parseMessage)
    for (const { id } of messages) prepare(`UPDATE messages SET state = 'leased' WHERE id = ?`).run(id)
    return messages
  })
}

function failMessage(prepare: Prepare, failed: { id: number; now: Instant; code: string }): void {
  const row = prepare(`SELECT failures FROM messages WHERE id = ? AND state = 'leased'`).get(failed.id)
  if (row === undefined) return
  const failures = Number(row['failures']) + 1
  const state = failures < TRY_LIMIT ? 'waiting' : 'dead'
  const due = instantOf(Date.parse(failed.now) + retryDelayMs(failures))
  const update = prepare('UPDATE messages SET state = ?, failures = ?, due = ?, code = ? WHERE id = ?')
  update.run(state, failures, due, failed.code, failed.id)
}

function deleteMessage(prepare: Prepare, id: number, state: 'leased' | 'dead'): void {
  const { changes } = prepare('DELETE FROM messages WHERE id = ? AND state = ?').run(id, state)
  if (changes === 1) prepare('DELETE FROM message_bodies WHERE id = ?').run(id)
}

function parseMessage(row: Readonly<Record<string, unknown>>): Message {
  return { id: Number(row['id']), failures: Number(row['failures']), body: parseBody(String(row['body'])) }
}

// A damaged body must not keep the others from being received: as null it fails by itself, and its row keeps the bytes
function parseBody(body: string): Json {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

function parseDead(row: Readonly<Record<string, unknown>>): DeadMessage {
  return { ...parseMessage(row), code: String(row['code']) }
}

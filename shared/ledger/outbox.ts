import type { Entry, Key, Write } from '../ports.ts'

/**
 * What `commit` writes beside the change itself, in the same transaction: the entry, kept for good (it is what
 * makes a repeated command harmless), and its place in the outbox, gone once the entry is sealed.
 */
export function outboxWrites(entry: Entry): { readonly entry: Write; readonly pending: Write } {
  return {
    entry: {
      key: entryKey(entry.id),
      value: { id: entry.id, kind: entry.kind, at: entry.at, payload: entry.payload },
      when: 'absent',
    },
    pending: {
      key: pendingKey(entry),
      value: { id: entry.id, kind: entry.kind, at: entry.at },
      when: 'absent',
    },
  }
}

export const PENDING = { table: 'ledger', partition: 'pending' } as const

export function entryKey(id: string): Key {
  return { table: 'ledger', partition: `entry#${id}`, sort: 'entry' }
}

/** Pending entries are numbered in the order of this key: by time, then by id. */
export function pendingKey(entry: { readonly id: string; readonly at: string }): Key {
  return { ...PENDING, sort: `${entry.at}#${entry.id}` }
}

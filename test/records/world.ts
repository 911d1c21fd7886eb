import type { Json } from '../../shared/base/canonical.ts'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import { openDatabase } from '../../shared/embedded/database.ts'
import { openStore } from '../../shared/embedded/store.ts'
import { completeUscc } from '../../shared/identity/uscc.ts'
import type { Queue, World } from '../../shared/ports.ts'
import { authoritySchema, ledgerSettingsSchema, policySchema, recordTypes } from '../../shared/settings.ts'
import { openMemoryObjects } from '../memory-objects.ts'
import { openMemorySigner } from '../signer.ts'

/** Everything ever sent to a queue: any of it may be delivered at any time, and more than once. */
export type QueueLog = Queue & { readonly log: Json[] }

export type RecordItem = {
  readonly partition: string
  readonly sort: string
  readonly marks: readonly string[]
}

/** A world in memory, with what a test must see and the domain need not. */
export type TestWorld = World & {
  readonly queues: { readonly inbox: QueueLog; readonly sealed: QueueLog }
  /** Every record item there is, whatever its partition. */
  recordItems(): readonly RecordItem[]
  close(): void
}

export const START = Date.parse('2026-06-01T00:00:00.000Z')

/** Clock readings in seconds after the start, used in turn over and over: they may run backwards. */
export function openTestWorld(seconds: readonly number[] = [0]): TestWorld {
  const database = openDatabase(':memory:')
  let reading = 0
  return {
    store: openStore(database, { outboxShards: 2 }),
    objects: openMemoryObjects(),
    queues: { inbox: openQueueLog(), sealed: openQueueLog() },
    now: (): Instant => instantOf(START + (seconds[reading++ % seconds.length] ?? 0) * 1_000),
    settings: {
      authorities,
      policy: policySchema.parse({}),
      ledger: ledgerSettingsSchema.parse({ outboxShards: 2 }),
    },
    signer: openMemorySigner(),
    recordItems: () =>
      database.read((prepare) =>
        prepare(`SELECT partition, sort, marks FROM records WHERE partition <> 'touched'`)
          .all()
          .map((row) => ({
            partition: String(row['partition']),
            sort: String(row['sort']),
            marks: JSON.parse(String(row['marks'])),
          })),
      ),
    close: () => database.close(),
  }
}

export const authorities = [0, 1, 2].map((n) =>
  authoritySchema.parse({
    code: `authority-${n}`,
    name: { zh: `示例局${n}`, en: `Demo bureau ${n}` },
    uscc: codeOf(900 + n, '11'),
    recordTypes: [...recordTypes],
    contact: 'data@bureau.example',
  }),
)

/** The n-th synthetic organisation's code. */
export function codeOf(n: number, prefix = '91'): string {
  return completeUscc({ prefix, division: '330200', body: `YY${String(n).padStart(6, '0')}` })
}

function openQueueLog(): QueueLog {
  const log: Json[] = []
  // What goes through a queue is a copy: nobody shares an object with the receiver
  return { log, send: async (messages) => void log.push(...structuredClone(messages as Json[])) }
}

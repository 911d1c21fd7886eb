import { join } from 'node:path'
import { openDatabase } from '../../shared/embedded/database.ts'
import { openQueue } from '../../shared/embedded/queue.ts'
import { openStore } from '../../shared/embedded/store.ts'

/** What lies in a home's database, whoever has it open. */
export type Contents = {
  /** For each record held, how many lines of how many submissions said it. */
  readonly sightings: readonly number[]
  /** The ids of the ledger's entries, sorted. */
  readonly entries: readonly string[]
  /** For each message in a queue, how many tries of it failed. */
  readonly failures: readonly number[]
}

export function readContents(home: string): Contents {
  const database = openDatabase(join(home, 'store.sqlite'))
  const select = (sql: string) => database.read((prepare) => prepare(sql).all())
  // A home whose maker was killed may lack a table still
  openStore(database)
  openQueue(database, 'inbox')
  try {
    return {
      sightings: select(`SELECT marks FROM records WHERE partition <> 'touched'`).map(
        ({ marks }) => JSON.parse(String(marks)).length,
      ),
      entries: select(`SELECT partition FROM ledger WHERE sort = 'entry' ORDER BY partition`).map(
        ({ partition }) => String(partition).slice('entry#'.length),
      ),
      failures: select('SELECT failures FROM messages').map(({ failures }) => Number(failures)),
    }
  } finally {
    database.close()
  }
}

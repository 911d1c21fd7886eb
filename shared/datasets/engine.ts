import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance, version } from '@duckdb/node-api'
import type { Json } from '../base/canonical.ts'

/** DuckDB with a directory of its own. */
export type Engine = {
  readonly directory: string
  run(sql: string): Promise<void>
  /** Rows as JSON has them: 64-bit numbers come as text. */
  query(sql: string): Promise<readonly Readonly<Record<string, Json>>[]>
}

/** Pinned by versions: another engine may write the same rows as other bytes. */
export const engineVersion = `duckdb ${version()}`

/** Lends an engine; when `work` ends, however it ends, the directory is removed. */
export async function withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'credit-fusion-dataset-'))
  try {
    return await connected(directory, work)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function connected<T>(directory: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', OPTIONS)
  try {
    const connection = await instance.connect()
    await connection.run(`SET TimeZone = 'UTC'; SET temp_directory = ${literal(join(directory, 'spill'))}`)
    return await work(engineOn(connection, directory))
  } finally {
    instance.closeSync()
  }
}

// What is built in suffices: nothing is fetched from anywhere while a version is built
const OPTIONS = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' }

function engineOn(connection: DuckDBConnection, directory: string): Engine {
  return {
    directory,
    run: async (sql) => {
      await connection.run(sql)
    },
    query: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
  }
}

/** A text as SQL writes it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
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

/**
 * Lends an engine; when `work` ends, however it ends, the directory is removed. What one leaves that is killed, rows in
 * clear, goes when the next begins.
 */
export async function withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  await removeLeftovers(Date.now() - LEFTOVER_AGE_MS)
  const directory = await mkdtemp(join(tmpdir(), PREFIX))
  try {
    return await connected(directory, work)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const PREFIX = 'credit-fusion-dataset-'

// A live one makes or removes a file in its directory for every bucket, which takes seconds
const LEFTOVER_AGE_MS = 60 * 60 * 1000

async function removeLeftovers(beforeMs: number): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX))
  for (const directory of names.map((name) => join(tmpdir(), name))) {
    try {
      const { mtimeMs } = await lstat(directory)
      if (mtimeMs < beforeMs) await rm(directory, { recursive: true, force: true })
    } catch {
      // Gone already, or another user's: not ours to remove, and no reason to publish nothing
    }
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

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { instantOf } from '../../shared/base/instant.ts'
import { openDatabase } from '../../shared/embedded/database.ts'
import { openStore } from '../../shared/embedded/store.ts'
import { entryKey } from '../../shared/ledger/outbox.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { commitNumbered, startProcess } from './other-process.ts'

test('what was committed is there after the home is opened again', async () => {
  const file = join(await temporaryDirectory(), 'home.sqlite')
  const first = openDatabase(file)
  await commitNumbered(openStore(first), 'kept', 1)
  first.close()
  const second = openDatabase(file)
  expect(await openStore(second).find(entryKey('kept-1'))).toBeDefined()
  second.close()
})

test('a commit that returned survives the process being killed, change and entry alike', async () => {
  const file = join(await temporaryDirectory(), 'home.sqlite')
  const writer = startProcess('commit', file, 'killed', '1000000')
  await writer.printed(20)
  const returned = await writer.kill()
  const database = openDatabase(file)
  const store = openStore(database)
  const changes: string[] = []
  for await (const { key } of store.list({ table: 'cases', partition: 'killed' }))
    changes.push(`killed-${key.sort}`)
  expect(changes).toEqual(expect.arrayContaining([...returned]))
  for (const id of changes) expect(await store.find(entryKey(id))).toBeDefined()
  database.close()
})

test('commits asked for at once share a transaction, and each is decided on what those before it wrote', async () => {
  const transactions: number[] = []
  const database = openDatabase(':memory:')
  const store = openStore({
    ...database,
    transact: (work) => {
      transactions.push(1)
      return database.transact(work)
    },
  })
  transactions.length = 0
  const key = { table: 'cases', partition: 'p', sort: 's' } as const
  const create = { key, value: 1, when: 'absent' } as const
  const entry = (id: string) => ({ id, kind: 'test', at: instantOf(0), payload: null })
  const asked = ['a', 'b', 'a'].map((id) => store.commit([create], entry(id)))
  expect(await Promise.all(asked)).toEqual(['committed', 'conflict', 'repeated'])
  expect(transactions).toHaveLength(1)
  database.close()
})

test('a fault of the disk is told to everybody whose commit shared it, and nothing of them is stored', async () => {
  const database = openDatabase(':memory:')
  const full = new Error('full')
  let broken = false
  const store = openStore({
    ...database,
    transact: (work) =>
      database.transact((prepare) => {
        const result = work(prepare)
        if (broken) throw full
        return result
      }),
  })
  broken = true
  const commit = (id: string) => store.commit([], { id, kind: 'test', at: instantOf(0), payload: null })
  const outcomes = await Promise.allSettled([commit('a'), commit('b')])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await store.find(entryKey('a'))).toBeUndefined()
  database.close()
})

test('processes that make and use one home at the same time lose nothing and are never refused', async () => {
  const file = join(await temporaryDirectory(), 'home.sqlite')
  const names = ['a', 'b', 'c', 'd']
  await Promise.all([
    ...names.map((name) => startProcess('commit', file, name, '100').ended),
    ...names.map(() => startProcess('count', file, 'shared', '50').ended),
  ])
  const database = openDatabase(file)
  const store = openStore(database)
  for (const name of names) expect(await store.find(entryKey(`${name}-99`))).toBeDefined()
  const counter = await store.find({ table: 'ledger', partition: 'shared', sort: 'counter' })
  expect(counter).toMatchObject({ value: 200, revision: 200 })
  database.close()
})

test('a transaction that throws leaves nothing, and the next one works', async () => {
  const database = openDatabase(':memory:')
  const store = openStore(database)
  const key = { table: 'cases', partition: 'p', sort: 's' } as const
  const fault = new Error('a bug')
  const thrown = () =>
    database.transact((prepare) => {
      prepare(
        `INSERT INTO cases (partition, sort, revision, marks, value) VALUES ('p', 's', 1, '[]', '1')`,
      ).run()
      throw fault
    })
  expect(thrown).toThrow(fault)
  expect(await store.find(key)).toBeUndefined()
  expect(await store.swap({ key, value: 1, when: 'absent' })).toBe(true)
  database.close()
})

test('a batch of additions of which one cannot be stored is not stored in part', async () => {
  const database = openDatabase(':memory:')
  const store = openStore(database)
  const keys = ['1', '2'].map((sort) => ({ table: 'cases', partition: 'p', sort }) as const)
  const circular: { self?: unknown } = {}
  circular.self = circular
  const additions = keys.map((key, n) => ({ key, value: (n === 0 ? 1 : circular) as number, mark: 'm' }))
  await expect(store.add(additions)).rejects.toThrow(TypeError)
  for (const key of keys) expect(await store.find(key)).toBeUndefined()
  database.close()
})

test('a full disk is a fault to try again after, and leaves what was there', async () => {
  const database = openDatabase(':memory:')
  const store = openStore(database)
  const key = { table: 'records', partition: 'p', sort: '1' } as const
  await store.add([{ key, value: 'kept', mark: 'm' }])
  database.read((prepare) => prepare('PRAGMA max_page_count = 20').get())
  const large = { key: { ...key, sort: '2' }, value: 'x'.repeat(1_000_000), mark: 'm' }
  await expect(store.add([large])).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true })
  expect((await store.find(key))?.value).toBe('kept')
  expect(await store.find(large.key)).toBeUndefined()
  database.close()
})

test('a file that is no database is refused for good and left as it is; so is a place that is not there', async () => {
  const directory = await temporaryDirectory()
  const file = join(directory, 'notes.txt')
  await writeFile(file, 'a text of some length, for nobody to take for a database'.repeat(20))
  const before = await readFile(file)
  const refusal = expect.objectContaining({ code: 'STORE_FAILED', retryable: false })
  expect(() => openDatabase(file)).toThrow(refusal)
  expect(await readFile(file)).toEqual(before)
  expect(() => openDatabase(join(directory, 'missing', 'home.sqlite'))).toThrow(refusal)
  expect(await readdir(directory)).toEqual(['notes.txt'])
})

test('another process that holds the home for too long is a fault to try again after', async () => {
  const file = join(await temporaryDirectory(), 'home.sqlite')
  const database = openDatabase(file)
  const store = openStore(database)
  database.read((prepare) => prepare('PRAGMA busy_timeout = 50').get())
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  const key = { table: 'cases', partition: 'p', sort: 's' } as const
  await expect(store.swap({ key, value: 1, when: 'absent' })).rejects.toMatchObject({
    code: 'STORE_BUSY',
    retryable: true,
  })
  expect(await store.find(key)).toBeUndefined()
  other.exec('ROLLBACK')
  expect(await store.swap({ key, value: 1, when: 'absent' })).toBe(true)
  other.close()
  database.close()
})

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../shared/base/instant.ts'
import { openDatabase } from '../../shared/embedded/database.ts'
import { openObjects } from '../../shared/embedded/objects.ts'
import { openQueue } from '../../shared/embedded/queue.ts'
import { openSigner } from '../../shared/embedded/signer.ts'
import { openStore } from '../../shared/embedded/store.ts'
import { faultsFrom, faultyObjects, faultyQueue, faultyStore } from '../faults.ts'
import { type OpenedObjects, objectsContract } from './objects.ts'
import { type OpenedQueue, queueContract } from './queue.ts'
import { signerContract } from './signer.ts'
import { type OpenedStore, storeContract } from './store.ts'

storeContract('SQLite in memory', async () => openedStore(':memory:', async () => {}))

storeContract('SQLite in a file', async () => {
  const { path, remove } = await temporaryDirectory()
  return openedStore(join(path, 'home.sqlite'), remove)
})

objectsContract('files', openedFiles)

queueContract('SQLite in memory', async () => openedQueue(':memory:', async () => {}))

queueContract('SQLite in a file', async () => {
  const { path, remove } = await temporaryDirectory()
  return openedQueue(join(path, 'home.sqlite'), remove)
})

signerContract('a key file', async () => {
  const { path, remove } = await temporaryDirectory()
  return { signer: await openSigner(join(path, 'ledger.pem')), close: remove }
})

// What the fault wrapper shows a room where nothing goes wrong is a store like any other
storeContract('SQLite behind the fault wrapper', async () => {
  const { store, close } = openedStore(':memory:', async () => {})
  return { store: faultyStore(store, faultsFrom()), close }
})

objectsContract('files behind the fault wrapper', async () => {
  const { objects, ...opened } = await openedFiles()
  return { objects: faultyObjects(objects, faultsFrom()), ...opened }
})

queueContract('SQLite behind the fault wrapper', async () => {
  const { queue, ...opened } = openedQueue(':memory:', async () => {})
  return { queue: faultyQueue(queue, faultsFrom()), ...opened }
})

function openedStore(file: string, remove: () => Promise<void>): OpenedStore {
  const database = openDatabase(file)
  const close = async (): Promise<void> => {
    database.close()
    await remove()
  }
  return { store: openStore(database), close }
}

async function openedFiles(): Promise<OpenedObjects> {
  const { path, remove } = await temporaryDirectory()
  const read = async (link: string): Promise<Uint8Array> => readFile(fileURLToPath(link))
  return { objects: await openObjects(path), read, close: remove }
}

function openedQueue(file: string, remove: () => Promise<void>): OpenedQueue {
  const database = openDatabase(file)
  const queue = openQueue(database, 'contract')
  return {
    queue,
    receive: async () =>
      queue.receive(10, systemClock()).map((message) => {
        queue.settle([message.id])
        return message.body
      }),
    close: async () => {
      database.close()
      await remove()
    },
  }
}

async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'credit-fusion-'))
  return { path, remove: () => rm(path, { recursive: true }) }
}

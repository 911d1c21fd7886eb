import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tryLock } from '../../shared/embedded/lock.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { startProcess } from './other-process.ts'

test('one holds the lock, and the next after it is released', async () => {
  const file = join(await temporaryDirectory(), 'worker.lock')
  const first = tryLock(file)
  expect(first).toBeDefined()
  expect(tryLock(file)).toBeUndefined()
  first?.release()
  const second = tryLock(file)
  expect(second).toBeDefined()
  // The first has nothing left to release
  first?.release()
  expect(tryLock(file)).toBeUndefined()
  second?.release()
})

test('a lock that another process holds is free once that process is killed', async () => {
  const file = join(await temporaryDirectory(), 'worker.lock')
  const holder = startProcess('lock', file)
  await holder.printed(1)
  expect(tryLock(file)).toBeUndefined()
  expect(await holder.kill()).toEqual(['held'])
  const lock = tryLock(file)
  expect(lock).toBeDefined()
  lock?.release()
})

test('another process is refused while we hold it', async () => {
  const file = join(await temporaryDirectory(), 'worker.lock')
  const lock = tryLock(file)
  const other = startProcess('lock', file)
  await other.printed(1)
  expect(await other.kill()).toEqual(['refused'])
  lock?.release()
})

test('a place where no lock file can be made is a fault, not a refusal', async () => {
  const file = join(await temporaryDirectory(), 'missing', 'worker.lock')
  expect(() => tryLock(file)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
})

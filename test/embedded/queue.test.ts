import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import { openDatabase } from '../../shared/embedded/database.ts'
import { openQueue, retryDelayMs, type WorkerQueue } from '../../shared/embedded/queue.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { startProcess } from './other-process.ts'

const START_MS = Date.parse('2026-11-23T08:00:00.000Z')
const start = instantOf(START_MS)

describe('a worker', () => {
  test('leases the oldest first, and none twice', async () => {
    const queue = openedQueue()
    await queue.send(['a', 'b', 'c'])
    expect(queue.receive(2, start).map(({ body }) => body)).toEqual(['a', 'b'])
    expect(queue.receive(2, start).map(({ body }) => body)).toEqual(['c'])
    expect(queue.receive(2, start)).toEqual([])
    expect(queue.size()).toBe(3)
  })

  test('is done with what it settles', async () => {
    const queue = openedQueue()
    await queue.send(['a', 'b'])
    const [first] = queue.receive(1, start)
    queue.settle([first!.id])
    queue.settle([first!.id])
    queue.release()
    expect(queue.receive(10, start).map(({ body }) => body)).toEqual(['b'])
    expect(queue.size()).toBe(1)
  })

  test('gets a failed message again when its rest is over, not before', async () => {
    const queue = openedQueue()
    await queue.send(['a'])
    const [first] = queue.receive(1, start)
    queue.fail(first!.id, start, 'STORE_BUSY')
    expect(queue.receive(1, later(1_999))).toEqual([])
    expect(queue.receive(1, later(2_000))).toEqual([{ ...first, failures: 1 }])
  })

  test('finds a message dead after its fifth failed try, with the last code', async () => {
    const queue = openedQueue()
    await queue.send([{ name: '名称' }])
    for (let failures = 0; failures < 5; failures++) {
      const [message] = queue.receive(1, later(failures * 300_000))
      expect(message).toMatchObject({ failures })
      expect(queue.dead()).toEqual([])
      queue.fail(message!.id, later(failures * 300_000), `CODE_${failures}`)
    }
    expect(queue.receive(1, later(86_400_000))).toEqual([])
    expect(queue.size()).toBe(0)
    expect(queue.dead()).toMatchObject([{ body: { name: '名称' }, failures: 5, code: 'CODE_4' }])
    queue.forgetDead(queue.dead()[0]!.id)
    expect(queue.dead()).toEqual([])
  })

  test('sets a dead message aside until the next worker starts', async () => {
    const queue = openedQueue()
    await queue.send(['a'])
    for (let failures = 0; failures < 5; failures++) {
      const [message] = queue.receive(1, later(failures * 300_000))
      queue.fail(message!.id, later(failures * 300_000), 'CODE')
    }
    const dead = queue.dead()
    queue.setAside(dead[0]!.id)
    expect(queue.dead()).toEqual([])
    queue.release()
    expect(queue.dead()).toEqual(dead)
    expect(queue.receive(1, later(86_400_000))).toEqual([])
  })

  test('cannot fail, settle, set aside or bury what is not its to do so with', async () => {
    const queue = openedQueue()
    await queue.send(['a'])
    const [message] = queue.receive(1, start)
    queue.release()
    queue.fail(message!.id, start, 'LATE')
    queue.settle([message!.id])
    queue.setAside(message!.id)
    queue.forgetDead(message!.id)
    expect(queue.receive(1, start)).toEqual([message])
  })

  test('that is killed leaves its leases to the next, and no failed try on them', async () => {
    const file = join(await temporaryDirectory(), 'home.sqlite')
    const database = openDatabase(file)
    const queue = openQueue(database, 'inbox')
    await queue.send(['a', 'b'])
    const worker = startProcess('lease', file, 'inbox')
    await worker.printed(1)
    expect(await worker.kill()).toEqual(['2'])
    expect(queue.receive(10, start)).toEqual([])
    queue.release()
    expect(queue.receive(10, start)).toMatchObject([
      { body: 'a', failures: 0 },
      { body: 'b', failures: 0 },
    ])
    database.close()
  })
})

test('queues of one database keep apart', async () => {
  const database = openDatabase(':memory:')
  const [inbox, sealed] = [openQueue(database, 'inbox'), openQueue(database, 'sealed')]
  await inbox.send(['in'])
  await sealed.send(['out'])
  expect(inbox.receive(10, start).map(({ body }) => body)).toEqual(['in'])
  sealed.release()
  expect(inbox.receive(10, start)).toEqual([])
  expect([inbox.size(), sealed.size()]).toEqual([1, 1])
  database.close()
})

test('a batch of which one message cannot be stored is not sent in part', async () => {
  const queue = openedQueue()
  const circular: { self?: unknown } = {}
  circular.self = circular
  await expect(queue.send(['a', circular as string])).rejects.toThrow(TypeError)
  expect(queue.size()).toBe(0)
})

test('a message whose body is damaged comes with none, and keeps no other from coming', async () => {
  const database = openDatabase(':memory:')
  const queue = openQueue(database, 'inbox')
  await queue.send(['a', 'b'])
  database.transact((prepare) => prepare(`UPDATE message_bodies SET body = '"cut o' WHERE id = 1`).run())
  const [damaged, whole] = queue.receive(10, start)
  expect([damaged?.body, whole?.body]).toEqual([null, 'b'])
  for (let failures = 0; failures < 5; failures++) {
    queue.fail(1, later(failures * 300_000), 'UNEXPECTED')
    queue.receive(1, later((failures + 1) * 300_000))
  }
  expect(queue.dead()).toMatchObject([{ id: 1, body: null, code: 'UNEXPECTED' }])
  database.close()
})

test.each([
  [1, 2_000],
  [2, 4_000],
  [4, 16_000],
  [9, 300_000],
  [60, 300_000],
])('after %i failed tries a message rests %i ms', (failures, ms) => {
  expect(retryDelayMs(failures)).toBe(ms)
})

function openedQueue(): WorkerQueue {
  return openQueue(openDatabase(':memory:'), 'inbox')
}

function later(ms: number): Instant {
  return instantOf(START_MS + ms)
}

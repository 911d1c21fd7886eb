import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Instant } from '../shared/base/instant.ts'
import { openDatabase } from '../shared/embedded/database.ts'
import { openStore } from '../shared/embedded/store.ts'
import type { Key, Queue, SealingStore } from '../shared/ports.ts'
import { Crash, faultsFrom, faulty, faultyQueue, faultyStore } from './faults.ts'

const keys: readonly Key[] = ['1', '2', '3'].map((sort) => ({ table: 'cases', partition: 'p', sort }))
const additions = keys.map((key) => ({ key, value: key.sort, mark: 'm' }))

describe('a process that dies at its second write', () => {
  test.each([
    ['failed', 1, []],
    ['partial', 1, ['1']],
    ['partial', 2, ['1', '2']],
    ['partial', 9, ['1', '2', '3']],
    ['stored', 1, ['1', '2', '3']],
  ] as const)('%s (keep %i) has added %j', async (mode, keep, stored) => {
    const under = openedStore()
    const store = faultyStore(under, faultsFrom({ crashAt: 2, mode, keep }))
    await store.remove([])
    await expect(store.add(additions)).rejects.toThrow(Crash)
    expect(await sorts(under)).toEqual(stored)
  })

  test.each([
    ['failed', false],
    ['partial', false],
    ['stored', true],
  ] as const)('%s has committed all or nothing: %s', async (mode, stored) => {
    const under = openedStore()
    const store = faultyStore(under, faultsFrom({ crashAt: 1, mode, keep: 1 }))
    const writes = keys.map((key) => ({ key, value: 1, when: 'absent' as const }))
    const entry = { id: 'e', kind: 'k', at: '2026-11-23T08:00:00.000Z' as Instant, payload: null }
    await expect(store.commit(writes, entry)).rejects.toThrow(Crash)
    expect(await sorts(under)).toEqual(stored ? ['1', '2', '3'] : [])
  })

  test('does nothing more and learns nothing more, of any port', async () => {
    const under = openedStore()
    const sent: unknown[] = []
    const queue: Queue = { send: async (messages) => void sent.push(...messages) }
    const world = faulty(
      { store: under, queues: { inbox: queue, sealed: queue } },
      faultsFrom({ crashAt: 1 }),
    )
    const key = keys[0]!
    const beside = world.store.find(key)
    await expect(world.store.swap({ key, value: 1, when: 'absent' })).rejects.toThrow(Crash)
    await expect(beside).rejects.toThrow(Crash)
    await expect(world.store.find(key)).rejects.toThrow(Crash)
    await expect(world.store.add(additions)).rejects.toThrow(Crash)
    await expect(sorts(world.store)).rejects.toThrow(Crash)
    await expect(world.queues.sealed.send(['m'])).rejects.toThrow(Crash)
    expect(await sorts(under)).toEqual([])
    expect(sent).toEqual([])
  })
})

test('a queue takes the first of a batch before the process dies', async () => {
  const sent: unknown[] = []
  const queue = faultyQueue(
    { send: async (some) => void sent.push(...some) },
    faultsFrom({ crashAt: 1, mode: 'partial' }),
  )
  await expect(queue.send(['a', 'b'])).rejects.toThrow(Crash)
  expect(sent).toEqual(['a'])
})

test('a conflict is answered without the write, to conditional writes alone', async () => {
  const under = openedStore()
  const store = faultyStore(under, faultsFrom({ conflictAt: [1, 2] }))
  expect(await store.swap({ key: keys[0]!, value: 1, when: 'absent' })).toBe(false)
  expect(await store.add(additions.slice(1))).toEqual([true, true])
  expect(await store.swap({ key: keys[0]!, value: 1, when: 'absent' })).toBe(true)
  expect(await sorts(under)).toEqual(['1', '2', '3'])
})

test('without faults it counts the writes and changes nothing', async () => {
  const faults = faultsFrom()
  const store = faultyStore(openedStore(), faults)
  expect(await store.add(additions)).toEqual([true, true, true])
  expect(await store.find(keys[0]!)).toBeDefined()
  await store.remove(keys)
  expect(faults).toMatchObject({ writes: 2, crashed: false })
})

test('a process started anew ends where one that never died ends, wherever the first one died', async () => {
  const schedule = fc.record({
    crashAt: fc.integer({ min: 1, max: 4 }),
    mode: fc.constantFrom('failed' as const, 'stored' as const, 'partial' as const),
    keep: fc.nat(3),
  })
  await fc.assert(
    fc.asyncProperty(schedule, async (faults) => {
      const under = openedStore()
      const work = async (store: SealingStore): Promise<void> => {
        for (const addition of additions) await store.add([addition])
        await store.remove([keys[1]!])
      }
      await expect(work(faultyStore(under, faultsFrom(faults)))).rejects.toThrow(Crash)
      await work(faultyStore(under, faultsFrom()))
      expect(await sorts(under)).toEqual(['1', '3'])
    }),
    { numRuns: 30 },
  )
})

function openedStore(): SealingStore {
  return openStore(openDatabase(':memory:'))
}

async function sorts(store: SealingStore): Promise<readonly string[]> {
  const listed: string[] = []
  for await (const { key } of store.list({ table: 'cases', partition: 'p' })) listed.push(key.sort)
  return listed
}

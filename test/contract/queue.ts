import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../shared/base/canonical.ts'
import type { Queue } from '../../shared/ports.ts'

export type OpenedQueue = {
  readonly queue: Queue
  /** Some bodies that are delivered now, taken off the queue; empty when nothing is there to deliver. */
  readonly receive: () => Promise<readonly Json[]>
  readonly close: () => Promise<void>
}

/** What every queue does: at least once, in any order. The queue may deliver others' messages as well. */
export function queueContract(name: string, open: () => Promise<OpenedQueue>): void {
  describe(`${name}: a queue`, () => {
    let opened: OpenedQueue
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.close())

    test('delivers every message of every batch', async () => {
      const test = randomUUID()
      const messages = Array.from({ length: 25 }, (_, number) => ({ test, number }))
      await opened.queue.send(messages.slice(0, 23))
      await opened.queue.send(messages.slice(23))
      const delivered = await receiveAll(opened, test)
      expect(new Set(delivered.map(({ number }) => number))).toEqual(
        new Set(messages.map(({ number }) => number)),
      )
    })

    test('delivers what several send at once', async () => {
      const test = randomUUID()
      await Promise.all(Array.from({ length: 20 }, (_, number) => opened.queue.send([{ test, number }])))
      const delivered = await receiveAll(opened, test)
      expect(new Set(delivered.map(({ number }) => number)).size).toBe(20)
    })

    test('delivers equal messages each for itself', async () => {
      const test = randomUUID()
      await opened.queue.send([{ test }, { test }])
      expect((await receiveAll(opened, test)).length).toBeGreaterThanOrEqual(2)
    })

    test('keeps a body as it was sent', async () => {
      const test = randomUUID()
      const message = { test, 名称: '𠮷野家😀', nested: [null, false, 0.5, '"', { '': '=' }] }
      await opened.queue.send([message])
      expect(await receiveAll(opened, test)).toContainEqual(message)
    })

    test('sends nothing when given nothing', async () => {
      await expect(opened.queue.send([])).resolves.toBeUndefined()
    })
  })
}

async function receiveAll({ receive }: OpenedQueue, test: string): Promise<readonly Record<string, Json>[]> {
  const seen: Record<string, Json>[] = []
  for (let batch = await receive(); batch.length > 0; batch = await receive()) {
    seen.push(...(batch as readonly Record<string, Json>[]))
  }
  return seen.filter((body) => body['test'] === test)
}

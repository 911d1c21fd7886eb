import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openHome } from '../../shared/embedded/home.ts'
import { startService } from '../../shared/embedded/service.ts'
import type { Told } from '../../shared/embedded/told.ts'
import { workRound } from '../../shared/embedded/worker.ts'
import { findHead, findLedgerSize, HEAD_KEY } from '../../shared/ledger/sealed.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const template = fileURLToPath(new URL('../../examples/deployment', import.meta.url))

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10)
}

test('a worker that a fault has ended is told of and begins again, and goes on once the home is mended', async () => {
  const directory = await temporaryDirectory()
  const home = await openHome({ directory, template })
  while ((await workRound(home, () => undefined)) > 0);
  const { head, revision } = await findHead(home.store)
  const broken = { ...head, phase: 'committed' as const, batch: 'gone.json' }
  await home.store.swap({ key: HEAD_KEY, value: broken, when: { revision } })
  const facts = { size: head.size, batch: 'gone.json' }
  const missing = { where: 'worker', code: 'BATCH_MISSING', facts }
  const told: Told[] = []
  const service = startService({ directory, template }, (fault) => told.push(fault), 20)
  try {
    await until(() => told.length >= 2)
    expect(told.slice(0, 2)).toEqual(Array(2).fill(missing))
    await home.store.swap({ key: HEAD_KEY, value: head, when: { revision: revision + 1 } })
    await home.store.commit([], { id: 'after', kind: 'k', at: home.now(), payload: null })
    await until(async () => (await findLedgerSize(home.store)) > head.size)
  } finally {
    await service.stop()
    home.close()
  }
})

test('a worker that rests after a fault is stopped at once', async () => {
  const directory = await temporaryDirectory()
  const told: Told[] = []
  // No home can be made of it, so its thread ends as soon as it begins
  const service = startService({ directory, template: directory }, (fault) => told.push(fault), 2 ** 30)
  await until(() => told.length > 0)
  await service.stop()
  expect(told).toEqual([{ where: 'worker', code: 'UNEXPECTED', facts: {} }])
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { CHECKPOINT_PATH } from '../../shared/ledger/log.ts'
import { entryKey } from '../../shared/ledger/outbox.ts'
import { type SealingWorld, sealPending } from '../../shared/ledger/seal.ts'
import { HEAD_KEY, type Head, rootIn } from '../../shared/ledger/sealed.ts'
import type { Key, Objects, SealingStore } from '../../shared/ports.ts'
import { aSealingSchedule, playSealing, type Sealer } from './sealer.ts'

test('however many seal, in whatever order, and wherever they die, the log loses, doubles, forks and takes back nothing', async () => {
  await fc.assert(
    fc.asyncProperty(aSealingSchedule, (schedule) => playSealing(schedule)),
    { numRuns: 1_000 },
  )
}, 600_000)

describe('the same schedules show it when', () => {
  test.each<[string, Sealer, RegExp]>([
    [
      'the head is written whoever else was first',
      (world) => sealPending({ ...world, store: swappingAnyway(world.store) }),
      /fork|rolled back|lost or doubled|LEDGER_|BATCH_|CHECKPOINT_|of another/,
    ],
    [
      'a checkpoint takes the place of a later one',
      (world) => sealPending({ ...world, objects: overwritingCheckpoint(world.objects) }),
      /rolled back|lags behind/,
    ],
    [
      'nothing is kept of an entry once it is sealed',
      (world) => sealPending({ ...world, store: forgetting(world.store) }),
      /lost or doubled|numbered twice|has no entry|undefined/,
    ],
    ['a state is signed before it is the head', signingFirst, /a fork was signed/],
  ])('%s', async (_, broken, caught) => {
    const property = fc.asyncProperty(aSealingSchedule, (schedule) => playSealing(schedule, broken))
    // That it is caught is all that is asked; to find the shortest schedule takes a minute
    const found = await fc.check(property, { seed: 20261125, numRuns: 1_000, endOnFailure: true })
    expect(found.failed).toBe(true)
    expect(String(found.errorInstance)).toMatch(caught)
  })
})

function isHead({ table, partition, sort }: Key): boolean {
  return [table, partition, sort].join() === [HEAD_KEY.table, HEAD_KEY.partition, HEAD_KEY.sort].join()
}

function swappingAnyway(store: SealingStore): SealingStore {
  return {
    ...store,
    swap: async (write) => {
      if (!isHead(write.key)) return store.swap(write)
      const found = await store.find(write.key)
      await store.swap({ ...write, when: found === undefined ? 'absent' : { revision: found.revision } })
      return true
    },
  }
}

// Nobody looks what is published already, and what is published takes its place
function overwritingCheckpoint(objects: Objects): Objects {
  return {
    ...objects,
    find: async (key) => (key.path === CHECKPOINT_PATH ? undefined : objects.find(key)),
    put: async (key, body, when) => {
      if (key.path !== CHECKPOINT_PATH) return objects.put(key, body, when)
      const found = await objects.find(key)
      return objects.put(key, body, found === undefined ? 'absent' : { tag: found.tag })
    },
  }
}

function forgetting(store: SealingStore): SealingStore {
  return {
    ...store,
    remove: async (keys) => {
      await store.remove(keys)
      await store.remove(keys.map(({ sort }) => entryKey(sort.slice(sort.indexOf('#') + 1))))
    },
  }
}

async function signingFirst(world: SealingWorld): Promise<number> {
  const { origin } = world.settings.ledger
  const swap: SealingStore['swap'] = async (write) => {
    const head = write.value as Head
    const checkpoint = { origin, size: head.size, root: rootIn(head), extensions: [] }
    if (isHead(write.key)) await world.signer.sign(Buffer.from(formatCheckpoint(checkpoint)))
    return world.store.swap(write)
  }
  return sealPending({ ...world, store: { ...world.store, swap } })
}

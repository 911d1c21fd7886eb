import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import { listPending } from '../../shared/ledger/outbox.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findHead, findNumber, findSealedEntry, type SealedEntry } from '../../shared/ledger/sealed.ts'
import type { ObjectKey } from '../../shared/ports.ts'
import { Crash, faultsFrom, faulty, type Schedule } from '../faults.ts'
import { openTestWorld, type TestWorld } from '../records/world.ts'
import { overwrite } from './sealed-log.ts'
import { openTurnstile, runTogether, turning } from './turnstile.ts'

describe('a sealer that dies', () => {
  test.each([1, 2, 3])(
    'at any write of sealing %i, in any way, loses nothing and doubles nothing',
    async (size) => {
      const writes = await countWrites(size)
      expect(writes).toBeGreaterThan(4)
      for (const faults of everyDeath(writes, size)) {
        await withWorld([0], async (world) => {
          await commit(world, idsOf(size))
          await expect(sealPending(faulty(world, faultsFrom(faults)))).rejects.toThrow(Crash)
          await sealPending(world)
          await expectSealed(world, idsOf(size), faults)
        })
      }
    },
  )

  test('leaves its batch as it was, whatever is committed before the next one comes', async () => {
    const writes = await countWrites(2)
    for (const faults of everyDeath(writes, 2)) {
      await withWorld([0], async (world) => {
        await commit(world, ['b', 'c'])
        await expect(sealPending(faulty(world, faultsFrom(faults)))).rejects.toThrow(Crash)
        const before = await readSealed(world)
        // Sorts before what is waiting
        await commit(world, ['a'])
        await sealPending(world)
        await expectSealed(world, ['a', 'b', 'c'], faults)
        expect((await readSealed(world)).slice(0, before.length)).toEqual(before)
      })
    }
  })

  test('twice, at any two writes, loses nothing and doubles nothing', async () => {
    const deaths = everyDeath(await countWrites(2), 2)
    for (const first of deaths) {
      for (const second of deaths) {
        await withWorld([0], async (world) => {
          await commit(world, ['a', 'b'])
          for (const faults of [first, second]) {
            await sealPending(faulty(world, faultsFrom(faults))).catch(expectCrash)
          }
          await sealPending(world)
          await expectSealed(world, ['a', 'b'], { first, second })
        })
      }
    }
  })
})

describe('a staged batch', () => {
  const damages = [
    ['gone', () => undefined],
    ['cut off', (body: Uint8Array) => body.subarray(0, -7)],
    ['empty', () => new Uint8Array()],
    [
      'of other bytes',
      (body: Uint8Array) => Buffer.from(Buffer.from(body).toString('utf8').replace('"a"', '"x"')),
    ],
  ] as const

  /** A world whose sealer died at a write, and whose staged batch was damaged then. */
  async function withDamage(
    { crashAt, mode }: Required<Pick<Schedule, 'crashAt' | 'mode'>>,
    damage: (body: Uint8Array) => Uint8Array | undefined,
    work: (world: TestWorld) => Promise<void>,
  ): Promise<void> {
    await withWorld([0], async (world) => {
      await commit(world, ['a', 'b'])
      await expect(sealPending(faulty(world, faultsFrom({ crashAt, mode })))).rejects.toThrow(Crash)
      const key = await onlyBatch(world)
      const body = damage((await world.objects.find(key))?.body ?? new Uint8Array())
      await world.objects.remove(key)
      if (body !== undefined) await world.objects.put(key, body, 'absent')
      await work(world)
    })
  }

  // The second write is the swap of the head: before it nothing is numbered, after it the batch is
  const before = { crashAt: 2, mode: 'failed' } as const
  const after = { crashAt: 2, mode: 'stored' } as const

  test.each(damages)('that is %s is staged again from the outbox, wherever that dies', async (_, damage) => {
    for (const died of [before, after]) {
      const faults = faultsFrom()
      await withDamage(died, damage, async (world) => void (await sealPending(faulty(world, faults))))
      for (const death of everyDeath(faults.writes, 2)) {
        await withDamage(died, damage, async (world) => {
          await sealPending(faulty(world, faultsFrom(death))).catch(expectCrash)
          await sealPending(world)
          await expectSealed(world, ['a', 'b'], { died, death })
          const { body } = (await world.objects.find(await onlyBatch(world))) ?? {}
          expect(JSON.parse(Buffer.from(body ?? []).toString('utf8'))).toMatchObject([
            { id: 'a' },
            { id: 'b' },
          ])
        })
      }
    }
  })

  test.each(damages)(
    'that is %s is named where others wait among it, and nothing takes its place',
    async (how, damage) => {
      const code = how === 'gone' ? 'BATCH_MISSING' : 'BATCH_CORRUPT'
      await withDamage(after, damage, async (world) => {
        await commit(world, ['aa'])
        const { path } = await nameOfHead(world)
        for (let time = 0; time < 2; time++) {
          await expect(sealPending(world)).rejects.toMatchObject({
            ...{ code, retryable: false, facts: { size: 2, batch: path } },
          })
        }
        expect(await readSealed(world)).toEqual([])
      })
    },
  )

  test('that was lost goes on once it is put back', async () => {
    let staged = new Uint8Array()
    const taking = (body: Uint8Array) => {
      staged = Uint8Array.from(body)
      return undefined
    }
    await withDamage(after, taking, async (world) => {
      await commit(world, ['aa'])
      await expect(sealPending(world)).rejects.toMatchObject({ code: 'BATCH_MISSING' })
      await world.objects.put(await nameOfHead(world), staged, 'absent')
      await sealPending(world)
      await expectSealed(world, ['a', 'b', 'aa'], {})
    })
  })

  test('that somebody else stages at the same time is tried again', async () => {
    await withDamage(
      before,
      (body) => body.subarray(1),
      async (world) => {
        // The first write is refused as there is something; the second as that is something else by now
        const contended = sealPending(faulty(world, faultsFrom({ conflictAt: [2] })))
        await expect(contended).rejects.toMatchObject({ code: 'BATCH_CONTENDED', retryable: true })
        await sealPending(world)
        await expectSealed(world, ['a', 'b'], {})
      },
    )
  })

  async function nameOfHead({ store }: TestWorld): Promise<ObjectKey> {
    return { area: 'batches', path: (await findHead(store)).head.batch }
  }

  async function onlyBatch({ objects }: TestWorld): Promise<ObjectKey> {
    const [key, ...more] = await Array.fromAsync(objects.list({ area: 'batches', path: '' }))
    if (key === undefined || more.length > 0) throw new Error('not one batch')
    return key
  }
})

test('a log that is not what its head says takes no further entry', async () => {
  await withWorld([0], async (world) => {
    await commit(world, ['a'])
    await sealPending(world)
    await commit(world, ['b'])
    await expect(sealPending(faulty(world, faultsFrom({ crashAt: 2, mode: 'stored' })))).rejects.toThrow(
      Crash,
    )
    await overwrite(world, 'tile/0/000.p/1', new Uint8Array(32))
    await expect(sealPending(world)).rejects.toMatchObject({
      code: 'LEDGER_ROOT_DIFFERS',
      facts: { size: 2 },
    })
  })
})

describe('several sealers', () => {
  const aRace = fc.record({
    sealers: fc.integer({ min: 2, max: 3 }),
    turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 60, size: 'max' }),
    late: fc.nat(2),
    deaths: fc.array(
      fc.record({
        crashAt: fc.integer({ min: 1, max: 8 }),
        mode: fc.constantFrom('failed' as const, 'stored' as const, 'partial' as const),
        keep: fc.nat(2),
      }),
      { maxLength: 2 },
    ),
  })

  test('at once, with entries still coming in and some of them dying, number each entry once', async () => {
    await fc.assert(
      fc.asyncProperty(aRace, async ({ sealers, turns, late, deaths }) => {
        await withWorld([0], async (world) => {
          await commit(world, ['b', 'c'])
          const turnstile = openTurnstile(turns)
          const lives = Array.from({ length: sealers }, (_, at) =>
            sealPending(faulty(turning(world, turnstile), faultsFrom(deaths[at]))).catch(expectCrash),
          )
          const newcomers = ['a', 'd'].slice(0, late)
          await runTogether(turnstile, [...lives, commit(turning(world, turnstile), newcomers)])
          await sealPending(world)
          await expectSealed(world, ['b', 'c', ...newcomers], { turns })
        })
      }),
      { numRuns: 300 },
    )
  })

  test('that lose the race number nothing, and tell so', async () => {
    await withWorld([0], async (world) => {
      await commit(world, ['a'])
      // The second write is the swap of the head
      expect(await sealPending(faulty(world, faultsFrom({ conflictAt: [2] })))).toBe(0)
      expect(await readSealed(world)).toEqual([])
      expect(await sealPending(world)).toBe(1)
      await expectSealed(world, ['a'], {})
    })
  })
})

describe('the numbers', () => {
  test('follow the time of the entries, and their ids where it is the same', async () => {
    await withWorld([0], async (world) => {
      await commit(world, ['c', 'a'], instantOf(2_000))
      await commit(world, ['b'], instantOf(1_000))
      expect(await sealPending(world)).toBe(3)
      expect((await readSealed(world)).map(({ id }) => id)).toEqual(['b', 'a', 'c'])
    })
  })

  test('of one batch go on where the last one ended, however late an older entry comes', async () => {
    await withWorld([0], async (world) => {
      await commit(world, ['late'], instantOf(2_000))
      await sealPending(world)
      await commit(world, ['early'], instantOf(1_000))
      await sealPending(world)
      expect((await readSealed(world)).map(({ id }) => id)).toEqual(['late', 'early'])
    })
  })

  test('are given to nothing when nothing waits', async () => {
    await withWorld([0], async (world) => {
      expect(await sealPending(world)).toBe(0)
      expect((await findHead(world.store)).head.size).toBe(0)
    })
  })

  test('are given once, though a command is repeated after its entry was sealed', async () => {
    await withWorld([0], async (world) => {
      await commit(world, ['a'])
      await sealPending(world)
      await commit(world, ['a'])
      expect(await sealPending(world)).toBe(0)
      await expectSealed(world, ['a'], {})
    })
  })
})

test('the time of sealing never runs backwards, whatever the clock does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 8 }), async (clock) => {
      await withWorld(clock, async (world) => {
        for (const at of clock.keys()) {
          await commit(world, [`e${at}`])
          await sealPending(world)
        }
        const times = (await readSealed(world)).map(({ sealedAt }) => sealedAt)
        expect(times).toHaveLength(clock.length)
        expect(times).toEqual(times.toSorted())
      })
    }),
    { numRuns: 50 },
  )
})

async function withWorld(clock: readonly number[], work: (world: TestWorld) => Promise<void>): Promise<void> {
  const world = openTestWorld(clock)
  await work(world).finally(() => world.close())
}

function idsOf(size: number): readonly string[] {
  return ['a', 'b', 'c'].slice(0, size)
}

async function commit(
  { store }: Pick<TestWorld, 'store'>,
  ids: readonly string[],
  at: Instant = instantOf(0),
): Promise<void> {
  for (const id of ids) await store.commit([], { id, kind: 'test', at, payload: { id } })
}

async function countWrites(size: number): Promise<number> {
  const faults = faultsFrom()
  await withWorld([0], async (world) => {
    await commit(world, idsOf(size))
    await sealPending(faulty(world, faults))
  })
  return faults.writes
}

function everyDeath(writes: number, size: number): readonly Schedule[] {
  return Array.from({ length: writes }, (_, at) => at + 1).flatMap((crashAt) => [
    { crashAt, mode: 'failed' as const },
    { crashAt, mode: 'stored' as const },
    // Of the index twice as many items are written as there are entries
    ...Array.from({ length: 2 * size - 1 }, (_, at) => ({ crashAt, mode: 'partial' as const, keep: at + 1 })),
  ])
}

function expectCrash(fault: unknown): void {
  expect(fault).toBeInstanceOf(Crash)
}

async function readSealed({ store }: TestWorld): Promise<readonly SealedEntry[]> {
  const entries: SealedEntry[] = []
  for (;;) {
    const entry = await findSealedEntry(store, entries.length)
    if (entry === undefined) return entries
    entries.push(entry)
  }
}

/** Each entry has one number, its payload and its message; nothing waits any more. */
async function expectSealed(world: TestWorld, ids: readonly string[], context: object): Promise<void> {
  const told = JSON.stringify(context)
  const sealed = await readSealed(world)
  expect(sealed.map(({ id }) => id).toSorted(), told).toEqual(ids.toSorted())
  expect(sealed.map(({ number }) => number)).toEqual([...ids.keys()])
  for (const { id, number, payload } of sealed) {
    expect(payload).toEqual({ id })
    expect(await findNumber(world.store, id)).toBe(number)
    expect(world.queues.sealed.log, told).toContainEqual({ number })
  }
  expect((await findHead(world.store)).head, told).toMatchObject({ size: ids.length, phase: 'idle' })
  for await (const item of listPending(world.store, 2)) expect.fail(`${item.key.sort} still waits ${told}`)
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findApplied, listTouched } from '../../shared/records/applied.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { SUBMISSION_ENTRY } from '../../shared/records/entry.ts'
import { encodePart } from '../../shared/records/part.ts'
import type { FactRecord } from '../../shared/records/record.ts'
import { listStanding } from '../../shared/records/store.ts'
import { advanceWatermark, findWatermark } from '../../shared/records/watermark.ts'
import { Crash, faultsFrom, faulty, type Schedule } from '../faults.ts'
import { commitRecords } from './held.ts'
import { codeOf, openTestWorld, type TestWorld } from './world.ts'

const parts = [[recordOf(1, 'a'), recordOf(1, 'b')], [recordOf(2, 'c')]]

describe('an applier that dies', () => {
  test('at any write, in any way, is made good by the next one: every record, counted once', async () => {
    const faults = faultsFrom()
    await withSealed([parts], async (world) => applyEntry(faulty(world, faults), 0))
    expect(faults.writes).toBe(4)
    for (const death of everyDeath(faults.writes)) {
      await withSealed([parts], async (world) => {
        await expect(applyEntry(faulty(world, faultsFrom(death)), 0)).rejects.toThrow(Crash)
        // Died after its very last write: all is applied, and nobody need come again
        const whole = death.crashAt === faults.writes && death.mode !== 'failed' && death.keep !== 1
        expect(await findWatermark(world.store), JSON.stringify(death)).toBe(whole ? 1 : 0)
        await applyEntry(world, 0)
        expect(await findApplied(world.store, 0, 2), JSON.stringify(death)).toEqual({ new: 3, known: 0 })
        expect(world.recordItems()).toHaveLength(3)
        expect(await findWatermark(world.store)).toBe(1)
      })
    }
  })
})

describe('a submission that is too much for one', () => {
  const many = Array.from({ length: 101 }, (_, n) => [recordOf(n % 7, `document-${n}`)])
  const stretches = [
    { from: 0, to: 50 },
    { from: 50, to: 100 },
    { from: 100, to: 101 },
  ]

  test('is handed on whole, in stretches', async () => {
    await withSealed([many], async (world) => {
      const handed: unknown[] = []
      await applyEntry(world, 0, { handOn: async (all) => void handed.push(...all) })
      expect(handed).toEqual(stretches)
      expect(world.recordItems()).toEqual([])
    })
  })

  test('comes to the same by its stretches, in any order and any number of times, and counts once all are in', async () => {
    const whole = await withSealed([many], async (world) => {
      await applyEntry(world, 0)
      return held(world)
    })
    const order = fc.shuffledSubarray([...stretches, ...stretches], { minLength: 6 })
    await fc.assert(
      fc.asyncProperty(order, async (turns) => {
        await withSealed([many], async (world) => {
          const missing = new Set(stretches)
          for (const parts of turns) {
            await applyEntry(world, 0, { parts })
            missing.delete(parts)
            expect(await findWatermark(world.store)).toBe(missing.size === 0 ? 1 : 0)
          }
          expect(held(world)).toEqual(whole)
          expect(await findApplied(world.store, 0, many.length)).toEqual({ new: many.length, known: 0 })
        })
      }),
      { numRuns: 5 },
    )
  })

  test('is handed on again where handing on broke off; one of fifty parts is not handed on', async () => {
    await withSealed([many, many.slice(0, 50)], async (world) => {
      const fault = new Error('the queue is busy')
      await expect(applyEntry(world, 0, { handOn: () => Promise.reject(fault) })).rejects.toBe(fault)
      expect(await findWatermark(world.store)).toBe(0)
      await applyEntry(world, 1, { handOn: () => Promise.reject(fault) })
      expect(await findApplied(world.store, 1, 50)).toEqual({ new: 50, known: 0 })
    })
  })
})

describe('applying', () => {
  test('twice changes nothing', async () => {
    await withSealed([parts], async (world) => {
      await applyEntry(world, 0)
      const before = world.recordItems()
      await applyEntry(world, 0)
      expect(world.recordItems()).toEqual(before)
      expect(await findApplied(world.store, 0, 2)).toEqual({ new: 3, known: 0 })
    })
  })

  test('the later entry first gives the same records; only which of them was new is another', async () => {
    await withSealed([parts, [parts[0] ?? []]], async (world) => {
      await applyEntry(world, 1)
      await applyEntry(world, 0)
      expect(await findApplied(world.store, 1, 1)).toEqual({ new: 2, known: 0 })
      expect(await findApplied(world.store, 0, 2)).toEqual({ new: 1, known: 2 })
      const { subject } = recordOf(1, 'a')
      expect(await listStanding(world.store, subject, 1)).toHaveLength(2)
    })
  })

  test('tells which subjects the entries touched, from the first included to the last left out', async () => {
    await withSealed([[parts[0] ?? []], [parts[1] ?? []]], async (world) => {
      await applyEntry(world, 0)
      await applyEntry(world, 1)
      const [first, second] = [`org#${codeOf(1)}`, `org#${codeOf(2)}`]
      expect([...(await listTouched(world.store, 0, 1))]).toEqual([first])
      expect([...(await listTouched(world.store, 1, 2))]).toEqual([second])
      expect([...(await listTouched(world.store, 0, 2))]).toEqual([first, second])
      expect([...(await listTouched(world.store, 2, 9))]).toEqual([])
    })
  })

  test('an entry without a number is a fault that may pass', async () => {
    await withSealed([], async (world) => {
      await expect(applyEntry(world, 0)).rejects.toMatchObject({ code: 'ENTRY_NOT_SEALED', retryable: true })
    })
  })

  test('a part that is gone from the archive is a fault, and holds the watermark', async () => {
    await withSealed([parts], async (world) => {
      for await (const key of world.objects.list({ area: 'archive', path: '' }))
        await world.objects.remove(key)
      await expect(applyEntry(world, 0)).rejects.toMatchObject({ code: 'ARCHIVE_PART_MISSING' })
      expect(await findWatermark(world.store)).toBe(0)
    })
  })

  test('a part whose bytes are not those its name tells is a fault, and none of it is applied', async () => {
    await withSealed([[[recordOf(1, 'a')]]], async (world) => {
      for await (const key of world.objects.list({ area: 'archive', path: '' })) {
        await world.objects.remove(key)
        await world.objects.put(key, encodePart([]).body, 'absent')
      }
      const fault = { code: 'ARCHIVE_PART_CORRUPT', retryable: false }
      await expect(applyEntry(world, 0)).rejects.toMatchObject(fault)
      expect(world.recordItems()).toEqual([])
    })
  })
})

describe('the watermark', () => {
  test('stands before the first entry that is not applied, whatever is applied beyond it', async () => {
    await withSealed([parts, parts, parts], async (world) => {
      const marks: number[] = []
      for (const number of [1, 2, 0]) {
        await applyEntry(world, number)
        marks.push(await advanceWatermark(world.store))
      }
      expect(marks).toEqual([0, 0, 3])
    })
  })

  test('passes entries that have nothing to apply', async () => {
    await withSealed([], async (world) => {
      await world.store.commit([], { id: 'other', kind: 'case-submitted', at: world.now(), payload: null })
      await world.store.commit([], {
        id: 'empty',
        kind: SUBMISSION_ENTRY,
        at: world.now(),
        payload: { parts: [] },
      })
      await sealPending(world)
      expect(await findWatermark(world.store)).toBe(2)
    })
  })

  test('is the same whether its stored mark was moved, was never moved, or the mover died', async () => {
    for (const mode of ['failed', 'stored'] as const) {
      await withSealed([parts, parts], async (world) => {
        await applyEntry(world, 0)
        await advanceWatermark(world.store)
        await applyEntry(world, 1)
        const dying = faulty(world, faultsFrom({ crashAt: 1, mode }))
        await expect(advanceWatermark(dying.store)).rejects.toThrow(Crash)
        expect(await findWatermark(world.store)).toBe(2)
        expect(await advanceWatermark(world.store)).toBe(2)
      })
    }
  })

  test('is answered though another worker was first to store it', async () => {
    await withSealed([parts], async (world) => {
      await applyEntry(world, 0)
      const second = faulty(world, faultsFrom({ conflictAt: [1] }))
      expect(await advanceWatermark(second.store)).toBe(1)
    })
  })
})

/** A world whose ledger holds one sealed submission for each list of parts. */
async function withSealed<T>(
  submissions: readonly (readonly (readonly FactRecord[])[])[],
  work: (world: TestWorld) => Promise<T>,
): Promise<T> {
  const world = openTestWorld()
  try {
    for (const [at, parts] of submissions.entries()) {
      const submission = { authority: 'authority-0', submissionId: `s${at}`, sentAt: world.now(), parts }
      await commitRecords(world, submission)
    }
    await sealPending(world)
    return await work(world)
  } finally {
    world.close()
  }
}

/** Every record item, in an order of its own. */
function held(world: TestWorld): readonly string[] {
  return world
    .recordItems()
    .map((item) => JSON.stringify(item))
    .sort()
}

function everyDeath(writes: number): readonly Schedule[] {
  return Array.from({ length: writes }, (_, at) => at + 1).flatMap((crashAt) => [
    { crashAt, mode: 'failed' as const },
    { crashAt, mode: 'stored' as const },
    { crashAt, mode: 'partial' as const, keep: 1 },
  ])
}

function recordOf(organisation: number, document: string): FactRecord {
  return {
    type: 'licence',
    authority: 'authority-0',
    subject: { kind: 'uscc', value: codeOf(organisation) },
    otherIdentifiers: [],
    document,
    revision: '',
    layout: 'test@1',
    facts: {
      subjectName: '示例有限公司',
      documentNumber: document,
      decidedOn: '2026-01-05' as never,
      licensingAuthority: '示例局',
    },
  }
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { breaks } from './breaks.ts'
import { holdsDrained, holdsMidway } from './promises.ts'
import { aSchedule, play, stages } from './schedule.ts'

const checks = { midway: holdsMidway, drained: holdsDrained }

test('whatever is sent, however often, in whatever order, and wherever a process dies, the records are what the ledger tells', async () => {
  await fc.assert(
    fc.asyncProperty(aSchedule, (schedule) => play(schedule, checks)),
    { numRuns: 300 },
  )
})

describe('the same schedules show it when', () => {
  test.each(breaks)('$mistake', async ({ stages: broken, caught }) => {
    const property = fc.asyncProperty(aSchedule, (schedule) =>
      play(schedule, checks, { ...stages, ...broken }),
    )
    const found = await fc.check(property, { seed: 20261123, numRuns: 3000, endOnFailure: true })
    expect(found.failed).toBe(true)
    expect(String(found.errorInstance)).toMatch(caught)
  })
})

import { describe, expect, test } from 'vitest'
import { commitDraft } from '../../shared/ingest/accept.ts'
import type { Layout } from '../../shared/ingest/layouts/layout.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { type Replayed, type ReplayOrder, replayBy, replaySubmission } from '../../shared/ingest/replay.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findLedgerSize, findSealedEntry } from '../../shared/ledger/sealed.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { orderErasure } from '../../shared/records/erase.ts'
import { listStanding } from '../../shared/records/store.ts'
import { mappings } from '../records/mappings.ts'
import { deliveryOf, type Statement } from '../records/schedule.ts'
import { codeOf, openTestWorld, type TestWorld } from '../records/world.ts'
import { readAll } from './archive-text.ts'

const [asItIs, refusing, folding] = mappings
/** Two documents of one organisation, the second reported with two values. */
const rows: readonly Statement[] = [
  { subject: 0, document: 0, value: 0 },
  { subject: 0, document: 1, value: 1 },
  { subject: 0, document: 1, value: 0 },
]

async function openHeld(): Promise<TestWorld> {
  const world = openTestWorld()
  await receiveSubmission(
    world,
    deliveryOf({ authority: 0, id: 0, layout: 'penalty-2018', sentAtMinute: 0, rows }),
  )
  for (const draft of world.queues.inbox.log) await commitDraft(world, draft)
  await settle(world)
  return world
}

async function settle(world: TestWorld): Promise<void> {
  await sealPending(world)
  for (const message of world.queues.sealed.log)
    await applyEntry(world, (message as { number: number }).number)
}

async function replay(
  world: TestWorld,
  mapping = asItIs,
  dryRun = false,
  time: Pick<ReplayOrder, 'hasTime'> = {},
): Promise<Replayed> {
  const entry = await findSealedEntry(world.store, 0)
  if (entry === undefined) throw new Error('no entry')
  const order = { entry, by: 'operator', dryRun, ...time }
  const replayed = await (mapping === asItIs
    ? replaySubmission(world, order)
    : replayBy(world, order, mapped(mapping)))
  if (!dryRun) await settle(world)
  return replayed
}

function mapped(mapping = asItIs): Layout {
  return mapping?.('penalty-2018') ?? expect.fail('no layout')
}

async function contents(world: TestWorld): Promise<readonly unknown[]> {
  const size = await findLedgerSize(world.store)
  const standing = await listStanding(world.store, { kind: 'uscc', value: codeOf(1) }, size)
  return standing
    .map(({ record, sighting }) => [
      record.document,
      (record.facts as { content?: string }).content,
      sighting.row,
    ])
    .toSorted()
}

const before = [
  ['示罚(2026)0号', '罚款 0', 0],
  ['示罚(2026)1号', '罚款 0', 2],
]

describe('a submission whose rows are read again', () => {
  test('by the same mapping comes to nothing else, and nothing is written', async () => {
    const world = await openHeld()
    expect(await replay(world)).toMatchObject({ outcome: 'unchanged', report: { unchanged: 3, changed: 0 } })
    expect(await findLedgerSize(world.store)).toBe(1)
    expect(await contents(world)).toEqual(before)
    world.close()
  })

  test('for which there is no time is as if it had not been: at whichever row, and in whichever run', async () => {
    const world = await openHeld()
    for (let left = 0; left < rows.length; left++) {
      for (const dryRun of [true, false]) {
        let seen = 0
        const time = { hasTime: () => seen++ < left }
        expect(await replay(world, folding, dryRun, time)).toEqual({ outcome: 'too-large' })
      }
      expect(await findLedgerSize(world.store)).toBe(1)
      expect(await contents(world)).toEqual(before)
    }
    expect(await replay(world, folding, false, { hasTime: () => true })).toMatchObject({
      outcome: 'replayed',
    })
    world.close()
  })

  test('by another one has its records replaced, in the place of their rows, and is told of by an entry', async () => {
    const world = await openHeld()
    const { outcome, report } = (await replay(world, folding)) as Replayed & { report: object }
    expect(outcome).toBe('replayed')
    expect(report).toMatchObject({ changed: 2, repeated: 1, unchanged: 0, differences: { content: 2 } })
    expect(report).toMatchObject({ layout: 'penalty-2018@2', authority: 'authority-0', submissionId: 's0' })
    expect(await contents(world)).toEqual([
      ['示罚(2026)0号', '罚款', 0],
      ['示罚(2026)1号', '罚款', 1],
    ])
    expect(await findSealedEntry(world.store, 1)).toMatchObject({
      kind: 'submission-replayed',
      payload: {
        submissionId: 's0',
        number: 0,
        follows: 'submission:authority-0:s0',
        changed: 2,
        by: 'operator',
      },
    })
    world.close()
  })

  test('loses the records that a mapping refuses, with the reason, and has them again by one that takes them', async () => {
    const world = await openHeld()
    expect(await replay(world, refusing)).toMatchObject({
      report: { refused: 2, unchanged: 1, reasons: { FIELD_VALUE_UNKNOWN: 2 } },
    })
    expect(await contents(world)).toEqual([['示罚(2026)1号', '罚款 1', 1]])
    expect(await replay(world, asItIs)).toMatchObject({ outcome: 'replayed', report: { accepted: 2 } })
    expect(await contents(world)).toEqual(before)
    world.close()
  })

  test('is read again however often, and only the first time writes', async () => {
    const world = await openHeld()
    await replay(world, folding)
    expect(await replay(world, folding)).toMatchObject({ outcome: 'unchanged' })
    expect(await findLedgerSize(world.store)).toBe(2)
    world.close()
  })

  test('is compared first, of which nothing is written and no value is told', async () => {
    const world = await openHeld()
    const objects = await readAll(world)
    const compared = await replay(world, folding, true)
    expect(compared).toMatchObject({ outcome: 'compared', report: { changed: 2 } })
    expect(JSON.stringify(compared)).not.toMatch(/罚款|示例|YY/)
    expect(await readAll(world)).toEqual(objects)
    expect(await findLedgerSize(world.store)).toBe(1)
    world.close()
  })

  test('waits while it, or its last replay, is not sealed', async () => {
    const world = await openHeld()
    const entry = await findSealedEntry(world.store, 0)
    if (entry === undefined) expect.fail('no entry')
    const order = { entry, by: 'operator', dryRun: false }
    expect(await replayBy(world, order, mapped(folding))).toMatchObject({ outcome: 'replayed' })
    expect(await replayBy(world, order, mapped(folding))).toEqual({ outcome: 'pending' })
    world.close()
  })
})

describe('what is erased', () => {
  const order = { entry: 'submission:authority-0:s0', reason: 'An objection was upheld', by: 'operator' }

  test('is gone from the row it came of and from all that replays made of it', async () => {
    const world = await openHeld()
    await replay(world, folding)
    await orderErasure(world, { ...order, rows: [0] })
    await settle(world)
    expect(await contents(world)).toEqual([['示罚(2026)1号', '罚款', 1]])
    expect((await readAll(world)).join()).not.toContain('示罚〔2026〕0号')
    expect(await replay(world, asItIs)).toMatchObject({ report: { missing: 1 } })
    expect((await readAll(world)).join()).not.toContain('示罚〔2026〕0号')
    world.close()
  })

  test.each([
    ['a row', { rows: [0] }, [['示罚(2026)1号', '罚款', 1]]],
    ['the whole', {}, []],
  ])('as %s does not come back by a replay that had read it before', async (_, choice, left) => {
    for (const isReplayFirst of [true, false]) {
      const world = await openHeld()
      const entry = await findSealedEntry(world.store, 0)
      if (entry === undefined) expect.fail('no entry')
      const replaying = () => replayBy(world, { entry, by: 'operator', dryRun: false }, mapped(folding))
      if (isReplayFirst) await replaying()
      await orderErasure(world, { ...order, ...choice })
      await sealPending(world)
      if (!isReplayFirst) await replaying()
      await settle(world)
      expect(await contents(world)).toEqual(left)
      expect((await readAll(world)).join()).not.toContain('示罚〔2026〕0号')
      world.close()
    }
  })

  test('is told of by the submission, not by its replay', async () => {
    const world = await openHeld()
    const replayed = await replay(world, folding)
    const entry = 'entryId' in replayed ? replayed.entryId : ''
    expect(await orderErasure(world, { ...order, entry })).toEqual({ outcome: 'not-erasable' })
    world.close()
  })
})

import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { commitDraft } from '../../shared/ingest/accept.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { findEvidence, verifyEvidence } from '../../shared/ledger/evidence.ts'
import { entryKey } from '../../shared/ledger/outbox.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { verifierKey } from '../../shared/ledger/verifier-key.ts'
import { findApplied, listTouched } from '../../shared/records/applied.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { orderErasure } from '../../shared/records/erase.ts'
import { findWatermark } from '../../shared/records/watermark.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { deliveryOf, type Submission } from './schedule.ts'
import { codeOf, openTestWorld, type TestWorld } from './world.ts'

const reason = 'An objection of the organisation concerned was upheld'
const order = { reason, by: 'operator' }
const shared = { subject: 0, document: 0, value: 1 }
const other = { subject: 1, document: 1, value: 2 }

/** Two submissions that share a record, applied. */
async function openHeld(): Promise<TestWorld> {
  const world = openTestWorld()
  await send(world, { id: 0, rows: [shared, other] })
  await send(world, { id: 1, rows: [shared] })
  return world
}

async function send(world: TestWorld, submission: Pick<Submission, 'id' | 'rows'>): Promise<void> {
  await accept(world, submission)
  await settle(world)
}

async function accept(world: TestWorld, { id, rows }: Pick<Submission, 'id' | 'rows'>): Promise<void> {
  await receiveSubmission(
    world,
    deliveryOf({ authority: 0, id, layout: 'penalty-2018', sentAtMinute: id, rows }),
  )
  for (const draft of world.queues.inbox.log) await commitDraft(world, draft)
}

async function settle(world: TestWorld): Promise<void> {
  await sealPending(world)
  for (const message of world.queues.sealed.log)
    await applyEntry(world, (message as { number: number }).number)
}

const firstEntry = 'submission:authority-0:s0'

describe('a record that is erased', () => {
  test('is gone from the records and from every part of the archive that held it; the others stay', async () => {
    const world = await openHeld()
    expect(await archiveText(world)).toContain('罚款 1')
    const erased = await orderErasure(world, { ...order, entry: firstEntry, rows: [0] })
    expect(erased).toMatchObject({ outcome: 'erased', records: 1 })
    await settle(world)
    expect(world.recordItems().map(({ partition }) => partition)).toEqual([`org#${codeOf(2)}`])
    expect(await archiveText(world)).not.toContain('罚款 1')
    expect(await archiveText(world)).toContain('罚款 2')
    expect([...(await listTouched(world.store, 2, 3))]).toEqual([`org#${codeOf(1)}`])
    expect(await findWatermark(world.store)).toBe(3)
    world.close()
  })

  test('does not come back when the records are computed again, and is counted as missing', async () => {
    const world = await openHeld()
    await orderErasure(world, { ...order, entry: firstEntry, rows: [0] })
    await settle(world)
    const again = openTestWorld()
    const rebuilt = { ...world, store: { ...again.store, find: world.store.find } }
    await applyEntry({ ...rebuilt, store: { ...rebuilt.store, find: findButApplied(world) } }, 0)
    expect(again.recordItems().map(({ partition }) => partition)).toEqual([`org#${codeOf(2)}`])
    expect(await findApplied(again.store, 0, 1)).toEqual({ new: 1, known: 0, erased: 1 })
    again.close()
    world.close()
  })

  test.each(
    (['failed', 'stored'] as const).flatMap((mode) => [
      { mode, rows: [0], others: ['罚款 2'] },
      { mode, rows: undefined, others: [] },
    ]),
  )(
    'by an order that $mode as its author died is erased by the next, which is told of once (rows $rows)',
    async ({ mode, rows, others }) => {
      const world = await openHeld()
      const wanted = { ...order, entry: firstEntry, ...(rows && { rows }) }
      const dying = faulty(world, faultsFrom({ crashAt: 1, mode }))
      await expect(orderErasure(dying, wanted)).rejects.toThrow(Crash)
      expect(await orderErasure(world, wanted)).toMatchObject({ outcome: 'erased' })
      expect(await sealPending(world)).toBe(1)
      await settle(world)
      const text = await archiveText(world)
      expect(text).not.toContain('罚款 1')
      for (const other of others) expect(text).toContain(other)
      expect(world.recordItems()).toHaveLength(others.length)
      world.close()
    },
  )

  test('is erased in whole however often, and wherever, whoever applies it dies', async () => {
    const writes = await countWrites()
    expect(writes).toBeGreaterThan(3)
    for (let crashAt = 1; crashAt <= writes; crashAt++) {
      for (const mode of ['failed', 'stored', 'partial'] as const) {
        const world = await openHeld()
        await orderErasure(world, { ...order, entry: firstEntry, rows: [0] })
        await sealPending(world)
        await applyEntry(faulty(world, faultsFrom({ crashAt, mode })), 2).catch((fault) =>
          expect(fault).toBeInstanceOf(Crash),
        )
        await applyEntry(world, 2)
        expect(world.recordItems()).toHaveLength(1)
        expect(await archiveText(world)).not.toContain('罚款 1')
        expect(await findApplied(world.store, 2, 1), `${crashAt} ${mode}`).toEqual({
          new: 0,
          known: 0,
          erased: 1,
        })
        world.close()
      }
    }
  })
})

describe('a record that was sent again', () => {
  test('before its erasure, and sealed, is erased there too when that is applied, in whatever order', async () => {
    const world = await openHeld()
    await accept(world, { id: 2, rows: [shared] })
    await sealPending(world)
    await orderErasure(world, { ...order, entry: firstEntry, rows: [0] })
    await sealPending(world)
    await expect(applyEntry(world, 3)).rejects.toMatchObject({ code: 'ERASURE_AHEAD', retryable: true })
    expect(await archiveText(world)).toContain('罚款 1')
    await settle(world)
    expect(world.recordItems().map(({ partition }) => partition)).toEqual([`org#${codeOf(2)}`])
    expect(await archiveText(world)).not.toContain('罚款 1')
    expect(await findApplied(world.store, 3, 1)).toEqual({ new: 0, known: 0, erased: 1 })
    world.close()
  })

  test('after its erasure is a report of its own, and stays, whichever is applied first', async () => {
    for (const numbers of [
      [2, 3],
      [3, 2],
    ]) {
      const world = await openHeld()
      await orderErasure(world, { ...order, entry: firstEntry, rows: [0] })
      await accept(world, { id: 2, rows: [shared, { subject: 1, document: 2, value: 3 }] })
      await sealPending(world)
      for (const number of numbers) await applyEntry(world, number)
      const held = world.recordItems().map(({ partition }) => partition)
      expect(held.toSorted()).toEqual([1, 2, 2].map((n) => `org#${codeOf(n)}`))
      // In the record and in the row it came of
      expect((await archiveText(world)).split('罚款 1')).toHaveLength(3)
      world.close()
    }
  })
})

describe('an entry that is erased', () => {
  test('leaves a leaf that proves it was there, and nothing of what it said', async () => {
    const world = await openHeld()
    const before = await findEvidence(world, firstEntry)
    expect(before).toMatchObject({ opening: { payload: { submissionId: 's0' } } })
    expect(await orderErasure(world, { ...order, entry: firstEntry })).toMatchObject({ records: 2 })
    await settle(world)
    const stored = await world.store.find(entryKey(firstEntry))
    expect(Object.keys(stored?.value ?? {}).toSorted()).toEqual([
      'at',
      'commitment',
      'erasedBy',
      'id',
      'kind',
    ])
    expect(world.recordItems()).toEqual([])
    const evidence = await findEvidence(world, firstEntry)
    if (evidence === undefined || evidence === 'pending') expect.fail('no evidence')
    expect(evidence.opening).toBeUndefined()
    const { origin } = world.settings.ledger
    const keys = [verifierKey(origin, 'ed25519', world.signer.verifierKey)]
    expect(verifyEvidence(evidence, { origin, keys, witnesses: [] })).toMatchObject({
      ...{ outcome: 'verified', number: 0, opened: false },
    })
    world.close()
  })

  test('is told of by an entry that says who ordered it and why', async () => {
    const world = await openHeld()
    const { erasure } = (await orderErasure(world, { ...order, entry: firstEntry })) as { erasure: string }
    await settle(world)
    expect(await findEvidence(world, erasure)).toMatchObject({
      kind: 'entry-erased',
      opening: { payload: { entry: firstEntry, whole: true, reason, by: 'operator' } },
    })
    expect(await orderErasure(world, { ...order, entry: erasure })).toEqual({ outcome: 'not-erasable' })
    world.close()
  })
})

test.each([
  ['that there is not', { entry: 'submission:authority-0:s9' }, 'unknown'],
  ['a row of which there is not', { entry: firstEntry, rows: [2] }, 'no-such-rows'],
])('an entry %s can not be erased', async (_, choice, outcome) => {
  const world = await openHeld()
  expect(await orderErasure(world, { ...order, ...choice })).toEqual({ outcome })
  world.close()
})

test('an entry that is not applied yet can not be erased: its records might be added behind it', async () => {
  const world = openTestWorld()
  await receiveSubmission(
    world,
    deliveryOf({ authority: 0, id: 0, layout: 'penalty-2018', sentAtMinute: 0, rows: [shared] }),
  )
  await commitDraft(world, world.queues.inbox.log[0])
  expect(await orderErasure(world, { ...order, entry: firstEntry })).toEqual({ outcome: 'not-applied' })
  await sealPending(world)
  expect(await orderErasure(world, { ...order, entry: firstEntry })).toEqual({ outcome: 'not-applied' })
  world.close()
})

async function countWrites(): Promise<number> {
  const world = await openHeld()
  const faults = faultsFrom()
  await orderErasure(world, { ...order, entry: firstEntry, rows: [0] })
  await sealPending(world)
  await applyEntry(faulty(world, faults), 2)
  world.close()
  return faults.writes
}

/** What the archive says, in clear. */
async function archiveText({ objects }: TestWorld): Promise<string> {
  const texts: string[] = []
  for await (const key of objects.list({ area: 'archive', path: 'parts' })) {
    texts.push(zstdDecompressSync((await objects.find(key))?.body ?? '').toString('utf8'))
  }
  return texts.join('')
}

// The ledger as it is, the records as if nothing had been applied yet
function findButApplied({ store }: TestWorld): TestWorld['store']['find'] {
  return async (key) => (key.partition.startsWith('applied#') ? undefined : store.find(key))
}

import { describe, expect, test } from 'vitest'
import { sha256 } from '../../shared/base/digest.ts'
import type { Instant } from '../../shared/base/instant.ts'
import { carryOutEntry, type Reply } from '../../shared/ingest/deliver.ts'
import { deliveredReceiptSchema } from '../../shared/ingest/delivered-receipt.ts'
import { findProgress, findReceipt } from '../../shared/ingest/receipt.ts'
import { parseCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { verifyEvidence } from '../../shared/ledger/evidence.ts'
import { parseNote } from '../../shared/ledger/note.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findLedgerSize } from '../../shared/ledger/sealed.ts'
import { verifierKeyOf } from '../../shared/ledger/signature.ts'
import { orderErasure } from '../../shared/records/erase.ts'
import { advanceWatermark } from '../../shared/records/watermark.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import type { TestWorld } from '../records/world.ts'
import { recordsDelivery, rows, take, withWorld } from './sample.ts'

const layout = 'penalty-2018'
const statements = [0, 1, 2].map((n) => ({ ...rows[layout], CF_WSH: `示罚〔2026〕${n}号` }))
const REPLIES = 'arn:aws:sqs:eu-west-1:111122223333:replies'
const sent = (submissionId: string, of = layout) => recordsDelivery(statements, { layout: of, submissionId })

async function delivered(world: TestWorld, submissionId: string): Promise<string | undefined> {
  const key = { area: 'receipts', path: `authority-0/${submissionId}.json` } as const
  const found = await world.objects.find(key)
  return found && Buffer.from(found.body).toString('utf8')
}

/** The same world, whose first authority has a reply queue. */
function replying<W extends TestWorld>(world: W): W {
  const authorities = world.settings.authorities.map((each, n) =>
    n === 0 ? { ...each, replyQueueArn: REPLIES } : each,
  )
  return { ...world, settings: { ...world.settings, authorities } }
}

describe('a delivered receipt', () => {
  test('is the stored one with evidence that holds, in canonical JSON', async () => {
    await withWorld(async (world) => {
      await take(world, sent('s1'))
      await take(world, sent('s2', 'no-such-layout'))
      await sealPending(world)
      for (const number of [0, 1]) await carryOutEntry(world, number)
      const key = verifierKeyOf({ name: world.settings.ledger.origin, signer: world.signer })
      const trust = { origin: key.name, keys: [key], witnesses: [] }
      for (const id of ['s1', 's2']) {
        const text = (await delivered(world, id)) ?? ''
        const { receipt, evidence } = deliveredReceiptSchema.parse(JSON.parse(text))
        expect(receipt).toEqual(await findReceipt(world.store, 'authority-0', id))
        expect(verifyEvidence(evidence, trust)).toMatchObject({ outcome: 'verified', opened: true })
        expect(evidence.opening?.payload).toMatchObject({ submissionId: id })
      }
    })
  })

  test('is the same byte for byte whenever it is made, however the log has grown since', async () => {
    await withWorld(async (world) => {
      await take(world, sent('s1'))
      await sealPending(world)
      await carryOutEntry(world, 0)
      const first = await delivered(world, 's1')
      // Past a full tile, whose partial files are gone by then
      for (let n = 0; n < 300; n++) {
        const entry = { id: `other:${n}`, kind: 'other', at: world.now(), payload: n }
        await world.store.commit([], entry)
        if (n % 100 === 0) await sealPending(world)
      }
      await sealPending(world)
      await world.objects.remove({ area: 'receipts', path: 'authority-0/s1.json' })
      await carryOutEntry(world, 0)
      expect(await delivered(world, 's1')).toBe(first)
      const { evidence } = deliveredReceiptSchema.parse(JSON.parse(first ?? ''))
      expect(sizeIn(evidence.proof)).toBe(1)
    })
  })

  test('is proven at the size that the log had with its batch', async () => {
    await withWorld(async (world) => {
      for (const id of ['s1', 's2', 's3']) await take(world, sent(id))
      await sealPending(world)
      await take(world, sent('s4'))
      await sealPending(world)
      for (let number = 0; number < 4; number++) await carryOutEntry(world, number)
      const sizes = await Promise.all(
        ['s1', 's2', 's3', 's4'].map(async (id) =>
          sizeIn(deliveredReceiptSchema.parse(JSON.parse((await delivered(world, id)) ?? '')).evidence.proof),
        ),
      )
      expect(sizes).toEqual([3, 3, 3, 4])
    })
  })

  test('comes though its records cannot be applied, and is no reason not to apply them', async () => {
    await withWorld(async (world) => {
      await take(world, sent('s1'))
      await sealPending(world)
      const fault = new Error('no such part')
      const noArchive = { ...world.objects, find: failing(world.objects.find, 'archive', fault) }
      await expect(carryOutEntry({ ...world, objects: noArchive }, 0)).rejects.toBe(fault)
      expect(await delivered(world, 's1')).toBeDefined()
    })
    await withWorld(async (world) => {
      const { draft } = await take(world, sent('s1'))
      await sealPending(world)
      const fault = new Error('no room')
      const noReceipts = { ...world.objects, put: failing(world.objects.put, 'receipts', fault) }
      await expect(carryOutEntry({ ...world, objects: noReceipts }, 0)).rejects.toBe(fault)
      expect((await findProgress(world.store, draft)).applied).toEqual({ new: 3, known: 0 })
    })
  })

  test('is taken away with the entry that it shows, and does not come back', async () => {
    await withWorld(async (world) => {
      await take(world, sent('s1'))
      await take(world, sent('s2'))
      await sealPending(world)
      for (const number of [0, 1]) await carryOutEntry(world, number)
      await advanceWatermark(world.store)
      const entry = 'submission:authority-0:s1'
      const rowsAlone = { entry: 'submission:authority-0:s2', rows: [0], reason: 'upheld', by: 'operator' }
      await orderErasure(world, rowsAlone)
      await orderErasure(world, { entry, reason: 'An objection was upheld', by: 'operator' })
      await sealPending(world)
      for (const number of [2, 3]) {
        await carryOutEntry(world, number)
        await advanceWatermark(world.store)
      }
      expect(await delivered(world, 's1')).toBeUndefined()
      expect(await delivered(world, 's2')).toBeDefined()
      await carryOutEntry(world, 0)
      expect(await delivered(world, 's1')).toBeUndefined()
    })
  })

  test('is there for submissions alone', async () => {
    await withWorld(async (world) => {
      const entry = { id: 'submission:authority-0:s1', kind: 'other', at: world.now() as Instant, payload: 1 }
      await world.store.commit([], entry)
      await sealPending(world)
      await carryOutEntry(world, 0)
      expect(await delivered(world, 's1')).toBeUndefined()
    })
  })
})

describe('a reply', () => {
  test('goes to the queue of its authority, if that has one, and names the bytes delivered', async () => {
    await withWorld(async (plain) => {
      const world = replying(plain)
      const replies: [string, Reply][] = []
      await take(world, sent('s1'))
      await take(world, sent('s2', 'no-such-layout'))
      const other = world.settings.authorities[1]
      await take(world, { ...sent('s3'), ...(other && { authority: other }) })
      await sealPending(world)
      for (const number of [0, 1, 2]) {
        await carryOutEntry(world, number, {
          sendReply: async (arn, reply) => void replies.push([arn, reply]),
        })
      }
      expect(replies.map(([arn, { submissionId }]) => [arn, submissionId]).toSorted()).toEqual([
        [REPLIES, 's1'],
        [REPLIES, 's2'],
      ])
      const bySubmission = Object.fromEntries(replies.map(([, reply]) => [reply.submissionId, reply]))
      expect(bySubmission['s1']).toMatchObject({ received: 3, accepted: 3, refused: 0 })
      expect(bySubmission['s1']?.receipt).toEqual({
        key: 'receipts/authority-0/s1.json',
        sha256: sha256((await delivered(world, 's1')) ?? ''),
      })
      expect(bySubmission['s2']).toMatchObject({ received: 0, refusal: 'LAYOUT_UNKNOWN' })
    })
  })

  test('that cannot be sent is owed still, and sent once no matter how often its entry is tried after', async () => {
    await withWorld(async (plain) => {
      const world = replying(plain)
      await take(world, sent('s1'))
      await sealPending(world)
      const fault = new Error('throttled')
      await expect(carryOutEntry(world, 0, { sendReply: () => Promise.reject(fault) })).rejects.toBe(fault)
      let replies = 0
      for (let time = 0; time < 3; time++)
        await carryOutEntry(world, 0, { sendReply: async () => void replies++ })
      expect(replies).toBe(1)
    })
  })
})

test.each(['failed', 'stored'] as const)(
  'a death at any write (%s) while an entry is carried out leaves nothing undone, and says nothing twice in other words',
  async (mode) => {
    const expected = await withWorld((world) => carryOut(world, faultsFrom()))
    expect(expected).toMatchObject({ applied: { new: 3, known: 0 }, replies: [expect.any(String)] })
    expect(expected.writes).toBeGreaterThan(3)
    for (let crashAt = 1; crashAt <= expected.writes; crashAt++) {
      const ended = await withWorld((world) => carryOut(world, faultsFrom({ crashAt, mode })))
      expect({ crashAt, applied: ended.applied }).toEqual({ crashAt, applied: expected.applied })
      const { receipt, evidence } = deliveredReceiptSchema.parse(JSON.parse(ended.receipt ?? ''))
      expect(receipt).toEqual(deliveredReceiptSchema.parse(JSON.parse(expected.receipt ?? '')).receipt)
      expect(evidence.number).toBe(0)
      // At least once, and word for word
      expect(new Set(ended.replies).size).toBe(1)
      expect(JSON.parse(ended.replies[0] ?? '')).toMatchObject({
        receipt: { sha256: sha256(ended.receipt ?? '') },
      })
    }
  },
)

/** Carries an entry out, by a process that the faults befall and then by another. */
async function carryOut(plain: TestWorld, faults: ReturnType<typeof faultsFrom>) {
  const world = replying(plain)
  const { draft } = await take(world, sent('s1'))
  await sealPending(world)
  const replies: string[] = []
  const reply = async (_: string, told: Reply) => void replies.push(JSON.stringify(told))
  const first = carryOutEntry(faulty(world, faults), 0, { sendReply: reply })
  if (faults.schedule.crashAt === undefined) await first
  else {
    await expect(first).rejects.toThrow(Crash)
    await carryOutEntry(world, 0, { sendReply: reply })
  }
  expect(await findLedgerSize(world.store)).toBe(1)
  const { applied } = await findProgress(world.store, draft)
  return { applied, replies, receipt: await delivered(world, 's1'), writes: faults.writes }
}

function failing<Key extends { readonly area: string }, Rest extends unknown[], T>(
  work: (key: Key, ...rest: Rest) => Promise<T>,
  area: string,
  fault: Error,
): (key: Key, ...rest: Rest) => Promise<T> {
  return (key, ...rest) => (key.area === area ? Promise.reject(fault) : work(key, ...rest))
}

/** The size of the tree that a tlog-proof is against. */
function sizeIn(proof: string): number {
  const note = parseNote(Buffer.from(proof.slice(proof.indexOf('\n\n') + 2)))
  const read = note.outcome === 'parsed' ? parseCheckpoint(note.note.text) : note
  if (read.outcome === 'refused') throw new Error(read.code)
  return read.checkpoint.size
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../shared/base/canonical.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { instantOf } from '../../shared/base/instant.ts'
import { buryDraft } from '../../shared/ingest/accept.ts'
import { findProgress, findReceipt } from '../../shared/ingest/receipt.ts'
import { showRecords } from '../../shared/ingest/shown-records.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findSealedEntry } from '../../shared/ledger/sealed.ts'
import type { ObjectKey } from '../../shared/ports.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { orderErasure } from '../../shared/records/erase.ts'
import { PART_RECORD_LIMIT } from '../../shared/records/part.ts'
import { advanceWatermark } from '../../shared/records/watermark.ts'
import { policySchema } from '../../shared/settings.ts'
import { mth } from '../ledger/definition.ts'
import { codeOf } from '../records/world.ts'
import { csvOf, recordsDelivery, rows, streamOf, take, takeFile, takeRecords, withWorld } from './sample.ts'

const layout = 'penalty-2018'
const row = rows[layout]
const good = (n: number) => ({ ...row, CF_WSH: `示罚〔2026〕${n}号` })
/** Pass as codes and as resident IDs; division 999999 does not exist. */
const ambiguous = ['99999919730101006X', '99999919600101040X'] as const
const refused = { ...row, CF_JDRQ: 'yesterday' }

/** The root as RFC 6962 defines it, over the records as they lie in the archive. */
function plainRoot(records: readonly unknown[]): string {
  const digests = records.map((record) => Buffer.from(sha256(canonicalJson(record as Json)), 'hex'))
  return mth(digests).toString('hex')
}

test('the records’ root of a receipt is the Merkle root over the digests of the records kept, in their order', async () => {
  const sent = fc.array(fc.oneof(fc.nat(9).map(good), fc.constant(refused)), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(sent, async (statements) => {
      const { draft, records } = await takeRecords(statements, { layout })
      expect(draft.accepted + draft.unresolved).toBe(records.length)
      expect(draft.recordsRoot).toBe(plainRoot(records))
    }),
    { numRuns: 40 },
  )
})

test('the records’ root goes on from part to part', async () => {
  const statements = Array.from({ length: PART_RECORD_LIMIT + 300 }, (_, n) => good(n))
  const { draft, records } = await takeRecords(statements, { layout })
  expect(draft.parts).toHaveLength(2)
  expect(draft.recordsRoot).toBe(plainRoot(records))
})

describe('whoever has a file', () => {
  const file = (...statements: readonly object[]) =>
    csvOf([Object.keys(row), ...statements.map((each) => Object.values(each))])
  const readable = (text: string) => ({ format: 'csv' as const, open: () => streamOf(Buffer.from(text)) })
  const of = (CF_XDR_SHXYM: string) => ({ ...row, CF_XDR_SHXYM })
  const receiptOf = async (text: string, policy = {}) =>
    (await takeFile(text, 'csv', { layout, policy })).draft

  test('can hold it against the records’ root of a receipt, and no other file', async () => {
    const text = file(good(1), refused, good(2), good(1))
    const receipt = await receiptOf(text)
    expect(receipt).toMatchObject({ accepted: 2, repeated: 1, refused: 1 })
    expect(await showRecords(receipt, readable(text))).toBe('shown')
    for (const other of [
      file(good(1), refused),
      file(good(2), good(1)),
      file(good(1), refused, good(3)),
      'none',
    ])
      expect(await showRecords(receipt, readable(other))).toBe('differ')
    expect(await showRecords({ ...receipt, authority: 'authority-1' }, readable(text))).not.toBe('shown')
  })

  test.each([
    ['nothing besides', {}],
    ['individual businesses', { admitIndividualBusinesses: true }],
    ['a code that passes as a resident ID too', { ambiguousCodes: ambiguous.slice(0, 1) }],
    ['both', { admitIndividualBusinesses: true, ambiguousCodes: ambiguous.slice(0, 1) }],
  ])('can do so where the policy admitted %s', async (_, policy) => {
    const text = file(good(1), of(codeOf(1, '92')), of(ambiguous[0]), good(2))
    expect(await showRecords(await receiptOf(text, policy), readable(text))).toBe('shown')
    const other = file(good(1), of(codeOf(1, '92')), of(ambiguous[0]), good(3))
    expect(await showRecords(await receiptOf(text, policy), readable(other))).toBe('differ')
  })

  test('is told no untruth where the policy admitted one such code and not the other', async () => {
    const text = file(good(1), ...ambiguous.map(of))
    for (const [admitted, shown] of [
      [[], 'shown'],
      [ambiguous, 'shown'],
      [ambiguous.slice(1), 'not-shown'],
    ] as const) {
      const receipt = await receiptOf(text, { ambiguousCodes: admitted })
      expect(await showRecords(receipt, readable(text))).toBe(shown)
    }
  })

  test('is told no untruth where it is what was sent, and was read otherwise', async () => {
    const text = file(good(1))
    const receipt = { ...(await receiptOf(text)), recordsRoot: sha256('') }
    expect(await showRecords(receipt, readable(text))).toBe('not-shown')
    expect(await showRecords(receipt, readable(file(good(2))))).toBe('differ')
  })

  test('is told where the receipt is by another version of the layout, or has no root', async () => {
    const text = file(good(1))
    const receipt = await receiptOf(text)
    expect(await showRecords({ ...receipt, layout: `${layout}@99` }, readable(text))).toBe('layout-changed')
    expect(await showRecords(await receiptOf('none'), readable('none'))).toBe('no-root')
  })
})

test('corrections may come until so many days after the day of receipt in China', async () => {
  const cases = [
    // 23:59 and midnight in China
    ['2026-06-01T15:59:59.999Z', 11, '2026-06-12'],
    ['2026-06-01T16:00:00.000Z', 11, '2026-06-13'],
    ['2026-06-01T00:00:00.000Z', 1, '2026-06-02'],
    ['2026-12-31T00:00:00.000Z', 366, '2028-01-01'],
  ] as const
  for (const [at, correctionDays, until] of cases) {
    await withWorld(
      async (world) => {
        const then = { ...world, now: () => instantOf(Date.parse(at)) }
        const sentAt = '2026-05-01T00:00:00Z'
        const { draft } = await take(then, recordsDelivery([row], { layout, sentAt }))
        expect(draft.correctionsUntil).toBe(until)
        const { draft: whole } = await take(
          then,
          recordsDelivery([row], { layout: 'unknown', submissionId: 's2', sentAt }),
        )
        expect(whole).toMatchObject({ refusal: { code: 'LAYOUT_UNKNOWN' }, correctionsUntil: until })
      },
      { correctionDays },
    )
  }
})

test('the entry says both, and the stored receipt keeps both though the policy changes', async () => {
  await withWorld(async (world) => {
    const { draft } = await take(world, recordsDelivery([good(1), good(2)], { layout }))
    await sealPending(world)
    const { recordsRoot, correctionsUntil } = draft
    expect((await findSealedEntry(world.store, 0))?.payload).toMatchObject({ recordsRoot, correctionsUntil })
    const later = {
      ...world,
      settings: { ...world.settings, policy: policySchema.parse({ correctionDays: 1 }) },
    }
    await expect(take(later, recordsDelivery([good(1), good(2)], { layout }))).rejects.toThrow('was repeated')
    expect(await findReceipt(world.store, 'authority-0', 's1')).toEqual(draft)
  })
})

test('a submission that died has no records’ root, whatever had been read of it', async () => {
  await withWorld(async (world) => {
    const { draft } = await takeRecords([row], { layout })
    await buryDraft(world, draft)
    const receipt = await findReceipt(world.store, 'authority-0', 's1')
    expect(receipt).toMatchObject({ refusal: { code: 'SUBMISSION_DEAD' }, parts: [] })
    expect(receipt).not.toHaveProperty('recordsRoot')
    expect(receipt?.correctionsUntil).toBe(draft.correctionsUntil)
  })
})

test('the status counts the parts applied, and is final once: neither repeats nor an erasure take it back', async () => {
  await withWorld(async (world) => {
    const statements = Array.from({ length: 2 * PART_RECORD_LIMIT + 1 }, (_, n) => good(n))
    const { draft } = await take(world, recordsDelivery(statements, { layout }))
    const seen: (readonly [parts: number, isApplied: boolean])[] = []
    const look = async () => {
      const { parts, applied } = await findProgress(world.store, draft)
      expect(parts.of).toBe(3)
      seen.push([parts.applied, applied !== undefined])
    }
    const looking = {
      ...world,
      objects: {
        ...world.objects,
        find: async (key: ObjectKey) => {
          await look()
          return world.objects.find(key)
        },
      },
    }
    await look()
    await sealPending(world)
    await applyEntry(looking, 0)
    await look()
    await advanceWatermark(world.store)
    await orderErasure(world, { entry: draft.entryId, rows: [0], reason: 'upheld', by: 'operator' })
    await sealPending(world)
    for (const number of [1, 0, 1]) {
      await applyEntry(world, number)
      await advanceWatermark(world.store)
      await look()
    }
    expect(seen).toEqual([
      ...[0, 0, 1, 2].map((parts) => [parts, false]),
      ...[3, 3, 3, 3].map((parts) => [parts, true]),
    ])
    expect((await findProgress(world.store, draft)).applied).toEqual({ new: statements.length, known: 0 })
  })
})

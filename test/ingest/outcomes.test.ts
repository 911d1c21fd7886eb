import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../shared/base/digest.ts'
import { openDigestSet } from '../../shared/ingest/digest-set.ts'
import {
  type OutcomesReference,
  type OutcomesWanted,
  openOutcomes,
  outcomes,
  outcomesKey,
  type RecordOutcome,
  type RecordResult,
  readOutcomes,
} from '../../shared/ingest/outcomes.ts'
import { refusalReasons } from '../../shared/ingest/refusal.ts'
import { openMemoryObjects } from '../memory-objects.ts'

const aResult = fc.constantFrom<RecordResult>(
  ...(['accepted', 'repeated', 'unresolved'] as const),
  { code: 'DATE_INVALID', path: '/XK_JDRQ' },
  { code: 'DATE_INVALID', path: '/XK_YXQZ' },
  { code: 'ROW_SHAPE', path: '' },
)

/** What is read back of outcomes that were stored in chunks ending at the places given. */
async function stored(results: readonly RecordResult[], ends: ReadonlySet<number> = new Set()) {
  const objects = openMemoryObjects()
  const list = openOutcomes()
  const chunks: OutcomesReference[] = []
  const put = async () => {
    const chunk = list.take()
    if (chunk === undefined) return
    await objects.put(outcomesKey(chunk.reference.sha256), chunk.body, 'absent')
    chunks.push(chunk.reference)
  }
  for (const [at, result] of results.entries()) {
    list.add(result)
    if (ends.has(at) || list.isFull()) await put()
  }
  await put()
  const read = (wanted?: OutcomesWanted) => readOutcomes(objects, { outcomes: chunks }, wanted)
  return { read, chunks, counts: list.counts }
}

function told(result: RecordResult, index: number): RecordOutcome {
  if (typeof result === 'string') return { index, outcome: result }
  const { code, path } = result
  return { index, outcome: 'refused', code, path: `/records/${index}${path}`, reason: refusalReasons[code] }
}

describe('the outcomes of a submission', () => {
  const aList = fc.array(aResult, { maxLength: 40 })
  const ends = fc.uniqueArray(fc.nat(40)).map((places) => new Set(places))

  test('are read back as they were, wherever their chunks end', async () => {
    await fc.assert(
      fc.asyncProperty(aList, ends, async (results, places) => {
        const { read, counts } = await stored(results, places)
        const expected = results.map(told)
        expect(await read()).toEqual({ records: expected })
        expect(counts.received).toBe(results.length)
        for (const outcome of outcomes) {
          expect(counts[outcome]).toBe(expected.filter((each) => each.outcome === outcome).length)
        }
      }),
    )
  })

  test('come by pages, each telling where the next begins, and none if nothing is left', async () => {
    const aWish = fc.record({
      from: fc.nat(45),
      limit: fc.integer({ min: 1, max: 12 }),
      wanted: fc.option(fc.subarray([...outcomes]), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(aList, ends, aWish, async (results, places, { from, limit, wanted }) => {
        const { read } = await stored(results, places)
        const pages: RecordOutcome[][] = []
        for (let next: number | undefined = from; next !== undefined; ) {
          const page = await read({ from: next, limit, outcomes: wanted })
          pages.push([...page.records])
          next = page.next
        }
        const later = results.map(told).filter((each) => each.index >= from)
        const expected = later.filter((each) => wanted?.includes(each.outcome) ?? true)
        expect(pages.flat()).toEqual(expected)
        expect(pages).toHaveLength(Math.max(1, Math.ceil(expected.length / limit)))
      }),
    )
  })

  test('of ten million records that come to the same take next to nothing', async () => {
    const list = openOutcomes()
    let bytes = 0
    let chunks = 0
    for (let at = 0; at < 10_000_000; at++) {
      list.add(at % 1_000_000 === 17 ? { code: 'DATE_INVALID', path: '/XK_JDRQ' } : 'accepted')
      if (!list.isFull()) continue
      bytes += list.take()?.body.length ?? 0
      chunks++
    }
    expect(chunks).toBe(100)
    expect(bytes).toBeLessThan(10_000)
    expect(list.take()).toBeUndefined()
    expect(list.counts).toMatchObject({ received: 10_000_000, refused: 10 })
  })
})

describe('a set of digests', () => {
  test('tells what it holds as a Set does, however it grows', () => {
    const set = openDigestSet()
    const seen = new Set<string>()
    for (let at = 0; at < 100_000; at++) {
      const digest = sha256(String(at % 70_000))
      expect(set.add(digest)).toBe(!seen.has(digest))
      seen.add(digest)
    }
  })

  test('holds the digests that begin with zeros, and those that differ in one part alone', () => {
    const set = openDigestSet()
    const digests = ['0', '1'].flatMap((a) =>
      ['0', '1'].flatMap((b) =>
        ['0', '1'].map((c) => `${a.padStart(8, '0')}${b.padStart(8, '0')}${c.padEnd(48, '0')}`),
      ),
    ) as Parameters<typeof set.add>[0][]
    // The first word of zeros is taken for one: four of the eight are as good as the other four
    expect(digests.map((digest) => set.add(digest)).filter(Boolean)).toHaveLength(4)
    for (const digest of digests) expect(set.add(digest)).toBe(false)
  })

  test('of a million takes some 20 MB', () => {
    const before = process.memoryUsage().arrayBuffers
    const set = openDigestSet()
    for (let at = 0; at < 1_000_000; at++) set.add(sha256(String(at)))
    expect(set.add(sha256('0'))).toBe(false)
    // The last table, and the ones before it that may still be there
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000)
  })
})

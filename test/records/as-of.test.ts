import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../shared/base/canonical.ts'
import type { Instant } from '../../shared/base/instant.ts'
import type { Item } from '../../shared/ports.ts'
import { standingRecords } from '../../shared/records/as-of.ts'
import { parseSightingMark, recordDigest, recordKey, sightingMark } from '../../shared/records/keys.ts'
import type { FactRecord } from '../../shared/records/record.ts'
import { codeOf } from './world.ts'

/** One revision of one document and where it was seen. */
type Seen = {
  readonly value: string
  readonly mark?: string
  readonly sent?: number
  readonly entry?: number
  readonly row?: number
}

describe('of two revisions of a document the one stands that has', () => {
  test.each<[string, Seen, Seen]>([
    [
      'the greater revision mark, though it was sent earlier',
      { value: 'a', mark: '2', sent: 1 },
      { value: 'b', mark: '1', sent: 2 },
    ],
    [
      'the greater revision mark, though it was sealed earlier',
      { value: 'a', mark: '2', entry: 0 },
      { value: 'b', mark: '1', entry: 1 },
    ],
    [
      'a revision mark where the other has none',
      { value: 'a', mark: '1', sent: 1 },
      { value: 'b', mark: '', sent: 2 },
    ],
    [
      'the later sentAt under the same revision mark',
      { value: 'a', mark: '1', sent: 2 },
      { value: 'b', mark: '1', sent: 1 },
    ],
    [
      'the later sentAt, though it was sealed earlier',
      { value: 'a', sent: 2, entry: 0 },
      { value: 'b', sent: 1, entry: 1 },
    ],
    ['the later entry where both were sent at once', { value: 'a', entry: 10 }, { value: 'b', entry: 9 }],
    [
      'the later entry, though its row stands higher',
      { value: 'a', entry: 1, row: 0 },
      { value: 'b', entry: 0, row: 9 },
    ],
    ['the later row of one submission', { value: 'a', row: 10 }, { value: 'b', row: 9 }],
  ])('%s', (_, winner, loser) => {
    for (const seen of [
      [winner, loser],
      [loser, winner],
    ]) {
      expect(valuesStanding(seen, 100)).toEqual([winner.value])
    }
  })
})

describe('as of a ledger size', () => {
  test('an entry beyond it is not known: entry n is in from size n + 1 on', () => {
    const seen = [{ value: 'a', entry: 4 }]
    expect(valuesStanding(seen, 4)).toEqual([])
    expect(valuesStanding(seen, 5)).toEqual(['a'])
    expect(valuesStanding(seen, 0)).toEqual([])
  })

  test('a value that flips back stands again, and at each size what stood then', () => {
    const seen = [
      { value: 'a', sent: 1, entry: 0 },
      { value: 'b', sent: 2, entry: 1 },
      { value: 'a', sent: 3, entry: 2 },
    ]
    expect([1, 2, 3].map((size) => valuesStanding(seen, size))).toEqual([['a'], ['b'], ['a']])
  })

  test("yesterday's file that arrives after today's changes nothing", () => {
    const seen = [
      { value: 'today', sent: 2, entry: 0 },
      { value: 'yesterday', sent: 1, entry: 1 },
    ]
    expect([1, 2].map((size) => valuesStanding(seen, size))).toEqual([['today'], ['today']])
  })

  test('the sighting that is told is the one that makes the record stand', () => {
    const items = itemsOf([
      { value: 'a', sent: 3, entry: 1 },
      { value: 'a', sent: 1, entry: 2 },
      { value: 'a', sent: 4, entry: 9 },
    ])
    expect(standingRecords(items, 5)[0]?.sighting).toEqual({ entry: 1, row: 0, sentAt: sentAt(3) })
  })

  test('two documents, types, authorities or subjects do not contend', () => {
    const records = [
      statement({ value: 'a' }),
      { ...statement({ value: 'b' }), document: '示罚〔2026〕2号' },
      { ...statement({ value: 'c' }), authority: 'another' },
    ]
    const items = records.map((record) => itemOf(record, [{ value: '' }]))
    expect(standingRecords(items, 1)).toHaveLength(3)
  })
})

test('what stands does not hang on the order in which items and sightings are read', () => {
  const aSeen = fc.record({
    value: fc.constantFrom('a', 'b', 'c'),
    sent: fc.nat(2),
    entry: fc.nat(5),
    row: fc.nat(3),
  })
  const some = fc.uniqueArray(aSeen, { maxLength: 12, selector: ({ entry, row }) => `${entry} ${row}` })
  const both = some.chain((seen) =>
    fc.tuple(fc.constant(seen), fc.shuffledSubarray(seen, { minLength: seen.length }), fc.nat(6)),
  )
  fc.assert(
    fc.property(both, ([seen, shuffled, size]) => {
      expect(standingRecords(itemsOf(shuffled), size)).toEqual(standingRecords(itemsOf(seen), size))
    }),
  )
})

test('a sighting survives its mark, and marks of one item sort by entry and row', () => {
  const aSighting = fc.record({ entry: fc.nat(), row: fc.nat(99_999_999), sent: fc.nat(1_000) })
  fc.assert(
    fc.property(aSighting, aSighting, (left, right) => {
      const [a, b] = [left, right].map(({ entry, row, sent }) => ({ entry, row, sentAt: sentAt(sent) }))
      if (a === undefined || b === undefined) return
      expect(parseSightingMark(sightingMark(a))).toEqual(a)
      const byNumber = a.entry - b.entry || a.row - b.row
      if (byNumber !== 0) expect(sightingMark(a) < sightingMark(b)).toBe(byNumber < 0)
    }),
  )
})

function valuesStanding(seen: readonly Seen[], size: number): readonly string[] {
  return standingRecords(itemsOf(seen), size).map(({ record }) => String(record.facts['remarks' as never]))
}

function itemsOf(seen: readonly Seen[]): readonly Item[] {
  const byText = new Map<string, readonly Seen[]>()
  for (const each of seen) {
    const text = canonicalJson(statement(each))
    byText.set(text, [...(byText.get(text) ?? []), each])
  }
  const items = [...byText].map(([text, some]) => itemOf(JSON.parse(text), some))
  return items.sort((a, b) => (a.key.sort < b.key.sort ? -1 : 1))
}

function itemOf(record: FactRecord, seen: readonly Seen[]): Item {
  const marks = seen.map(({ entry = 0, row = 0, sent = 0 }) =>
    sightingMark({ entry, row, sentAt: sentAt(sent) }),
  )
  return {
    key: recordKey(record, recordDigest(record)),
    value: canonicalJson(record),
    revision: 1,
    marks: marks.toSorted(),
  }
}

function statement({ value, mark = '' }: Pick<Seen, 'value' | 'mark'>): FactRecord {
  return {
    type: 'penalty',
    authority: 'authority-0',
    subject: { kind: 'uscc', value: codeOf(1) },
    otherIdentifiers: [],
    document: '示罚〔2026〕1号',
    revision: mark,
    layout: 'test@1',
    facts: {
      subjectName: '示例有限公司',
      documentNumber: '示罚〔2026〕1号',
      kinds: ['罚款'],
      decidedOn: '2026-01-05' as never,
      penaltyAuthority: '示例局',
      remarks: value,
    },
  }
}

function sentAt(minute: number): Instant {
  return new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() as Instant
}

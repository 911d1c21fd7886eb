import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../shared/base/canonical.ts'
import type { Instant } from '../../shared/base/instant.ts'
import type { Item } from '../../shared/ports.ts'
import { standingRecords } from '../../shared/records/as-of.ts'
import {
  parseSightingMark,
  recordDigest,
  recordKey,
  sightingMark,
  withdrawalDocument,
} from '../../shared/records/keys.ts'
import type { FactRecord } from '../../shared/records/record.ts'
import { parseLine, standingByDefinition, type Told } from './oracle.ts'
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

describe('of a document that was withdrawn', () => {
  const stated = { value: 'a', mark: '2', sent: 1, entry: 0 }

  test.each<[string, Seen[], readonly string[]]>([
    ['nothing stands that was sent before', [{ value: 'b', mark: '9', sent: 4, entry: 9 }], []],
    [
      'nothing stands that was sent at once, but sealed before',
      [{ value: 'b', mark: '2', sent: 5, entry: 2 }],
      [],
    ],
    [
      'nothing stands of the same submission that stands above',
      [{ value: 'b', mark: '2', sent: 5, entry: 3, row: 4 }],
      [],
    ],
    ['what was sent after it stands', [{ value: 'b', mark: '2', sent: 6, entry: 1 }], ['b']],
    [
      'what was sent at once and sealed after it stands',
      [{ value: 'b', mark: '2', sent: 5, entry: 4 }],
      ['b'],
    ],
    [
      'what stands below it in one submission stands',
      [{ value: 'b', mark: '2', sent: 5, entry: 3, row: 6 }],
      ['b'],
    ],
    [
      'what has a lesser revision mark than was known does not, though it was sent after',
      [{ value: 'b', mark: '1', sent: 6, entry: 4 }],
      [],
    ],
    ['what has a greater one does', [{ value: 'b', mark: '3', sent: 6, entry: 4 }], ['b']],
    [
      'of two that came after, the one with the greater mark stands',
      [
        { value: 'b', mark: '3', sent: 6, entry: 4 },
        { value: 'c', mark: '2', sent: 7, entry: 5 },
      ],
      ['b'],
    ],
  ])('%s', (_, others, expected) => {
    const seen = [stated, ...others]
    const taken = withdrawn('withdrawal', { sent: 5, entry: 3, row: 5 })
    expect(valuesOf([...itemsOf(seen), taken], 100)).toEqual(expected)
    expect(valuesOf([taken, ...itemsOf(seen.toReversed())], 100)).toEqual(expected)
  })

  test('the same stated again after it stands again, unless it was repaired', () => {
    const again = itemsOf([stated, { ...stated, sent: 6, entry: 4 }])
    const place = { sent: 5, entry: 3 }
    expect(valuesOf([...again, withdrawn('withdrawal', place)], 100)).toEqual(['a'])
    expect(valuesOf([...again, withdrawn('correction', place)], 100)).toEqual(['a'])
    expect(valuesOf([...again, withdrawn('repair', place)], 100)).toEqual([])
  })

  test('as it was repaired, nothing of it stands however it is written, unless its revision mark is greater', () => {
    const repair = withdrawn('repair', { sent: 5, entry: 3 })
    const again = (change: Partial<Seen>) => itemsOf([stated, { ...stated, sent: 6, entry: 4, ...change }])
    expect(valuesOf([...again({}), repair], 100)).toEqual([])
    expect(valuesOf([...again({ value: 'b' }), repair], 100)).toEqual([])
    expect(valuesOf([...again({ value: 'b', mark: '1' }), repair], 100)).toEqual([])
    expect(valuesOf([...again({ value: 'b', mark: '3' }), repair], 100)).toEqual(['b'])
  })

  test.each([
    ['', []],
    ['2026-01-01', []],
    ['2026-01-02', ['b']],
  ])(
    'repaired before it was first stated, of %j only what was decided after that day stands',
    (mark, expected) => {
      const repair = withdrawn('repair', { sent: 5, entry: 3 })
      const late = { ...stated, mark, sent: 6, entry: 4 }
      expect(valuesOf([...itemsOf([{ ...late, value: 'b' }]), repair], 100)).toEqual(expected)
      expect(valuesOf([...itemsOf([late, { ...late, value: 'b', sent: 9, entry: 9 }]), repair], 100)).toEqual(
        expected,
      )
      const withdrawal = withdrawn('withdrawal', { sent: 5, entry: 3 })
      expect(valuesOf([...itemsOf([late]), withdrawal], 100)).toEqual(['a'])
    },
  )

  test('what was repaired stands again once the repair was withdrawn by a correction and it is stated again', () => {
    const notices = [
      withdrawn('repair', { sent: 5, entry: 3 }),
      withdrawn('correction', { sent: 7, entry: 5 }),
    ]
    const seen = [stated, { ...stated, sent: 6, entry: 4 }]
    expect(valuesOf([...itemsOf(seen), ...notices], 100)).toEqual([])
    expect(valuesOf([...itemsOf([...seen, { ...stated, sent: 8, entry: 6 }]), ...notices], 100)).toEqual([
      'a',
    ])
  })

  test('to be corrected, whatever was sent after it stands: its revision mark was wrong as well', () => {
    const seen = [stated, { value: 'b', mark: '1', sent: 6, entry: 4 }]
    const taken = withdrawn('correction', { sent: 5, entry: 3 })
    expect(valuesOf([...itemsOf(seen), taken], 100)).toEqual(['b'])
    expect(valuesOf([...itemsOf([stated]), taken], 100)).toEqual([])
  })

  test('twice, the later withdrawal counts', () => {
    const seen = [stated, { value: 'b', mark: '3', sent: 6, entry: 4 }]
    const taken = withdrawn('repair', { sent: 5, entry: 3 }, { sent: 7, entry: 5 })
    expect([4, 5, 6].map((size) => valuesOf([...itemsOf(seen), taken], size))).toEqual([[], ['b'], []])
  })

  test('as of a size before the withdrawal it stands', () => {
    const items = [...itemsOf([stated]), withdrawn('repair', { sent: 5, entry: 3 })]
    expect([3, 4].map((size) => valuesOf(items, size))).toEqual([['a'], []])
  })

  test('by another authority, it stands', () => {
    const { key, ...rest } = withdrawn('repair', { sent: 5, entry: 3 })
    const foreign = JSON.parse(String(rest.value))
    const item = itemOf({ ...foreign, authority: 'another' }, [{ value: '', sent: 5, entry: 3 }])
    expect(item.key.sort).not.toBe(key.sort)
    expect(valuesOf([...itemsOf([stated]), item], 100)).toEqual(['a'])
  })

  test('the withdrawal stands beside what is left, and is told of', () => {
    const found = standingRecords([...itemsOf([stated]), withdrawn('repair', { sent: 5, entry: 3 })], 100)
    expect(found.map(({ record }) => record.type)).toEqual(['withdrawal'])
  })
})

test('what stands does not hang on the order in which items and sightings are read', () => {
  const aSeen = fc.record({
    value: fc.constantFrom('a', 'b', 'c'),
    mark: fc.constantFrom('', '1', '2'),
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

test('whatever is withdrawn and stated again, in whatever order it arrives, what stands is what is defined', () => {
  const aPlace = fc.record({ sent: fc.nat(3), entry: fc.nat(7), row: fc.nat(2) })
  const aStatement = fc.record({ value: fc.constantFrom('a', 'b', 'c'), mark: fc.constantFrom('', '1', '2') })
  const aKind = fc.constantFrom('withdrawal' as const, 'repair' as const, 'correction' as const)
  const some = fc.uniqueArray(fc.tuple(aPlace, fc.oneof(aStatement, aKind)), {
    maxLength: 12,
    selector: ([{ entry, row }]) => `${entry} ${row}`,
  })
  fc.assert(
    fc.property(some, fc.nat(8), fc.infiniteStream(fc.nat()), (all, size, shuffle) => {
      const items = all.map(([place, what]) =>
        typeof what === 'string' ? withdrawn(what, place) : itemOf(statement(what), [{ ...what, ...place }]),
      )
      const merged = mergeItems(items).toSorted(() => ((shuffle.next().value ?? 0) % 3) - 1)
      const defined = [...standingByDefinition(items.map(toldOf), size).values()]
      expect(digests(standingRecords(merged, size))).toEqual(digests(defined))
    }),
    { numRuns: 2_000 },
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
  return valuesOf(itemsOf(seen), size)
}

function valuesOf(items: readonly Item[], size: number): readonly string[] {
  return standingRecords(items, size)
    .filter(({ record }) => record.type !== 'withdrawal')
    .map(({ record }) => String(record.facts['remarks' as never]))
}

/** A withdrawal of the document that all statements are of, with where it was seen. */
function withdrawn(kind: 'withdrawal' | 'repair' | 'correction', ...seen: Omit<Seen, 'value'>[]): Item {
  const { facts: _, ...base } = statement({ value: '' })
  const record = {
    ...base,
    type: 'withdrawal',
    document: withdrawalDocument('penalty', base.document),
    facts: { subjectName: '示例有限公司', kind, recordType: 'penalty', decidedBy: '示例局' },
  } as FactRecord
  return itemOf(
    record,
    seen.map((each) => ({ value: '', ...each })),
  )
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

/** What came as one record more than once is one item with several marks. */
function mergeItems(items: readonly Item[]): readonly Item[] {
  return [...Map.groupBy(items, ({ key }) => key.sort).values()].flatMap(([first, ...rest]) =>
    first === undefined
      ? []
      : [{ ...first, marks: [first, ...rest].flatMap(({ marks }) => marks).toSorted() }],
  )
}

function toldOf({ key, value, marks }: Item): Told {
  const { entry, row, sentAt } = parseSightingMark(marks[0] ?? '')
  const line = [row, key.partition, key.sort, value].join('\t')
  return parseLine(line, { entry, sentAt, teller: entry, holds: true })
}

function digests(list: readonly { readonly digest: string }[]): readonly string[] {
  return list.map(({ digest }) => digest).toSorted()
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

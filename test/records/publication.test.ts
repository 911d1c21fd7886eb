import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, instantOf, startOfChinaDay } from '../../shared/base/instant.ts'
import { fuse } from '../../shared/fusion/fuse.ts'
import { type GoldenField, goldenFields } from '../../shared/fusion/golden-record.ts'
import { decidedOnOf, isDecision } from '../../shared/records/decision.ts'
import { type Publication, publicationUntil } from '../../shared/records/publication.ts'
import { type PublicationRules, publicationRules } from '../../shared/records/publication-rules.ts'
import type { FactRecord } from '../../shared/records/record.ts'
import {
  anyRecord,
  day,
  decision,
  licence,
  listing,
  penalty,
  policy,
  registration,
  standing,
  USCC,
} from '../fusion/records.ts'

const [ORDER_58, ORDER_36] = ['2023-05-01', '2026-04-01']

type Facts = { readonly kinds: string; readonly on: string; readonly stated?: string }

function penalised({ kinds, on, stated }: Facts): FactRecord {
  return penalty({
    kinds: kinds.split('；'),
    decidedOn: day(on),
    ...(stated !== undefined && { publishedTo: day(stated) }),
  })
}

/** Each with the last day on which it is published. */
const lastDays: readonly (readonly [title: string, facts: Facts, last: string])[] = [
  ['a general matter, a year', { kinds: '罚款', on: '2026-04-01' }, '2027-04-01'],
  ['a general matter of the year’s last day', { kinds: '罚款', on: '2026-12-31' }, '2027-12-31'],
  ['a general matter of 29 February', { kinds: '罚款', on: '2028-02-29' }, '2029-02-28'],
  ['a general matter a day before 29 February', { kinds: '罚款', on: '2027-02-28' }, '2028-02-28'],
  ['a serious matter, three years', { kinds: '责令停产停业', on: '2026-07-15' }, '2029-07-15'],
  ['a serious matter of 29 February', { kinds: '吊销许可证件', on: '2028-02-29' }, '2031-02-28'],
  [
    'a minor matter for which the authority states more, three months',
    { kinds: '警告', on: '2026-08-31', stated: '2027-08-31' },
    '2026-11-30',
  ],
  [
    'a minor matter of the end of November, to the end of February',
    { kinds: '警告', on: '2026-11-30', stated: '2027-11-30' },
    '2027-02-28',
  ],
  [
    'a minor matter of 29 November, to 29 February',
    { kinds: '通报批评', on: '2027-11-29', stated: '2028-11-30' },
    '2028-02-29',
  ],
  [
    'a minor matter, as the authority states',
    { kinds: '警告', on: '2026-08-31', stated: '2026-10-01' },
    '2026-10-01',
  ],
  [
    'a general matter, as the authority states',
    { kinds: '罚款', on: '2026-05-01', stated: '2026-08-01' },
    '2026-08-01',
  ],
  [
    'a general matter whose stated end lies a day beyond the year',
    { kinds: '罚款', on: '2026-05-01', stated: '2027-05-02' },
    '2027-05-01',
  ],
  ['of two matters the graver', { kinds: '罚款；吊销许可证件', on: '2026-05-01' }, '2029-05-01'],
  ['of two matters the graver, the other way', { kinds: '责令关闭；警告', on: '2026-05-01' }, '2029-05-01'],
  [
    'of a known and an unknown matter the known',
    { kinds: '罚款；其他-责令改正', on: '2026-05-01' },
    '2027-05-01',
  ],
  [
    'what may be a suspension or a revocation: a suspension',
    { kinds: '暂扣或者吊销许可证、执照', on: '2026-05-01' },
    '2027-05-01',
  ],
  [
    'what may be a suspension or a revocation, beside a revocation',
    { kinds: '暂扣或者吊销许可证、执照；吊销许可证件', on: '2026-05-01' },
    '2029-05-01',
  ],
  ['under the old rule, three years', { kinds: '罚款', on: '2022-06-30' }, '2025-06-30'],
  ['under the old rule, whatever the matter is', { kinds: '其他', on: '2022-06-30' }, '2025-06-30'],
  ['under the old rule, of 29 February', { kinds: '警告', on: '2020-02-29' }, '2023-02-28'],
  ['that the old rule ends with its own last day', { kinds: '罚款', on: '2023-03-31' }, '2026-03-31'],
  ['that the new rule would have ended long ago', { kinds: '罚款', on: '2024-06-01' }, '2026-03-31'],
  ['that the new rule would have ended the day before it', { kinds: '罚款', on: '2025-03-31' }, '2026-03-31'],
  ['that the new rule ends on its first day', { kinds: '罚款', on: '2025-04-01' }, '2026-04-01'],
  ['of the old rule’s last day, under the new one', { kinds: '罚款', on: '2026-03-31' }, '2027-03-31'],
  ['a serious matter that both rules end on one day', { kinds: '吊销', on: '2023-04-01' }, '2026-04-01'],
  ['that the new rule will hold back', { kinds: '其他', on: '2025-12-01' }, '2026-03-31'],
  ['a minor matter of before the new rule', { kinds: '警告', on: '2026-03-01' }, '2026-03-31'],
  [
    'a minor matter of before the new rule with a stated end',
    { kinds: '警告', on: '2026-03-01', stated: '2026-05-15' },
    '2026-05-15',
  ],
  [
    'a minor matter whose three months were over before the new rule',
    { kinds: '警告', on: '2025-12-01', stated: '2026-12-01' },
    '2026-03-31',
  ],
  ['of the day before the old rule', { kinds: '罚款', on: '2023-04-30' }, '2026-03-31'],
  ['of the old rule’s first day', { kinds: '罚款', on: '2023-05-01' }, '2026-03-31'],
  ['a serious matter of before the old rule', { kinds: '吊销', on: '2023-04-30' }, '2026-04-30'],
  ['a serious matter of the old rule’s first day', { kinds: '吊销', on: '2023-05-01' }, '2026-05-01'],
  ['a serious matter that ends with the old rule', { kinds: '吊销', on: '2023-03-31' }, '2026-03-31'],
  ['a serious matter that ends a day into the new rule', { kinds: '吊销', on: '2023-04-02' }, '2026-04-02'],
  ['a serious matter of 29 February, under both rules', { kinds: '吊销', on: '2024-02-29' }, '2027-02-28'],
  ['a serious matter of the old rule’s last day', { kinds: '责令关闭', on: '2026-03-31' }, '2029-03-31'],
  [
    'a general matter of 29 February, ended by the new rule',
    { kinds: '罚款', on: '2024-02-29' },
    '2026-03-31',
  ],
  ['that the new rule ends on its second day', { kinds: '罚款', on: '2025-04-02' }, '2026-04-02'],
  ['a general matter of 1 March before a leap day', { kinds: '罚款', on: '2027-03-01' }, '2028-03-01'],
  [
    'a minor matter whose three months end with the old rule',
    { kinds: '警告', on: '2025-12-31', stated: '2026-12-31' },
    '2026-03-31',
  ],
  [
    'a minor matter whose three months end on the new rule’s first day',
    { kinds: '警告', on: '2026-01-01', stated: '2026-12-31' },
    '2026-04-01',
  ],
  [
    'a minor matter whose stated end is the new rule’s first day',
    { kinds: '警告', on: '2026-03-01', stated: '2026-04-01' },
    '2026-04-01',
  ],
  [
    'a general matter whose stated end is the day of the decision',
    { kinds: '罚款', on: '2026-05-01', stated: '2026-05-01' },
    '2026-05-01',
  ],
  [
    'a general matter whose stated end is the last day of its year',
    { kinds: '罚款', on: '2026-05-01', stated: '2027-05-01' },
    '2027-05-01',
  ],
]

const listed = { abnormal: 'abnormal-listing', serious: 'serious-listing' } as const

type LastDay = readonly [title: string, record: FactRecord, last: string]

/** As above, of records other than penalties. */
const lastDaysOfLists: readonly LastDay[] = Object.values(listed).flatMap((type): LastDay[] => [
  [`${type}, three years`, listing(type, { decidedOn: day('2024-02-29') }), '2027-02-28'],
  [
    `${type}, to the day before it is removed`,
    listing(type, { decidedOn: day('2026-01-01'), removedOn: day('2026-09-01') }),
    '2026-08-31',
  ],
  [
    `${type} that is removed after three years`,
    listing(type, { decidedOn: day('2023-07-01'), removedOn: day('2026-07-03') }),
    '2026-07-01',
  ],
  [
    `${type}, as the authority states`,
    listing(type, { decidedOn: day('2026-01-01'), publishedTo: day('2026-03-31') }),
    '2026-03-31',
  ],
  [
    `${type} that is removed on the day Order 36 comes into force`,
    listing(type, { decidedOn: day('2025-01-01'), removedOn: day(ORDER_36) }),
    '2026-03-31',
  ],
  [
    `${type} that is removed a day later`,
    listing(type, { decidedOn: day('2025-01-01'), removedOn: day('2026-04-02') }),
    '2026-04-01',
  ],
  [
    `${type} whose stated end comes before its removal`,
    listing(type, {
      decidedOn: day('2025-01-01'),
      publishedTo: day('2026-06-30'),
      removedOn: day('2026-07-02'),
    }),
    '2026-06-30',
  ],
  ...['2021-08-31', '2021-09-01', '2023-03-31', '2023-04-01', '2023-04-02'].map(
    (on): LastDay => [
      `${type} of ${on}`,
      listing(type, { decidedOn: day(on) }),
      `${Number(on.slice(0, 4)) + 3}${on.slice(4)}`,
    ],
  ),
])

const otherLastDays: readonly LastDay[] = [
  [
    'a judgment default, two years',
    decision('judgment-default', { decidedOn: day('2024-02-29') }),
    '2026-02-28',
  ],
  [
    'a judgment default of before the rule, two years as well',
    decision('judgment-default', { decidedOn: day('2015-06-30'), performance: 'none' }),
    '2017-06-30',
  ],
  [
    'a judgment default, as the court states',
    decision('judgment-default', { decidedOn: day('2025-06-01'), publishedTo: day('2026-01-31') }),
    '2026-01-31',
  ],
  [
    'a judgment default for which the court states more',
    decision('judgment-default', { decidedOn: day('2025-06-01'), publishedTo: day('2030-06-01') }),
    '2027-06-01',
  ],
  [
    'a judgment default, to the day before the court removes it',
    decision('judgment-default', { decidedOn: day('2025-06-01'), removedOn: day('2025-12-24') }),
    '2025-12-23',
  ],
  ['a tax violation, three years', decision('tax-violation', { decidedOn: day('2022-01-31') }), '2025-01-31'],
  [
    'a tax violation that Order 36 sees end',
    decision('tax-violation', { decidedOn: day('2023-04-01') }),
    '2026-04-01',
  ],
  [
    'a tax violation, as the authority states',
    decision('tax-violation', { decidedOn: day('2025-04-01'), publishedTo: day('2026-06-30') }),
    '2026-06-30',
  ],
  [
    'the A grade of a year, to the April in which another takes its place',
    decision('taxpayer-grade', { evaluatedTo: day('2024-12-31') }),
    '2026-04-30',
  ],
  [
    'a judgment default of the day before the rule',
    decision('judgment-default', { decidedOn: day('2017-04-30') }),
    '2019-04-30',
  ],
  [
    'a judgment default of the rule’s first day',
    decision('judgment-default', { decidedOn: day('2017-05-01') }),
    '2019-05-01',
  ],
  [
    'a judgment default that ends in a leap year',
    decision('judgment-default', { decidedOn: day('2026-02-28') }),
    '2028-02-28',
  ],
  [
    'a tax violation of the rule’s first day',
    decision('tax-violation', { decidedOn: day('2022-02-01') }),
    '2025-02-01',
  ],
  [
    'a tax violation that ends the day before Order 36',
    decision('tax-violation', { decidedOn: day('2023-03-31') }),
    '2026-03-31',
  ],
  [
    'a tax violation of 29 February',
    decision('tax-violation', { decidedOn: day('2024-02-29') }),
    '2027-02-28',
  ],
  [
    'a tax violation of Order 36’s first day',
    decision('tax-violation', { decidedOn: day(ORDER_36) }),
    '2029-04-01',
  ],
  [
    'an advanced certification of the day before the rule',
    decision('customs-class', { decidedOn: day('2021-10-31') }),
    '2026-10-31',
  ],
  [
    'an advanced certification of the rule’s first day',
    decision('customs-class', { decidedOn: day('2021-11-01') }),
    '2026-11-01',
  ],
  [
    'an advanced certification, five years',
    decision('customs-class', { decidedOn: day('2024-02-29') }),
    '2029-02-28',
  ],
]

const all = [
  ...lastDays.map(([title, facts, last]) => [`penalty: ${title}`, penalised(facts), last] as const),
  ...lastDaysOfLists,
  ...otherLastDays,
]

describe.each(all)('what is published: %s', (_, record, last) => {
  test('on the day before its last, on its last, and not on the day after', () => {
    const midnight = Date.parse(startOfChinaDay(addDays(day(last), 1)))
    const [early, late] = [midnight - 2 * 86_400_000, midnight - 1]
    for (const at of [early, late]) expect(isShown(record, at), new Date(at).toISOString()).toBe(true)
    for (const at of [midnight, midnight + 86_400_000]) expect(isShown(record, at)).toBe(false)
    const { nextChangeAt } = fuseAt(record, late)
    expect(nextChangeAt).toBe(instantOf(midnight))
    expect(fuseAt(record, midnight).nextChangeAt).toBeNull()
  })

  test('and says which day that is', () => {
    for (const asOf of [isDecision(record) ? decidedOnOf(record) : last, last]) {
      expect(publicationUntil(record, publicationRules, day(asOf))).toEqual({ kind: 'shown', until: last })
    }
    expect(shownIn(record, Date.parse(startOfChinaDay(day(last))))).toMatchObject([{ published_to: last }])
  })
})

const heldBack: readonly (readonly [title: string, facts: Facts])[] = [
  ['of no known kind', { kinds: '其他', on: '2026-04-01' }],
  ['that states no kind', { kinds: '', on: '2026-04-01' }],
  ['of a minor matter for which the authority states no end', { kinds: '警告', on: '2026-04-01' }],
  [
    'of no known kind, whatever end the authority states',
    { kinds: '其他', on: '2026-04-01', stated: '2026-05-01' },
  ],
]

test.each(heldBack)('a penalty %s is held back', (_, facts) => {
  const record = penalised(facts)
  for (const asOf of ['2026-04-01', '2026-04-30', '2030-01-01']) {
    expect(publicationUntil(record, publicationRules, day(asOf))).toEqual({ kind: 'held' })
    expect(isShown(record, Date.parse(startOfChinaDay(day(asOf))))).toBe(false)
  }
})

test.each([
  ['a commitment that was not kept', decision('commitment', { performance: 'broken' })],
  ['a commitment that was kept in part', decision('commitment', { performance: 'partial' })],
  ['a dishonest class of customs', decision('customs-class', { class: 'dishonest' })],
  ['a class of customs that is no certification', decision('customs-class', { class: 'registered' })],
  ['a certification that customs give no more', decision('customs-class', { class: 'generally-certified' })],
])('%s is held back', (_, record) => {
  for (const asOf of ['2025-01-01', '2026-04-01', '2030-01-01']) {
    expect(publicationUntil(record, publicationRules, day(asOf))).toEqual({ kind: 'held' })
    expect(isShown(record, Date.parse(startOfChinaDay(day(asOf))))).toBe(false)
  }
})

// 行政处罚法 (2021), article 9, the list of the double-publicity standard, and what portals make of it
test.each([
  ['警告', 'held'],
  ['通报批评', 'held'],
  ['罚款', '2027-05-01'],
  ['没收违法所得', '2027-05-01'],
  ['没收非法财物', '2027-05-01'],
  ['没收违法所得、没收非法财物', '2027-05-01'],
  ['暂扣许可证件', '2027-05-01'],
  ['降低资质等级', '2027-05-01'],
  ['暂扣或者吊销许可证、执照', '2027-05-01'],
  ['暂扣或者吊销许可证、暂扣或者吊销执照', '2027-05-01'],
  ['暂扣或吊销许可证、暂扣或吊销执照', '2027-05-01'],
  ['吊销许可证件', '2029-05-01'],
  ['吊销营业执照', '2029-05-01'],
  ['限制开展生产经营活动', '2029-05-01'],
  ['责令停产停业', '2029-05-01'],
  ['责令关闭', '2029-05-01'],
  ['限制从业', '2029-05-01'],
  ['其他', 'held'],
  ['其他-责令限期改正', 'held'],
  ['1', 'held'],
])(
  'under Order 36 the kind %s of 2026-05-01, of which no end is stated, is published until %s',
  (kinds, end) => {
    const found = publicationUntil(
      penalised({ kinds, on: '2026-05-01' }),
      publicationRules,
      day('2026-06-01'),
    )
    expect(found).toEqual(end === 'held' ? { kind: 'held' } : { kind: 'shown', until: end })
  },
)

test.each(Object.values(listed))(
  '%s that is removed on the day of its listing is not shown on any day',
  (type) => {
    const record = listing(type, { decidedOn: day('2026-05-01'), removedOn: day('2026-05-01') })
    for (const at of ['2026-05-01', '2026-05-02', '2027-05-01']) {
      expect(isShown(record, Date.parse(startOfChinaDay(day(at))))).toBe(false)
    }
  },
)

test('a penalty whose stated end lies before its decision is not shown on any day', () => {
  const record = penalised({ kinds: '罚款', on: '2026-05-01', stated: '2026-04-30' })
  expect(isShown(record, Date.parse(startOfChinaDay(day('2026-05-01'))))).toBe(false)
})

test('a judgment performed in full is shown no more, whatever its period', () => {
  const at = Date.parse('2025-06-01T00:00:00Z')
  expect(isShown(decision('judgment-default', { performance: 'partial' }), at)).toBe(true)
  expect(isShown(decision('judgment-default', { performance: 'full' }), at)).toBe(false)
})

test.each([
  ['a qualification', (validTo: string) => decision('qualification', { validTo: day(validTo) })],
  ['a commitment', (validTo: string) => decision('commitment', { validTo: day(validTo) })],
])('%s is shown to the last day on which it is valid', (_, valid) => {
  const at = Date.parse(startOfChinaDay(day('2026-06-01')))
  expect(isShown(valid('2026-06-01'), at)).toBe(true)
  expect(isShown(valid('2026-05-31'), at)).toBe(false)
})

test('a penalty that a rule will hold back is published until the day before that rule', () => {
  const record = penalised({ kinds: '其他', on: '2026-01-01' })
  const until = (asOf: string): Publication => publicationUntil(record, publicationRules, day(asOf))
  expect(until('2026-03-31')).toEqual({ kind: 'shown', until: '2026-03-31' })
  expect(until('2026-04-01')).toEqual({ kind: 'held' })
})

test('what a rule has ended a later and longer one does not bring back', () => {
  const [old] = publicationRules.penalty
  const rules: PublicationRules = {
    penalty: [
      { ...old, classes: [{ name: 'any', months: 6 }] },
      { ...old, from: day(ORDER_36), classes: [{ name: 'any', months: 36 }] },
    ],
  }
  const ended = penalised({ kinds: '罚款', on: '2025-08-31' })
  expect(publicationUntil(ended, rules, day('2026-05-01'))).toEqual({ kind: 'shown', until: '2026-02-28' })
  const going = penalised({ kinds: '罚款', on: '2025-10-01' })
  expect(publicationUntil(going, rules, day('2026-05-01'))).toEqual({ kind: 'shown', until: '2028-10-01' })
})

test('no rule ends the publication of what is no adverse matter and no class of anybody', () => {
  const records = [
    registration(),
    licence({ validTo: day('2026-01-01') }),
    decision('registration-change'),
    decision('cancellation'),
    decision('qualification', { validTo: day('2026-01-01') }),
    decision('commitment', { performance: 'kept' }),
  ]
  for (const record of records) {
    expect(publicationUntil(record, publicationRules, day('2030-01-01'))).toEqual({
      kind: 'shown',
      until: undefined,
    })
  }
})

test('of any record, on any day: what is not published on a day is not published on any day after', () => {
  const aDay = fc.integer({ min: -2_000, max: 3_000 }).map((days) => addDays(day(ORDER_58), days))
  fc.assert(
    fc.property(anyRecord(), aDay, fc.nat(2_000), (record, today, days) => {
      const shownOn = (asOf: typeof today): boolean => {
        const found = publicationUntil(record, publicationRules, asOf)
        return found.kind === 'shown' && (found.until === undefined || asOf <= found.until)
      }
      if (!shownOn(today)) expect(shownOn(addDays(today, days))).toBe(false)
    }),
    { numRuns: 1_000 },
  )
})

describe('the table of rules', () => {
  const rules = Object.values(publicationRules).flat()

  test('has each type’s rules in the order of their days, under ids that differ', () => {
    for (const own of Object.values(publicationRules)) {
      const days = own.map(({ from }) => from)
      expect(days).toEqual([...new Set(days)].sort())
    }
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
  })

  test('says of each rule where it comes from, and what of it a lawyer has yet to read', () => {
    for (const { source, needsCounsel, ...rule } of rules) {
      expect(source.length).toBeGreaterThan(20)
      expect('unread' in rule).toBe(needsCounsel)
    }
  })

  test('has the gravest class first, the one with the longest period', () => {
    for (const { classes } of rules) {
      const months = classes.map((each) => each.months)
      expect(months).toEqual(months.toSorted((a, b) => b - a))
    }
  })
})

function fuseAt(record: FactRecord, atMs: number) {
  return fuse({ uscc: USCC, records: [standing(record)], policy, validAt: instantOf(atMs) })
}

function isShown(record: FactRecord, atMs: number): boolean {
  return shownIn(record, atMs).length > 0
}

/** What the published field of its type shows. */
function shownIn({ type, ...rest }: FactRecord, atMs: number): readonly unknown[] {
  const fields: readonly GoldenField[] = goldenFields
  const field = fields.find(({ of }) => of === type)?.name
  const { record } = fuseAt({ type, ...rest } as FactRecord, atMs)
  return record[field as keyof typeof record] as readonly unknown[]
}

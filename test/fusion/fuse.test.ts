import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../shared/base/digest.ts'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import { FUSION_VERSION, type Fused, fuse, fuseRow } from '../../shared/fusion/fuse.ts'
import { type GoldenField, goldenFields } from '../../shared/fusion/golden-record.ts'
import type { StandingRecord } from '../../shared/records/record.ts'
import {
  anyInstant,
  anyStanding,
  day,
  instant,
  licence,
  penalty,
  policy,
  registration,
  standing,
  USCC,
  withdrawal,
} from './records.ts'

const NOON = instant('2026-06-01T04:00:00.000Z')

const fields: readonly GoldenField[] = goldenFields

function fused(records: readonly StandingRecord[], validAt: Instant = NOON): Fused {
  return fuse({ uscc: USCC, records, policy, validAt })
}

describe('what the code says', () => {
  test('the organisation code and the division are read off the USCC', () => {
    expect(fused([]).record).toMatchObject({ uscc: USCC, organisation_code: 'YY000001X', division: '310000' })
  })
})

describe('registration', () => {
  const older = standing(registration({ name: '旧名', approvedOn: day('2020-01-01'), address: '旧址' }), {
    entry: 9,
  })
  const newer = standing(
    registration({ name: '新名', approvedOn: day('2024-01-01') }, { authority: 'other' }),
    { entry: 1 },
  )

  test('the one approved latest wins, whenever it was sent', () => {
    expect(fused([older, newer]).record.name).toBe('新名')
    expect(fused([older, newer]).provenance.name).toMatchObject({
      rule: 'latest registration',
      won: [{ authority: 'other', digest: newer.digest, entry: 1 }],
      lost: [{ authority: 'scjg', value: '旧名', reason: 'later registration' }],
    })
  })

  test('of those approved on the same day the one sent last wins', () => {
    const first = standing(registration({ name: '先' }), { sentAt: instant('2026-01-02T00:00:00.000Z') })
    const last = standing(registration({ name: '后' }, { authority: 'other' }), {
      sentAt: instant('2026-01-03T00:00:00.000Z'),
    })
    expect(fused([first, last]).record.name).toBe('后')
  })

  test('what the latest does not state falls to the next, and the rule says so', () => {
    expect(fused([newer, older]).record.address).toBe('旧址')
    expect(fused([newer, older]).provenance.address?.rule).toBe(
      'earlier registration: the latest does not state it',
    )
  })

  test('an amount never takes the currency of another registration', () => {
    const dollars = standing(
      registration({ registeredCapital: '5', capitalCurrency: '美元', approvedOn: day('2020-01-01') }),
    )
    const yuan = standing(
      registration({ registeredCapital: '9', approvedOn: day('2024-01-01') }, { authority: 'other' }),
    )
    expect(fused([dollars, yuan]).record).toMatchObject({ registered_capital: '9', capital_currency: null })
  })

  test('an operating period without an end does not get the end of an older one', () => {
    const closed = standing(
      registration({ operatingFrom: day('2000-01-01'), operatingTo: day('2030-01-01') }),
    )
    const open = standing(
      registration(
        { operatingFrom: day('2000-01-01'), approvedOn: day('2024-01-01') },
        { authority: 'other' },
      ),
    )
    expect(fused([closed, open]).record).toMatchObject({ operating_from: '2000-01-01', operating_to: null })
  })
})

describe('name', () => {
  const early = standing(licence({ subjectName: '许可名' }), { sentAt: instant('2026-01-02T00:00:00.000Z') })
  const late = standing(penalty({ subjectName: '处罚名' }), { sentAt: instant('2026-01-03T00:00:00.000Z') })

  test('without a registration it is that of the licence or penalty sent last', () => {
    expect(fused([early, late]).record.name).toBe('处罚名')
    expect(fused([early, late]).provenance.name?.lost).toMatchObject([
      { value: '许可名', reason: 'later statement of the name' },
    ])
  })

  test('a registration states the name before any other record', () => {
    const registered = standing(registration({ name: '登记名' }))
    expect(fused([early, registered, late]).record.name).toBe('登记名')
    expect(fused([registered, late]).provenance.name?.lost).toMatchObject([
      { type: 'penalty', value: '处罚名', reason: 'registration states the name' },
    ])
  })

  test('a penalty whose publication has ended gives nothing, its name neither', () => {
    const ended = standing(penalty({ subjectName: '处罚名', publishedTo: day('2026-05-31') }))
    expect(fused([ended]).record).toMatchObject({ name: null, penalties: [], sources: [] })
    expect(fuseRow({ uscc: USCC, records: [ended], policy, validAt: NOON }, ['uscc', 'name'])).toBeUndefined()
  })
})

describe('licences', () => {
  test.each([
    ['valid on its last day', { validTo: day('2026-06-01') }, 1, undefined],
    ['ended the day after its last', { validTo: day('2026-05-31') }, 0, 'validity ended'],
    ['without an end', {}, 1, undefined],
    ['valid from today', { validFrom: day('2026-06-01') }, 1, undefined],
    ['valid from tomorrow', { validFrom: day('2026-06-02') }, 0, 'not yet valid'],
    ['stated invalid', { status: 'invalid' as const }, 0, 'stated invalid'],
    [
      'that ends before it begins',
      { validFrom: day('2026-07-01'), validTo: day('2026-06-30') },
      0,
      'never valid',
    ],
  ])('one %s', (_, facts, count, reason) => {
    const { record, provenance } = fused([standing(licence(facts))])
    expect(record.licences).toHaveLength(count)
    expect(provenance.licences?.lost.map((loss) => loss.reason)).toEqual(reason === undefined ? [] : [reason])
  })

  test('the last day ends at midnight in China', () => {
    const records = [standing(licence({ validTo: day('2026-06-01') }))]
    expect(fused(records, instant('2026-06-01T15:59:59.999Z')).record.licences).toHaveLength(1)
    expect(fused(records, instant('2026-06-01T16:00:00.000Z')).record.licences).toHaveLength(0)
  })

  test('stated by two authorities, one licence appears once, as last stated', () => {
    const own = standing(licence({ category: '普通' }, { authority: 'xk' }), { entry: 1 })
    const relayed = standing(
      licence({ category: '特许', licensingAuthority: ' 某 局' }, { authority: 'hub' }),
      { entry: 2 },
    )
    const { record, provenance } = fused([relayed, own])
    expect(record.licences).toMatchObject([{ category: '特许' }])
    expect(record.sources).toEqual(['hub'])
    expect(provenance.licences?.lost).toMatchObject([
      { authority: 'xk', reason: 'same document stated by another authority' },
    ])
  })

  test('two bodies may use one number for two licences', () => {
    const other = standing(licence({ licensingAuthority: '另一局' }, { authority: 'hub' }))
    expect(fused([standing(licence()), other]).record.licences).toHaveLength(2)
  })

  test('what they allow stands beside them, for a case alone', () => {
    const { record } = fused([standing(licence({ content: '餐饮服务' }))])
    expect(record.licence_contents).toEqual([{ document_number: '许字1号', content: '餐饮服务' }])
    expect(JSON.stringify(record.licences)).not.toContain('餐饮服务')
  })
})

describe('penalties', () => {
  test.each([
    ['on the last day of its publication', { publishedTo: day('2026-06-01') }, 1],
    ['on the day after', { publishedTo: day('2026-05-31') }, 0],
    ['that is stated valid', { status: 'valid' as const }, 1],
    ['that was revoked', { status: 'invalid' as const }, 0],
    ['three years after the decision', { decidedOn: day('2023-06-01') }, 1],
    ['a day later than that', { decidedOn: day('2023-05-31') }, 0],
    [
      'a day later than that, whatever the authority wants',
      { decidedOn: day('2023-05-31'), publishedTo: day('2030-01-01') },
      0,
    ],
  ])('one %s', (_, facts, count) => {
    expect(fused([standing(penalty(facts))]).record.penalties).toHaveLength(count)
  })

  test('of one whose publication has ended, not even the examiner sees what it said', () => {
    const { provenance } = fused([standing(penalty({ publishedTo: day('2026-05-31') }))])
    expect(provenance.penalties?.lost).toMatchObject([{ reason: 'publication ended', value: null }])
    expect(provenance.penalty_grounds?.lost).toMatchObject([{ reason: 'publication ended', value: null }])
  })

  test('an end that the last statement brings is not undone by an older copy elsewhere', () => {
    const copy = standing(penalty({}, { authority: 'hub' }), { entry: 1 })
    const repaired = standing(penalty({ publishedTo: day('2026-01-31') }), { entry: 2 })
    expect(fused([copy, repaired]).record.penalties).toEqual([])
  })

  test('a copy elsewhere of what has ended or is held back is not to be seen either', () => {
    for (const facts of [{ publishedTo: day('2026-01-31') }, { kinds: ['其他'] }]) {
      const copy = standing(penalty({ fineYuan: '7' }, { authority: 'hub' }), { entry: 1 })
      const last = standing(penalty(facts), { entry: 2 })
      const { provenance, record } = fused([copy, last])
      expect(record.penalties).toEqual([])
      expect(provenance.penalties?.lost.map(({ value }) => value)).toEqual([null, null])
      expect(provenance.penalties?.lost.map(({ reason }) => reason)).not.toContain(
        'same document stated by another authority',
      )
    }
  })

  test('a copy elsewhere keeps nothing of a penalty whose publication has ended by its last statement', () => {
    const copy = standing(penalty({ subjectName: '处罚名' }, { authority: 'hub' }), { entry: 1 })
    const repaired = standing(penalty({ publishedTo: day('2026-01-31') }), { entry: 2 })
    const { record, provenance } = fused([copy, repaired])
    const ended = { reason: 'publication ended', value: null }
    expect(record).toMatchObject({ name: null, penalties: [] })
    expect(provenance.name).toBeUndefined()
    const lost = (provenance.penalties?.lost ?? []).map(({ reason, value }) => ({ reason, value }))
    expect(lost).toEqual([ended, ended])
  })

  test('a copy that has ended by its own word is told as ended, though the last statement goes on', () => {
    const copy = standing(penalty({ publishedTo: day('2026-01-31') }, { authority: 'hub' }), { entry: 1 })
    const last = standing(penalty({ publishedTo: day('2026-12-31') }), { entry: 2 })
    const { record, provenance } = fused([copy, last])
    expect(record.penalties).toHaveLength(1)
    expect(provenance.penalties?.lost).toMatchObject([
      { authority: 'hub', reason: 'publication ended', value: null },
    ])
  })

  test('a copy of what is to begin is to begin as well', () => {
    const copy = standing(licence({}, { authority: 'hub' }), { entry: 1 })
    const last = standing(licence({ validFrom: day('2026-12-31') }), { entry: 2 })
    const reasons = fused([copy, last]).provenance.licences?.lost.map(({ reason }) => reason)
    expect(reasons).toEqual(['not yet valid', 'not yet valid'])
  })

  test('lists stand by decision date, then number', () => {
    const records = [
      standing(penalty({ documentNumber: 'B', decidedOn: day('2025-02-01') })),
      standing(penalty({ documentNumber: 'A', decidedOn: day('2025-02-01') })),
      standing(penalty({ documentNumber: 'C', decidedOn: day('2025-01-01') })),
    ]
    expect(fused(records).record.penalties).toMatchObject([
      { document_number: 'C' },
      { document_number: 'A' },
      { document_number: 'B' },
    ])
  })
})

describe('of a document that was withdrawn', () => {
  const own = standing(penalty(), { entry: 1 })
  const copy = standing(penalty({}, { authority: 'hub' }), { entry: 2 })
  const taken = standing(withdrawal(), { entry: 3 })

  test('no copy elsewhere is shown, and none says what it said', () => {
    const { record, provenance, nextChangeAt } = fused([copy, taken])
    expect(record).toMatchObject({ name: null, penalties: [], sources: [] })
    expect(provenance.penalties?.lost).toMatchObject([{ authority: 'hub', reason: 'withdrawn', value: null }])
    expect(nextChangeAt).toBeNull()
  })

  test('what is stated of it later is shown, by whomever', () => {
    const back = standing(withdrawal({ kind: 'withdrawal' }), { entry: 3 })
    const later = standing(penalty({}, { authority: 'hub' }), { entry: 4 })
    expect(fused([later, back]).record.penalties).toHaveLength(1)
    const third = standing(withdrawal({ kind: 'withdrawal' }, { authority: 'third' }), { entry: 3 })
    expect(fused([own, later, third]).record).toMatchObject({
      penalties: [{ document_number: '罚字1号' }],
      sources: ['hub'],
    })
  })

  test('of what was repaired a later copy elsewhere is not shown, and what its own authority states later is', () => {
    const copyLater = standing(penalty({}, { authority: 'hub' }), { entry: 4 })
    expect(fused([copyLater, taken]).record).toMatchObject({ name: null, penalties: [] })
    const restated = standing(penalty({ fineYuan: '7' }), { entry: 5 })
    expect(fused([copyLater, taken, restated]).record.penalties).toMatchObject([{ fine_yuan: '7' }])
    const repairedAgain = standing(withdrawal({}, { authority: 'third' }), { entry: 6 })
    expect(fused([copyLater, taken, restated, repairedAgain]).record.penalties).toEqual([])
  })

  test('neither another body’s of the same number nor another type’s is touched', () => {
    const others = [
      standing(penalty({ penaltyAuthority: '另一局' }, { authority: 'hub' }), { entry: 0 }),
      standing(licence({ documentNumber: '罚字1号' }, { document: '罚字1号' }), { entry: 0 }),
      standing(penalty({ documentNumber: '罚字2号' }), { entry: 0 }),
    ]
    const { record } = fused([...others, taken])
    expect(record.penalties).toHaveLength(2)
    expect(record.licences).toHaveLength(1)
  })

  test('the body is the same however it is spaced and in whatever width', () => {
    const wide = standing(withdrawal({ decidedBy: ' 某　局' }), { entry: 3 })
    expect(fused([copy, wide]).record.penalties).toEqual([])
  })

  test('the withdrawal itself gives nothing: no name, no source', () => {
    expect(fused([taken]).record).toMatchObject({ name: null, sources: [] })
  })
})

describe('when time alone will change the row', () => {
  test.each([
    ['a licence ends', licence({ validTo: day('2026-06-30') }), '2026-06-30T16:00:00.000Z'],
    ['a licence begins', licence({ validFrom: day('2026-06-30') }), '2026-06-29T16:00:00.000Z'],
    ['a publication ends', penalty({ publishedTo: day('2026-06-30') }), '2026-06-30T16:00:00.000Z'],
    [
      'a licence ends on the last day there is',
      licence({ validTo: day('9999-12-31') }),
      '9999-12-31T16:00:00.000Z',
    ],
    ['nothing begins or ends', licence(), null],
    ['only what is invalid ends', licence({ status: 'invalid', validTo: day('2026-06-30') }), null],
  ])('%s', (_, record, expected) => {
    expect(fused([standing(record)]).nextChangeAt).toBe(expected)
    expect(fused([standing(record)]).record.next_change_at).toBe(expected)
  })
})

describe('for any records', () => {
  const runs = { numRuns: 400 }

  test('their order does not matter', () => {
    const shuffled = anyStanding.chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray([...records], { minLength: records.length })),
    )
    fc.assert(
      fc.property(shuffled, anyInstant, ([records, other], validAt) => {
        expect(fused(other, validAt)).toEqual(fused(records, validAt))
      }),
      runs,
    )
  })

  test('until the next change the row is the same, and then it is another', () => {
    fc.assert(
      fc.property(
        anyStanding,
        anyInstant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (records, validAt, share) => {
          const now = fused(records, validAt)
          const start = Date.parse(validAt)
          const end = now.nextChangeAt === null ? start + 10 * 365 * 86_400_000 : Date.parse(now.nextChangeAt)
          const between = instantOf(Math.min(end - 1, start + Math.floor((end - start) * share)))
          expect(end).toBeGreaterThan(start)
          expect(fused(records, between).record).toEqual(now.record)
          expect(fused(records, instantOf(end - 1)).record).toEqual(now.record)
          if (now.nextChangeAt !== null)
            expect(fused(records, now.nextChangeAt).record).not.toEqual(now.record)
        },
      ),
      runs,
    )
  })

  test('an organisation without a row gets none by time alone', () => {
    fc.assert(
      fc.property(anyStanding, anyInstant, (records, validAt) => {
        const { record, nextChangeAt } = fused(records, validAt)
        if (record.name === null) expect(nextChangeAt).toBeNull()
      }),
      runs,
    )
  })

  test('every record has won or lost the field it is for', () => {
    fc.assert(
      fc.property(anyStanding, anyInstant, (records, validAt) => {
        const { provenance } = fused(records, validAt)
        for (const { record, digest } of records) {
          if (record.type === 'withdrawal') continue
          const home = fields.find(({ of }) => of === record.type)?.name ?? 'name'
          const place = provenance[home as keyof typeof provenance]
          const [won, lost] = [place?.won, place?.lost].map((list) =>
            (list ?? []).filter((each) => each.digest === digest),
          )
          expect((won?.length ?? 0) + (lost?.length ?? 0)).toBe(1)
        }
      }),
      runs,
    )
  })

  test('nobody is a source who gave no field its value', () => {
    fc.assert(
      fc.property(anyStanding, anyInstant, (records, validAt) => {
        const { record, provenance } = fused(records, validAt)
        const winners = Object.values(provenance).flatMap(({ won }) => won.map(({ authority }) => authority))
        expect(new Set(record.sources as string[])).toEqual(new Set(winners))
      }),
      runs,
    )
  })
})

test('what fuse answers for recorded input has the recorded version', () => {
  const inputs = fc.sample(fc.tuple(anyStanding, anyInstant), { numRuns: 60, seed: 20260101 })
  const answers = inputs.map(([records, validAt]) => fused(records, validAt).record)
  // When this fails, the rules have changed: raise FUSION_VERSION, then record both here
  expect({ version: FUSION_VERSION, digest: digestOf(answers) }).toEqual({
    version: 6,
    digest: 'e5c93bc6316069db40ae5dcccbad0f0e230ab0efab5cebad49fd4ebbd43bf50a',
  })
})

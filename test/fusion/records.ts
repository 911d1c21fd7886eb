import fc from 'fast-check'
import { addDays, type CalendarDate, type Instant, instantOf } from '../../shared/base/instant.ts'
import type { DecisionType } from '../../shared/records/decision.ts'
import { recordDigest, withdrawalDocument } from '../../shared/records/keys.ts'
import type { FactRecord, RecordOf, Sighting, StandingRecord } from '../../shared/records/record.ts'
import { policySchema } from '../../shared/settings.ts'

export type RegistrationFacts = RecordOf<'registration'>['facts']
export type LicenceFacts = RecordOf<'licence'>['facts']
export type PenaltyFacts = RecordOf<'penalty'>['facts']
export type ListingFacts = RecordOf<'abnormal-listing'>['facts']
export type WithdrawalFacts = RecordOf<'withdrawal'>['facts']

export const policy = policySchema.parse({})
/** Synthetic: the organisation code begins with YY. */
export const USCC = '91310000YY000001X9'

export const day = (text: string): CalendarDate => text as CalendarDate
export const instant = (text: string): Instant => text as Instant

type Base = { authority?: string; uscc?: string; document?: string; revision?: string }

function base({ authority = 'scjg', uscc = USCC, document = '', revision = '' }: Base) {
  const subject = { kind: 'uscc' as const, value: uscc }
  return { authority, subject, otherIdentifiers: [], document, revision, layout: 'test@1' }
}

export function registration(facts: Partial<RegistrationFacts> = {}, more: Base = {}): FactRecord {
  const revision = facts.approvedOn ?? ''
  return { type: 'registration', ...base({ revision, ...more }), facts: { name: '甲公司', ...facts } }
}

export function licence(facts: Partial<LicenceFacts> = {}, more: Base = {}): FactRecord {
  const all = {
    subjectName: '甲公司',
    documentNumber: '许字1号',
    decidedOn: day('2025-01-01'),
    licensingAuthority: '某局',
    ...facts,
  }
  return { type: 'licence', ...base({ authority: 'xk', document: all.documentNumber, ...more }), facts: all }
}

export function penalty(facts: Partial<PenaltyFacts> = {}, more: Base = {}): FactRecord {
  const all = {
    subjectName: '甲公司',
    documentNumber: '罚字1号',
    kinds: ['责令停产停业'],
    decidedOn: day('2025-01-01'),
    penaltyAuthority: '某局',
    ...facts,
  }
  return { type: 'penalty', ...base({ authority: 'cf', document: all.documentNumber, ...more }), facts: all }
}

export function listing(
  type: 'abnormal-listing' | 'serious-listing',
  facts: Partial<ListingFacts> = {},
  more: Base = {},
): FactRecord {
  const all = { subjectName: '甲公司', decidedOn: day('2025-01-01'), decidedBy: '某局', ...facts }
  const document = [all.decidedOn, all.decidedBy, all.reason ?? ''].join(' ')
  return { type, ...base({ authority: 'scjg', document, ...more }), facts: all }
}

type OtherDecision = Exclude<DecisionType, 'licence' | 'penalty' | 'abnormal-listing' | 'serious-listing'>

const samples: { readonly [Type in OtherDecision]: RecordOf<Type>['facts'] } = {
  'registration-change': { subjectName: '甲公司', decidedOn: day('2025-01-01'), item: '名称变更' },
  cancellation: {
    subjectName: '甲公司',
    decidedOn: day('2025-01-01'),
    decidedBy: '某局',
    manner: 'cancelled',
  },
  'judgment-default': {
    subjectName: '甲公司',
    documentNumber: '执1号',
    decidedOn: day('2025-01-01'),
    decidedBy: '某法院',
  },
  'taxpayer-grade': { subjectName: '甲公司', grade: 'A', evaluatedTo: day('2024-12-31') },
  'tax-violation': { subjectName: '甲公司', decidedOn: day('2025-01-01') },
  'customs-class': { subjectName: '甲公司', decidedOn: day('2025-01-01'), class: 'advanced-certified' },
  qualification: {
    subjectName: '甲公司',
    documentNumber: '证1号',
    decidedOn: day('2025-01-01'),
    decidedBy: '某局',
  },
  commitment: { subjectName: '甲公司', decidedOn: day('2025-01-01'), decidedBy: '某局' },
}

/** Any of the other decisions, with one document of each type unless said. */
export function decision<Type extends OtherDecision>(
  type: Type,
  facts: Partial<RecordOf<Type>['facts']> = {},
  more: Base = {},
): FactRecord {
  return { type, ...base({ document: type, ...more }), facts: { ...samples[type], ...facts } } as FactRecord
}

/** Of the penalty above, unless said. */
export function withdrawal(facts: Partial<WithdrawalFacts> = {}, more: Base = {}): FactRecord {
  const all = {
    subjectName: '甲公司',
    kind: 'repair' as const,
    recordType: 'penalty' as const,
    documentNumber: '罚字1号',
    decidedBy: '某局',
    ...facts,
  }
  const document = withdrawalDocument(all.recordType, all.documentNumber ?? '')
  return { type: 'withdrawal', ...base({ authority: 'cf', document, ...more }), facts: all }
}

export function standing(record: FactRecord, sighting: Partial<Sighting> = {}): StandingRecord {
  const full = { entry: 0, row: 0, sentAt: instant('2026-01-01T00:00:00.000Z'), ...sighting }
  return { record, digest: recordDigest(record), sighting: full }
}

const aDay = fc.integer({ min: -1500, max: 1500 }).map((days) => addDays(day('2026-01-01'), days))
const maybeDay = fc.option(aDay, { nil: undefined })
const aName = fc.constantFrom('甲公司', '乙公司', '丙公司')
const anAuthority = fc.constantFrom('scjg', 'xk', 'cf', 'hb')
const aNumber = fc.integer({ min: 1, max: 4 })
const anAmount = fc.option(fc.constantFrom('100', '2500.5'), { nil: undefined })
/** A member that is absent rather than undefined: exact optional properties. */
const stated = <T extends object>(facts: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as never

const registrations = fc
  .record({
    name: aName,
    approvedOn: maybeDay,
    registeredCapital: anAmount,
    operatingFrom: maybeDay,
    operatingTo: maybeDay,
  })
  .map(stated)
const licences = fc
  .record({
    subjectName: aName,
    documentNumber: aNumber.map((number) => `许字${number}号`),
    decidedOn: aDay,
    validFrom: maybeDay,
    validTo: maybeDay,
    status: fc.option(fc.constantFrom('valid' as const, 'invalid' as const), { nil: undefined }),
    content: fc.option(fc.constant('餐饮服务'), { nil: undefined }),
  })
  .map(stated)
const penalties = fc
  .record({
    subjectName: aName,
    documentNumber: aNumber.map((number) => `罚字${number}号`),
    kinds: fc.constantFrom('责令停产停业', '罚款', '警告', '其他').map((kind) => [kind]),
    decidedOn: aDay,
    publishedTo: maybeDay,
    fineYuan: anAmount,
  })
  .map(stated)

const listings = fc
  .record({
    subjectName: aName,
    decidedOn: aDay,
    removedOn: maybeDay,
    reason: fc.option(fc.constant('失联'), { nil: undefined }),
    publishedTo: maybeDay,
  })
  .map(stated)
const aListType = fc.constantFrom('abnormal-listing' as const, 'serious-listing' as const)

const others = fc.oneof(
  aDay.map((decidedOn) => decision('registration-change', { decidedOn })),
  aDay.map((decidedOn) => decision('cancellation', { decidedOn })),
  fc
    .record({
      decidedOn: aDay,
      publishedTo: maybeDay,
      performance: fc.constantFrom('none' as const, 'full' as const),
    })
    .map((facts) => decision('judgment-default', stated(facts))),
  aDay.map((evaluatedTo) => decision('taxpayer-grade', { evaluatedTo })),
  fc
    .record({ decidedOn: aDay, publishedTo: maybeDay })
    .map((facts) => decision('tax-violation', stated(facts))),
  fc
    .record({ decidedOn: aDay, class: fc.constantFrom('advanced-certified' as const, 'dishonest' as const) })
    .map((facts) => decision('customs-class', facts)),
  fc
    .record({ decidedOn: aDay, validFrom: maybeDay, validTo: maybeDay })
    .map((facts) => decision('qualification', stated(facts))),
  fc
    .record({
      decidedOn: aDay,
      validTo: maybeDay,
      performance: fc.constantFrom('kept' as const, 'broken' as const),
    })
    .map((facts) => decision('commitment', stated(facts))),
)

const withdrawals = fc
  .record({
    kind: fc.constantFrom('withdrawal' as const, 'repair' as const),
    recordType: fc.constantFrom('licence' as const, 'penalty' as const),
    number: aNumber,
  })
  .map(({ kind, recordType, number }) => ({
    kind,
    recordType,
    documentNumber: `${recordType === 'licence' ? '许' : '罚'}字${number}号`,
  }))

/** Any record of one organisation, by one of four authorities. */
export const anyRecord = (uscc: string = USCC): fc.Arbitrary<FactRecord> =>
  anAuthority.chain((authority) =>
    fc.oneof(
      registrations.map((facts) => registration(facts, { authority, uscc })),
      licences.map((facts) => licence(facts, { authority, uscc })),
      penalties.map((facts) => penalty(facts, { authority, uscc })),
      fc.tuple(aListType, listings).map(([type, facts]) => listing(type, facts, { authority, uscc })),
      others.map((record) => ({ ...record, authority, subject: { kind: 'uscc' as const, value: uscc } })),
      withdrawals.map((facts) => withdrawal(facts, { authority, uscc })),
    ),
  )

export const anyInstant = fc
  .integer({ min: -1500 * 24, max: 1500 * 24 })
  .map((hours) => instantOf(Date.parse('2026-01-01T00:00:00Z') + hours * 3_600_000))

/** Records as they stand: one of each authority's document, no two seen in the same place. */
export const anyStanding: fc.Arbitrary<readonly StandingRecord[]> = fc
  .uniqueArray(anyRecord(), {
    maxLength: 9,
    selector: ({ type, authority, document }) => `${type}#${authority}#${document}`,
  })
  .chain((records) =>
    fc
      .array(fc.integer({ min: 0, max: 3 }), { minLength: records.length, maxLength: records.length })
      .map((days) =>
        records.map((record, entry) => {
          const sentAt = instantOf(Date.parse('2026-01-01T00:00:00Z') + (days[entry] ?? 0) * 86_400_000)
          return standing(record, { entry, sentAt })
        }),
      ),
  )

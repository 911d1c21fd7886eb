import { describe, expect, test } from 'vitest'
import type { Sha256 } from '../../shared/base/digest.ts'
import { extractOrganisation, type OrganisationExtract } from '../../shared/disclosure/extract.ts'
import { disclosedFieldNames, orderScope, type Scope } from '../../shared/disclosure/scope.ts'
import { recordDigest } from '../../shared/records/keys.ts'
import type { FactRecord, StandingRecord } from '../../shared/records/record.ts'
import { alpha, licence, penalty, policy, registration, start, syntheticUscc } from './sample.ts'

function standing(records: readonly FactRecord[]): readonly StandingRecord[] {
  return records.map((record, row) => ({
    record,
    digest: recordDigest(record) as Sha256,
    sighting: { entry: row, row, sentAt: start },
  }))
}

function extract(
  records: readonly FactRecord[],
  scope: Partial<Scope> = {},
  uscc = alpha,
): OrganisationExtract {
  const window = { from: '2024-01-01', to: '2025-12-31' } as Scope['window']
  const whole = { organisations: [uscc], fields: ['name', 'licences'], window, ...scope }
  return extractOrganisation(uscc, standing(records), { scope: whole, policy, validAt: start })
}

function fieldsOf(result: OrganisationExtract): Readonly<Record<string, unknown>> {
  return result.outcome === 'disclosed' ? result.fields : { outcome: result.outcome }
}

const held = [
  registration(alpha),
  licence(alpha, 'L-2023', '2023-12-31'),
  licence(alpha, 'L-2024', '2024-01-01'),
  licence(alpha, 'L-2025', '2025-12-31'),
  licence(alpha, 'L-2026', '2026-01-01'),
  penalty(alpha, 'P-2024', '2024-06-01'),
  penalty(alpha, 'P-2026', '2026-06-01'),
]

describe('an extract', () => {
  test.each(disclosedFieldNames)('of %s alone holds that field and no other', (name) => {
    expect(Object.keys(fieldsOf(extract(held, { fields: [name] })))).toEqual([name])
  })

  test('holds the documents decided in the window, its first and last day included', () => {
    const { licences } = fieldsOf(extract(held))
    expect(licences).toMatchObject([{ document_number: 'L-2024' }, { document_number: 'L-2025' }])
  })

  test('holds no narrative of a document outside the window, though the narrative carries no date', () => {
    const text = JSON.stringify(extract(held, { fields: ['licence_contents', 'penalty_grounds'] }))
    expect(text).toContain('L-2024的内容')
    expect(text).toContain('P-2024的事实')
    expect(text).not.toMatch(/L-2023|L-2026|P-2026/)
  })

  test('holds the registration as it stands at the release, whatever its dates', () => {
    const old = registration(alpha, { approvedOn: '2001-05-05', address: '样本路9号' })
    expect(fieldsOf(extract([old], { fields: ['address', 'approved_on'] }))).toEqual({
      address: '样本路9号',
      approved_on: '2001-05-05',
    })
  })

  test('states a field that nobody states as null', () => {
    expect(fieldsOf(extract(held, { fields: ['business_scope'] }))).toEqual({ business_scope: null })
  })

  test('says not held of an organisation without records', () => {
    expect(extract([])).toEqual({ uscc: alpha, outcome: 'not-held', code: 'RC-NOT-HELD' })
  })

  test('says the same of one whose records all lie outside the window: not even that they are there', () => {
    const outside = [licence(alpha, 'L-2023', '2023-12-31'), penalty(alpha, 'P-2026', '2026-06-01')]
    expect(extract(outside, { fields: ['name', 'sources'] })).toEqual(extract([]))
  })

  test('takes neither name nor source from a document outside the window', () => {
    const outside = { ...licence(alpha, 'L-2026', '2026-01-01'), authority: 'nanjing-bureau' }
    const records = [licence(alpha, 'L-2024', '2024-01-01'), outside]
    expect(fieldsOf(extract(records, { fields: ['sources'] }))).toEqual({ sources: ['suzhou-tax'] })
  })

  test('leaves out a penalty whose publication period has ended', () => {
    const base = penalty(alpha, 'P-2025', '2025-01-01')
    const ended = { ...base, facts: { ...base.facts, publishedTo: '2026-11-22' } } as FactRecord
    const last = { ...base, facts: { ...base.facts, publishedTo: '2026-11-23' } } as FactRecord
    expect(fieldsOf(extract([registration(alpha), ended], { fields: ['penalties'] }))).toEqual({
      penalties: [],
    })
    expect(
      fieldsOf(extract([registration(alpha), last], { fields: ['penalties'] }))['penalties'],
    ).toHaveLength(1)
  })

  test('does not fall back on an older statement because the one that stands was decided outside the window', () => {
    const [older, newer] = standing([
      { ...licence(alpha, 'L-7', '2024-05-05'), authority: 'nanjing-bureau' },
      licence(alpha, 'L-7', '2026-05-05'),
    ])
    const later = {
      ...newer!,
      sighting: { ...newer!.sighting, sentAt: '2026-11-24T00:00:00.000Z' as typeof start },
    }
    const scope = {
      organisations: [alpha],
      fields: ['licences'],
      window: { from: '2024-01-01', to: '2024-12-31' } as Scope['window'],
    }
    const result = extractOrganisation(alpha, [older!, later], { scope, policy, validAt: start })
    expect(JSON.stringify(result)).not.toContain('L-7')
  })

  test('leaves out what was withdrawn, in every field, a copy elsewhere too', () => {
    const copy = { ...penalty(alpha, 'P-2024', '2024-06-01'), authority: 'nanjing-bureau' }
    const repair = {
      ...penalty(alpha, 'P-2024', '2024-06-01'),
      type: 'withdrawal',
      document: 'penalty P-2024',
      facts: {
        subjectName: '合成样本有限公司',
        kind: 'repair',
        recordType: 'penalty',
        decidedBy: '合成机关',
      },
    } as FactRecord
    const all = { fields: [...disclosedFieldNames] }
    expect(JSON.stringify(extract([registration(alpha), copy], all))).toContain('P-2024')
    const extracted = extract([registration(alpha), copy, repair], all)
    expect(extracted).toMatchObject({
      fields: { penalties: [], penalty_grounds: [], sources: ['suzhou-tax'] },
    })
    expect(JSON.stringify(extracted)).not.toContain('P-2024')
    expect(extract([copy, repair], all)).toMatchObject({ outcome: 'not-held' })
  })

  test('withholds an individual business, told by its code or by its registration number', () => {
    const withheld = { outcome: 'withheld', code: 'SUBJECT_INDIVIDUAL_BUSINESS' }
    const individual = syntheticUscc(7, '92')
    expect(extract([registration(individual)], {}, individual)).toMatchObject(withheld)
    expect(extract([registration(alpha, { registrationNumber: '320100600000017' })])).toMatchObject(withheld)
    const other = licence(alpha, 'L-2024', '2024-01-01')
    const evidence = [{ kind: 'registration-number' as const, value: '320100900000017' }]
    expect(extract([{ ...other, otherIdentifiers: evidence }])).toMatchObject(withheld)
    expect(extract([registration(alpha, { registrationNumber: '320100-600000017' })])).toMatchObject(withheld)
    expect(extract([registration(alpha, { organisationType: '个体工商户' })])).toMatchObject(withheld)
    expect(extract([{ ...other, individualBusiness: true }])).toMatchObject(withheld)
  })
})

describe('a scope', () => {
  test('has one order', () => {
    const window = { from: '2024-01-01', to: '2024-01-02' } as Scope['window']
    const ordered = orderScope({ organisations: ['B', 'A'], fields: ['penalties', 'name'], window })
    expect(ordered).toEqual({ organisations: ['A', 'B'], fields: ['name', 'penalties'], window })
  })
})

import { expect, test } from 'vitest'
import { fieldsOf, type GoldenField, goldenFields, LAST_DAY } from '../../shared/fusion/golden-record.ts'
import { licenceFactsSchema } from '../../shared/records/types/licence.ts'
import { listingFactsSchema } from '../../shared/records/types/listing.ts'
import { penaltyFactsSchema } from '../../shared/records/types/penalty.ts'
import { registrationFactsSchema } from '../../shared/records/types/registration.ts'

const fields: readonly GoldenField[] = goldenFields

/** Free text that may name people, of every record type. */
const narrativeFacts = [
  'content',
  'remarks',
  'offence',
  'grounds',
  'legalBasis',
  'revokedCertificates',
  'businessScope',
  'address',
  'reason',
]

test('no two fields, members or list elements have the same Iceberg id', () => {
  const ids = fields.flatMap((field) => [
    field.id,
    field.elementId,
    ...(field.members ?? []).flatMap((member) => [member.id, member.elementId]),
  ])
  const given = ids.filter((id) => id !== undefined)
  expect(new Set(given).size).toBe(given.length)
})

test('every list has an id for its element, and nothing else has', () => {
  const all = fields.flatMap((field) => [field, ...(field.members ?? [])])
  const lists = all.filter(({ type }) => type.endsWith('-list'))
  expect(lists.every(({ elementId }) => elementId !== undefined)).toBe(true)
  expect(all.filter(({ elementId }) => elementId !== undefined)).toEqual(lists)
})

test('no field has the name of another, and no member that of another in its list', () => {
  expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length)
  for (const { members = [] } of fields)
    expect(new Set(members.map(({ name }) => name)).size).toBe(members.length)
})

test('no published field carries narrative free text', () => {
  const published = fieldsOf('published').flatMap((field) => [
    field.fact,
    ...(field.members ?? []).map(({ fact }) => fact),
  ])
  expect(published.filter((fact) => narrativeFacts.includes(fact ?? ''))).toEqual([])
})

test('narrative free text is there for a case', () => {
  const disclosed = fieldsOf('disclosed').flatMap((field) => [
    field.fact,
    ...(field.members ?? []).map(({ fact }) => fact),
  ])
  expect(disclosed).toEqual(
    expect.arrayContaining([
      'content',
      'offence',
      'grounds',
      'legalBasis',
      'businessScope',
      'address',
      'reason',
    ]),
  )
})

test('every fact that a field reads is a fact of the record type its rule reads', () => {
  const facts = {
    registration: registrationFactsSchema.keyof().options,
    name: registrationFactsSchema.keyof().options,
    licence: licenceFactsSchema.keyof().options,
    penalty: penaltyFactsSchema.keyof().options,
    'abnormal-listing': listingFactsSchema.keyof().options,
    'serious-listing': listingFactsSchema.keyof().options,
  } as Readonly<Record<string, readonly string[]>>
  for (const field of fields) {
    const read = [field.fact, ...(field.members ?? []).map(({ fact }) => fact)].filter(
      (fact) => fact !== undefined && fact !== LAST_DAY,
    )
    expect(facts[field.of ?? field.rule] ?? []).toEqual(expect.arrayContaining(read))
  }
})

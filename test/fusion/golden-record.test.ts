import { expect, test } from 'vitest'
import { fieldsOf, type GoldenField, goldenFields, LAST_DAY } from '../../shared/fusion/golden-record.ts'
import { recordSchema } from '../../shared/records/record.ts'

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
  'item',
  'conduct',
  'nature',
  'handling',
  'purpose',
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
      'item',
      'conduct',
      'nature',
      'handling',
      'purpose',
    ]),
  )
})

test('every fact that a field reads is a fact of the record type its rule reads', () => {
  const facts = Object.fromEntries(
    recordSchema.options.map(({ shape }) => [shape.type.value, shape.facts.keyof().options as string[]]),
  )
  for (const field of fields) {
    const read = [field.fact, ...(field.members ?? []).map(({ fact }) => fact)].filter(
      (fact) => fact !== undefined && fact !== LAST_DAY,
    )
    expect(facts[field.of ?? 'registration'] ?? []).toEqual(expect.arrayContaining(read))
  }
})

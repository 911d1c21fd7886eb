import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../shared/base/canonical.ts'
import { partitionUscc, subjectPartition } from '../../shared/records/keys.ts'
import { decodePart, encodePart } from '../../shared/records/part.ts'
import { codeOf } from './world.ts'

test('a part comes out of the archive as it went in, whatever its texts say', () => {
  const aText = fc.string({ unit: 'grapheme-composite', maxLength: 40 })
  const aRecord = fc.record({
    row: fc.nat(),
    partition: fc.constantFrom('org#1', 'registration-number#2'),
    sort: fc.constantFrom('a#b#c', 'd'),
    text: fc
      .record({ text: fc.oneof(aText, fc.constantFrom('\t', '\n', '\r\n', '\0', '\u2028', '\\n')) })
      .map(canonicalJson),
  })
  fc.assert(
    fc.property(fc.array(aRecord, { maxLength: 20 }), (records) => {
      const { body, reference } = encodePart(records)
      expect(decodePart(body)).toEqual(records)
      expect(reference.records).toBe(records.length)
    }),
  )
})

test('equal records make equal bytes, so that a part sent again is the same object', () => {
  const records = [{ row: 0, partition: 'org#1', sort: 'a', text: '{}' }]
  expect(encodePart(records).reference).toEqual(encodePart(structuredClone(records)).reference)
})

test('only a USCC makes the partition of an organisation', () => {
  const code = codeOf(1)
  expect(partitionUscc(subjectPartition({ kind: 'uscc', value: code }))).toBe(code)
  for (const kind of ['registration-number', 'organisation-code', 'tax-number'] as const) {
    expect(partitionUscc(subjectPartition({ kind, value: code }))).toBeUndefined()
  }
})

test('a number of an old form cannot break a key', () => {
  const partition = subjectPartition({ kind: 'registration-number', value: '企合苏总字第000063号#x/..' })
  expect(partition).toMatch(/^registration-number#[0-9a-f]{32}$/)
})

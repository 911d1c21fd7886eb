import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../shared/base/canonical.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { partitionUscc, subjectPartition } from '../../shared/records/keys.ts'
import {
  decodePart,
  encodePart,
  eraseRows,
  partKey,
  readPart,
  sourceDigest,
} from '../../shared/records/part.ts'
import { openMemoryObjects } from '../memory-objects.ts'
import { codeOf } from './world.ts'

test('a part comes out of the archive as it went in, whatever its texts say', () => {
  const aText = fc.string({ unit: 'grapheme-composite', maxLength: 40 })
  const aRecord = fc.record({
    row: fc.nat(),
    partition: fc.constantFrom('org#1', 'registration-number#2'),
    sort: fc.constantFrom('a#b#c', 'd'),
    source: fc.string({ unit: 'grapheme' }).map((text) => ({ digest: 'e', text: JSON.stringify({ text }) })),
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

test('a part of which a record was erased has its name still, and holds', async () => {
  const objects = openMemoryObjects()
  const texts = ['{"a":1}', '{"b":2}']
  const records = texts.map((text, row) => ({
    ...{ row, partition: 'org#1', sort: `t#${sha256(text)}`, text },
    source: sourceOf(`{"row":${row}}`),
  }))
  const rest = { ...records[1], text: '', source: { ...records[1]?.source, text: '' } }
  const { body, reference } = encodePart(records)
  await objects.put(partKey(reference.sha256), body, 'absent')
  for (let times = 0; times < 2; times++) {
    expect(await eraseRows(objects, reference.sha256, new Set([1]))).toEqual([rest])
  }
  expect(await readPart(objects, reference)).toEqual([records[0], rest])
  const stored = await objects.find(partKey(reference.sha256))
  expect(decodePart(stored?.body ?? body).map(({ text }) => text)).toEqual(['{"a":1}', ''])
})

test.each([
  ['another text', { text: '{"a":2}' }],
  ['another subject', { partition: 'org#2' }],
  ['another digest', { sort: `t#${sha256('{"a":2}')}`, text: '{"a":2}' }],
  ['another place', { row: 9 }],
  ['another row it came of', { source: sourceOf('{"b":1}') }],
  ['a row that is not of its digest', { source: { ...sourceOf('{"a":1}'), text: '{"b":1}' } }],
])('a part in which a record has %s is corrupt', async (_, change) => {
  const objects = openMemoryObjects()
  const record = {
    row: 0,
    partition: 'org#1',
    sort: `t#${sha256('{"a":1}')}`,
    text: '{"a":1}',
    source: sourceOf('{"a":1}'),
  }
  const { reference } = encodePart([record])
  await objects.put(partKey(reference.sha256), encodePart([{ ...record, ...change }]).body, 'absent')
  await expect(readPart(objects, reference)).rejects.toMatchObject({ code: 'ARCHIVE_PART_CORRUPT' })
})

function sourceOf(text: string) {
  return { digest: sourceDigest(text), text }
}

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

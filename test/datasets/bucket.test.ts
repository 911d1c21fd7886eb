import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf, murmur3 } from '../../shared/datasets/bucket.ts'

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')

// Iceberg spec, appendix B, "32-bit hash requirements": numbers as 8 bytes little-endian, decimals as two's complement
test.each([
  ['string "iceberg"', Buffer.from('iceberg'), 1210000089],
  ['int and long 34', bytes('2200000000000000'), 2017239379],
  ['decimal 14.20', bytes('058c'), -500754589],
  ['date 2017-11-16, 17486 days', bytes('4e44000000000000'), -653330422],
  ['time 22:31:08, in microseconds', bytes('008307e012000000'), -662762989],
  ['uuid f79c3e09-677c-4bbd-a479-3f349cb785e7', bytes('f79c3e09677c4bbda4793f349cb785e7'), 1488055340],
  ['binary 00 01 02 03', bytes('00010203'), -188683207],
  ['nothing at all', bytes(''), 0],
])('the hash of %s is the one Iceberg gives', (_, value, expected) => {
  expect(murmur3(value)).toBe(expected)
})

test('every code has one bucket of those there are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 4096 }), (code, count) => {
      const bucket = bucketOf(code, count)
      expect(Number.isInteger(bucket) && bucket >= 0 && bucket < count).toBe(true)
    }),
  )
})

test('a negative hash counts by its lower 31 bits', () => {
  expect(murmur3(Buffer.from('code-0'))).toBeLessThan(0)
  expect(bucketOf('code-0', 16)).toBe((murmur3(Buffer.from('code-0')) & 0x7fffffff) % 16)
})

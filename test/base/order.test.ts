import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareUtf8 } from '../../shared/base/order.ts'

test('texts are ordered as their UTF-8 bytes are, also beyond the basic plane', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
      expect(Math.sign(compareUtf8(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)))
    }),
  )
  expect(compareUtf8('\uff01', '\u{1f600}')).toBeLessThan(0)
})

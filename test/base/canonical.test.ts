import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../shared/base/canonical.ts'
import { digestOf, sha256 } from '../../shared/base/digest.ts'

describe('canonical JSON', () => {
  test('is the same whatever the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse())
        expect(canonicalJson(reversed)).toBe(canonicalJson(value))
      }),
    )
  })

  test('says the same as the value it was made of', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test.each(['\ud800', 'a\udc00b', '\\\ud800'])('refuses the lone surrogate in %j', (text) => {
    expect(() => canonicalJson({ text })).toThrow('TEXT_NOT_WELL_FORMED')
  })

  test('takes a text that only looks like an escaped surrogate', () => {
    expect(canonicalJson('\\ud800')).toBe('"\\\\ud800"')
    expect(canonicalJson('😀')).toBe('"😀"')
  })

  test('has the digest of its UTF-8 bytes', () => {
    expect(digestOf({ b: 1, a: '中' })).toBe(sha256('{"a":"中","b":1}'))
  })
})

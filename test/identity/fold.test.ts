import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldIdentifier, isPlaceholder } from '../../shared/identity/fold.ts'

describe('folding', () => {
  test.each([
    ['91330203yy0000015x', '91330203YY0000015X'],
    ['９１３３０２０３ＹＹ', '91330203YY'],
    ['ｙｙ', 'YY'],
    ['9133 0203', '91330203'],
    [' \t91330203\r\n', '91330203'],
    ['9133\u30000203\u00a0', '91330203'],
    ['YY000001-5', 'YY0000015'],
    ['YY000001－5', 'YY0000015'],
    ['YY000001–5', 'YY0000015'],
    ['YY000001—5', 'YY0000015'],
    ['YY000001−5', 'YY0000015'],
    ['\ufeff91330203', '91330203'],
    ['9133\u200b0203\u200d\u2060', '91330203'],
    ['9133\u00ad0203', '91330203'],
    // What Windows adds to a number that is copied from its dialogs
    ['\u202a91330203\u202c', '91330203'],
    ['企合苏总字第 000063 号', '企合苏总字第000063号'],
    ['9133.0203_Y', '9133.0203_Y'],
  ])('%j gives %j', (text, folded) => {
    expect(foldIdentifier(text)).toBe(folded)
  })

  test('leaves every character where it is but for case, and takes out spaces and hyphens', () => {
    const printable = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...printable)), (characters) => {
        const kept = characters.filter((character) => character !== ' ' && character !== '-')
        expect(foldIdentifier(characters.join(''))).toBe(kept.join('').toUpperCase())
      }),
    )
  })

  test.each([
    ['O', 'oOｏＯ'],
    ['0', '0０'],
    ['I', 'iIｉＩ'],
    ['1', '1１'],
    ['L', 'lLｌＬ'],
    ['S', 'sSｓＳ'],
    ['5', '5５'],
    ['Z', 'zZｚＺ'],
    ['2', '2２'],
  ])(
    'gives %s for each of %s: no letter becomes the digit it looks like, no digit the letter',
    (folded, all) => {
      for (const character of all) expect(foldIdentifier(character)).toBe(folded)
    },
  )

  test('twice gives what once gives, for every character', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const once = foldIdentifier(String.fromCodePoint(code))
      if (foldIdentifier(once) !== once) expect.fail(`not for U+${code.toString(16)}`)
    }
  })

  test('twice gives what once gives, for any text', () => {
    // Accents that combine once what parts them is gone, and capitals that are more than one character
    const awkward = fc.constantFrom('e', '\u0301', '\u0308', '\u200b', '-', '\u0390', 'ß', 'ŉ', '㍿', 'ﬁ')
    const unit = fc.oneof(awkward, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const once = foldIdentifier(text)
        expect(foldIdentifier(once)).toBe(once)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a placeholder', () => {
  test.each([
    '',
    ' ',
    '\n',
    '\u3000',
    '\u200b',
    '-',
    '—',
    '— —',
    '－－',
    '/',
    '／',
    '无',
    ' 无 ',
    '暂无',
    '空',
    'null',
    'NULL',
    'N/A',
    'n/a',
    '0',
    '０００',
    '000000000',
    '000000000000000',
    '00000000000000000X',
    '00000000000000000x',
    '000000000000000000',
    '00000000-0',
  ])('is %j', (text) => {
    expect(isPlaceholder(text)).toBe(true)
  })

  test.each(['X', '0X0', '00Y', 'O', 'OOOOOOOOO', '1', '无锡', '暂无代码', '//', 'NA', 'YY0000015'])(
    'is not %s',
    (text) => {
      expect(isPlaceholder(text)).toBe(false)
    },
  )
})

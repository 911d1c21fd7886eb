import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hasResidentIdShape,
  holdsOldResidentIdShape,
  holdsResidentIdShape,
  isResidentId,
  residentIdCheck,
} from '../../shared/identity/resident-id.ts'
import { aResidentId, residentIdCheckOf, substitutions, transpositions } from './check-digits.ts'

/** Division 999999 does not exist: the number is nobody's. */
function residentIdOf(birth: string, area = '999999'): string {
  const first17 = `${area}${birth}001`
  return `${first17}${residentIdCheckOf(first17)}`
}

describe('a resident ID', () => {
  test('is known by the check character of the standard, and by no other', () => {
    fc.assert(
      fc.property(aResidentId, (id) => {
        expect(isResidentId(id)).toBe(true)
        for (const check of '0123456789X'.replace(id.charAt(17), '')) {
          expect(isResidentId(`${id.slice(0, 17)}${check}`)).toBe(false)
        }
      }),
    )
  })

  test('has the check character of the standard for any seventeen digits', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 17, maxLength: 17 })
    fc.assert(
      fc.property(digits, (first17) => {
        expect(residentIdCheck(first17)).toBe(residentIdCheckOf(first17))
      }),
    )
  })

  test('with one character mistaken, or two neighbours exchanged, is none', () => {
    fc.assert(
      fc.property(aResidentId, (id) => {
        const mistakes = [...substitutions(id, () => '0123456789X'), ...transpositions(id)]
        expect(mistakes.filter(({ changed }) => isResidentId(changed))).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  test.each(['19700101', '18500101', '20291231', '20000229', '20240229', '19990430'])(
    'may be of someone born on %s',
    (birth) => {
      expect(isResidentId(residentIdOf(birth))).toBe(true)
    },
  )

  test.each([
    '18491231',
    '20300101',
    '21000101',
    '19700001',
    '19701301',
    '19700100',
    '19700132',
    '19000229',
    '20230229',
  ])('is of nobody born on %s', (birth) => {
    expect(hasResidentIdShape(residentIdOf(birth))).toBe(false)
  })

  test.each([
    ['begins with 0', residentIdOf('19700101', '099999')],
    ['has the fifteen digits of before 1999', '999999700101001'],
    ['has a letter that is not the last', residentIdOf('19700101').replace('001', '0X1')],
    ['is written in small letters, before folding', '99999919700101001x'],
    ['is not there', ''],
  ])('is not told from one that %s', (_, text) => {
    expect(hasResidentIdShape(text)).toBe(false)
  })
})

describe('the form of a resident ID', () => {
  test.each([
    '99999919700101001',
    '99999919700101001A',
    '1299999919700101001',
    '999999/1970/01/01/001/0',
    'ID99999919700101001',
    '999999,19700101 ,001',
  ])('is held in %s', (text) => {
    expect(holdsResidentIdShape(text)).toBe(true)
  })

  test.each(['', '9999991970010100', '99999919701301001', '999999197001A01001', '示罚[2025]000001号'])(
    'is not held in %j',
    (text) => {
      expect(holdsResidentIdShape(text)).toBe(false)
    },
  )
})

describe('the old form of a resident ID', () => {
  test.each(['999999700101001', '身份证999999700101001', 'A999999991231999'])('is held in %s', (text) => {
    expect(holdsOldResidentIdShape(text)).toBe(true)
  })

  test.each([
    '',
    '999999701301001',
    '999999700230001',
    '99999970010100',
    '9999997001010010',
    '099999700101001',
  ])('is not held in %j', (text) => {
    expect(holdsOldResidentIdShape(text)).toBe(false)
  })
})

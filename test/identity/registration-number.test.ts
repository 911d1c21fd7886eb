import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isIndividualBusinessNumber,
  isOldRegistrationNumber,
  parseRegistrationNumber,
  registrationNumberChecks,
} from '../../shared/identity/registration-number.ts'
import { aRegistrationNumber, registrationNumberCheckOf, substitutions } from './check-digits.ts'

describe('a registration number', () => {
  test('is valid with the check digit of the standard, and with no other', () => {
    fc.assert(
      fc.property(aRegistrationNumber, (number) => {
        expect(parseRegistrationNumber(number)).toMatchObject({ kind: 'valid', value: number })
        for (const digit of '0123456789'.replace(number.charAt(14), '')) {
          expect(parseRegistrationNumber(`${number.slice(0, 14)}${digit}`)).toEqual({
            kind: 'invalid',
            findings: ['REGISTRATION_NUMBER_CHECK_FAILED'],
          })
        }
      }),
    )
  })

  test('with any one digit mistaken fails its check', () => {
    fc.assert(
      fc.property(aRegistrationNumber, (number) => {
        for (const { changed } of substitutions(number, () => '0123456789')) {
          expect(registrationNumberChecks(changed)).toBe(false)
        }
      }),
      { numRuns: 50 },
    )
  })

  // What MOD 11,10 guarantees and no more: of the 45 pairs of different digits one slips through, another in each place
  test('with two neighbours exchanged fails its check, but for one pair of digits in each place', () => {
    const aPlace = fc.integer({ min: 6, max: 12 })
    fc.assert(
      fc.property(aRegistrationNumber, aPlace, (number, at) => {
        const unseen = pairsOfDigits().filter(([left, right]) => {
          const first14 = `${number.slice(0, at)}${left}${right}${number.slice(at + 2, 14)}`
          const exchanged = `${number.slice(0, at)}${right}${left}${number.slice(at + 2, 14)}`
          return registrationNumberChecks(`${exchanged}${registrationNumberCheckOf(first14)}`)
        })
        expect(unseen).toHaveLength(1)
      }),
    )
  })

  test.each([...'0123456789'])('whose seventh digit is %s is an individual business from 6 on', (digit) => {
    const first14 = `999999${digit}0000001`
    const number = `${first14}${registrationNumberCheckOf(first14)}`
    const isIndividual = digit >= '6'
    expect(isIndividualBusinessNumber(number)).toBe(isIndividual)
    expect(parseRegistrationNumber(number)).toEqual({
      kind: 'valid',
      value: number,
      findings: isIndividual ? ['INDIVIDUAL_BUSINESS'] : [],
    })
  })
})

describe('of a registration number', () => {
  test.each(['', '/', '000000000000000'])('%j says that there is none', (text) => {
    expect(parseRegistrationNumber(text)).toEqual({ kind: 'absent' })
  })

  test.each([
    '9999990000001',
    '99999900000001',
    '9999990000000101',
    '99999900000001A',
    '企合苏总字第000063号',
  ])('%s has not the form', (text) => {
    expect(parseRegistrationNumber(text)).toEqual({ kind: 'invalid', findings: ['FORM_UNKNOWN'] })
  })
})

function pairsOfDigits(): readonly (readonly [left: number, right: number])[] {
  return Array.from({ length: 100 }, (_, at) => [Math.floor(at / 10), at % 10] as const).filter(
    ([left, right]) => left < right,
  )
}

describe('a registration number of before 2007', () => {
  test.each(['3302001234567', '企合苏总字第000063号', '企独粤深总字第304253号', '企作浙字第1号'])(
    'is %s',
    (number) => {
      expect(isOldRegistrationNumber(number)).toBe(true)
    },
  )

  test.each([
    '',
    '330200123456',
    '33020012345678',
    '330200000012344',
    '企字第1号',
    '企合苏总字第000063',
    '企合苏总字第13900000000号',
    '张三字第1号',
    '企合A总字第1号',
  ])('is not %j', (number) => {
    expect(isOldRegistrationNumber(number)).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTaxNumber } from '../../shared/identity/tax-number.ts'
import { aBody, organisationCodeCheckOf } from './check-digits.ts'

describe('a tax number', () => {
  test('is six digits, which nothing checks, and an organisation code', () => {
    const sixDigits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(sixDigits, aBody, (division, body) => {
        const number = `${division}${body}${organisationCodeCheckOf(body)}`
        expect(parseTaxNumber(number)).toEqual({ kind: 'valid', value: number, findings: [] })
      }),
    )
  })

  test('fails with the organisation code in it', () => {
    fc.assert(
      fc.property(aBody, (body) => {
        for (const check of '0123456789X'.replace(organisationCodeCheckOf(body), '')) {
          expect(parseTaxNumber(`330203${body}${check}`)).toEqual({
            kind: 'invalid',
            findings: ['ORGANISATION_CODE_CHECK_FAILED'],
          })
        }
      }),
    )
  })

  test.each(['33020YYY0000015', '330203YY000001', '330203YY00000155', '330203YY000001A'])(
    '%s is none',
    (text) => {
      expect(parseTaxNumber(text)).toEqual({ kind: 'invalid', findings: ['FORM_UNKNOWN'] })
    },
  )

  test.each(['', '无', '0'.repeat(15)])('%j says that there is none', (text) => {
    expect(parseTaxNumber(text)).toEqual({ kind: 'absent' })
  })
})

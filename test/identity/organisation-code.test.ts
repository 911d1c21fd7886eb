import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  organisationCodeCheck,
  organisationCodeChecks,
  parseOrganisationCode,
} from '../../shared/identity/organisation-code.ts'
import {
  ORGANISATION_CODE_CHARACTERS,
  organisationCodeCheckOf,
  substitutions,
  transpositions,
} from './check-digits.ts'

const aCode = fc
  .string({ unit: fc.constantFrom(...ORGANISATION_CODE_CHARACTERS), minLength: 6, maxLength: 6 })
  .map((rest) => `YY${rest}${organisationCodeCheckOf(`YY${rest}`)}`)

/** What a character counts modulo 11; in the ninth place X is 10, in the others it is 33. */
function residue(character: string, at: number): number {
  return at === 8 && character === 'X' ? 10 : ORGANISATION_CODE_CHARACTERS.indexOf(character) % 11
}

describe('an organisation code', () => {
  test('is valid with the check character of the standard, with and without its hyphen', () => {
    fc.assert(
      fc.property(aCode, (code) => {
        const valid = { kind: 'valid', value: code, findings: [] }
        expect(parseOrganisationCode(code)).toEqual(valid)
        expect(parseOrganisationCode(`${code.slice(0, 8)}-${code[8]}`)).toEqual(valid)
      }),
    )
  })

  test('has the check character of the standard for any eight characters', () => {
    const body = fc.string({
      unit: fc.constantFrom(...ORGANISATION_CODE_CHARACTERS),
      minLength: 8,
      maxLength: 8,
    })
    fc.assert(
      fc.property(body, (characters) => {
        expect(organisationCodeCheck(characters)).toBe(organisationCodeCheckOf(characters))
      }),
    )
  })

  // 36 characters on 11 residues: B counts as 0 does, so no check modulo 11 can tell them apart
  test('with one character mistaken fails, unless the two count the same modulo 11', () => {
    fc.assert(
      fc.property(aCode, (code) => {
        const allowed = (at: number) => (at === 8 ? '0123456789X' : ORGANISATION_CODE_CHARACTERS)
        for (const { at, changed } of substitutions(code, allowed)) {
          const isSame = residue(code.charAt(at), at) === residue(changed.charAt(at), at)
          expect(organisationCodeChecks(changed)).toBe(isSame)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('with one digit mistaken for another always fails', () => {
    fc.assert(
      fc.property(aCode, (code) => {
        for (const { at, changed } of substitutions(code, () => '0123456789')) {
          if (/\d/.test(code.charAt(at))) expect(organisationCodeChecks(changed)).toBe(false)
        }
      }),
      { numRuns: 50 },
    )
  })

  // No two neighbours weigh the same modulo 11
  test('with two neighbours of the first eight exchanged fails, unless they count the same modulo 11', () => {
    fc.assert(
      fc.property(aCode, (code) => {
        for (const { at, changed } of transpositions(code)) {
          if (at === 7) continue
          const isSame = residue(code.charAt(at), at) === residue(code.charAt(at + 1), at)
          expect(organisationCodeChecks(changed)).toBe(isSame)
        }
      }),
    )
  })

  test('with its last two characters exchanged fails, unless they are 1 and X', () => {
    for (const last of ORGANISATION_CODE_CHARACTERS) {
      for (let serial = 0; serial < 40; serial++) {
        const body = `YY000${String(serial).padStart(2, '0')}${last}`
        const check = organisationCodeCheckOf(body)
        if (check === last) continue
        const changed = `${body.slice(0, 7)}${check}${last}`
        const isUnseen = [last, check].sort().join('') === '1X'
        expect(organisationCodeChecks(changed)).toBe(isUnseen)
      }
    }
  })
})

describe('of an organisation code', () => {
  test.each(['', '-', '无', '000000000', '00000000-0', '00000000-X'])(
    '%j says that there is none',
    (text) => {
      expect(parseOrganisationCode(text)).toEqual({ kind: 'absent' })
    },
  )

  test.each(['YY00000', 'YY0000015X', 'YY00000_5', 'YY000001A', '示例单位代码九个字'])(
    '%s has not the form',
    (text) => {
      expect(parseOrganisationCode(text)).toEqual({ kind: 'invalid', findings: ['FORM_UNKNOWN'] })
    },
  )

  test('a wrong check character is found, and not put right', () => {
    const right = organisationCodeCheckOf('YY000001')
    for (const check of '0123456789X'.replace(right, '')) {
      expect(parseOrganisationCode(`YY000001${check}`)).toEqual({
        kind: 'invalid',
        findings: ['ORGANISATION_CODE_CHECK_FAILED'],
      })
    }
  })
})

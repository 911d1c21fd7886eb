import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../shared/identity/finding.ts'
import { completeUscc, organisationCodeOf, parseUscc, usccCheck } from '../../shared/identity/uscc.ts'
import {
  aBody,
  aUscc,
  completed,
  organisationCodeCheckOf,
  substitutions,
  transpositions,
  USCC_CHARACTERS,
  usccCheckOf,
} from './check-digits.ts'

function findingsOf(text: string): readonly Finding[] {
  const parsed = parseUscc(text)
  return parsed.kind === 'absent' ? ['ABSENT'] : parsed.findings
}

describe('a USCC', () => {
  test('is valid when both its check characters are those of the standards', () => {
    fc.assert(
      fc.property(aUscc, (code) => {
        expect(parseUscc(code)).toMatchObject({ kind: 'valid', value: code })
      }),
    )
  })

  test('is completed by the check characters of the standards', () => {
    fc.assert(
      fc.property(aBody, (body) => {
        const parts = { prefix: '91', division: '330203', body }
        expect(completeUscc(parts)).toBe(completed(parts))
      }),
    )
  })

  test('has the check character of the standard for any seventeen characters', () => {
    const first17 = fc.string({ unit: fc.constantFrom(...USCC_CHARACTERS), minLength: 17, maxLength: 17 })
    fc.assert(
      fc.property(first17, (characters) => {
        expect(usccCheck(characters)).toBe(usccCheckOf(characters))
      }),
    )
  })

  test.each([...USCC_CHARACTERS])('may have the check character %s', (check) => {
    const serials = Array.from({ length: 2_000 }, (_, at) =>
      completed({ body: `YY${String(at).padStart(6, '0')}` }),
    )
    const code = serials.find((each) => each.endsWith(check)) ?? ''
    expect(parseUscc(code)).toMatchObject({ kind: 'valid', value: code })
  })

  // 31 is a prime and no two neighbours weigh the same modulo 31: nothing of either kind can pass
  test('with any one character mistaken fails its check', () => {
    fc.assert(
      fc.property(aUscc, (code) => {
        const allowed = (at: number) => (at >= 2 && at < 8 ? '0123456789' : USCC_CHARACTERS)
        for (const { changed } of substitutions(code, allowed)) {
          expect(findingsOf(changed)).toContain('USCC_CHECK_FAILED')
          expect(parseUscc(changed).kind).toBe('invalid')
        }
      }),
      { numRuns: 20 },
    )
  })

  test('with any two neighbours exchanged fails its check, or has a letter in its division', () => {
    fc.assert(
      fc.property(aUscc, (code) => {
        for (const { changed } of transpositions(code)) {
          const expected: Finding = /^..\d{6}/.test(changed) ? 'USCC_CHECK_FAILED' : 'CHARACTER_INVALID'
          expect(findingsOf(changed)).toContain(expected)
          expect(parseUscc(changed).kind).toBe('invalid')
        }
      }),
      { numRuns: 100 },
    )
  })

  test('holds the organisation code that it was made from', () => {
    fc.assert(
      fc.property(aBody, (body) => {
        expect(organisationCodeOf(completed({ body }))).toBe(`${body}${organisationCodeCheckOf(body)}`)
      }),
    )
  })
})

describe('of a USCC', () => {
  const code = completed()
  const wrongLast = `${code.slice(0, 17)}${code.endsWith('1') ? '2' : '1'}`
  const wrongInside = `${code.slice(0, 16)}${code[16] === '1' ? '2' : '1'}`

  test.each<[what: string, code: string, findings: readonly Finding[]]>([
    ['whose last character is wrong', wrongLast, ['USCC_CHECK_FAILED']],
    [
      'whose organisation code is wrong',
      `${wrongInside}${usccCheckOf(wrongInside)}`,
      ['ORGANISATION_CODE_CHECK_FAILED'],
    ],
    [
      'whose organisation code was changed afterwards',
      `${wrongInside}${code[17]}`,
      ['USCC_CHECK_FAILED', 'ORGANISATION_CODE_CHECK_FAILED'],
    ],
    ['of a department that does not exist', completed({ prefix: 'B1' }), ['DEPARTMENT_UNKNOWN']],
    ['that begins with 0', completed({ prefix: '01' }), ['DEPARTMENT_UNKNOWN']],
    ['with a letter in its division', completed({ division: '33A203' }), ['CHARACTER_INVALID']],
    ['with a sign in it', `${code.slice(0, 17)}*`, ['CHARACTER_INVALID']],
    ['of seventeen characters', code.slice(0, 17), ['FORM_UNKNOWN']],
    ['of nineteen characters', `${code}0`, ['FORM_UNKNOWN']],
    ['that is none', '无', ['ABSENT']],
    ['that is not there', '', ['ABSENT']],
    ['of zeros and X, as written where there is none', '00000000000000000X', ['ABSENT']],
    ['of zeros, which passes both checks', '0'.repeat(18), ['ABSENT']],
  ])('%s, %s, is found %j', (_, text, findings) => {
    expect(parseUscc(text).kind).not.toBe('valid')
    expect(findingsOf(text)).toEqual(findings)
  })

  test.each<[what: string, code: string, findings: readonly Finding[]]>([
    ['of department 9, category 9, which occurs', completed({ prefix: '99' }), ['CATEGORY_UNKNOWN']],
    ['of a division of the market regulator’s own', completed({ division: '440101' }), ['DIVISION_UNKNOWN']],
    ['of a division that was abolished', completed({ division: '110103' }), []],
    ['of the national authority', completed({ division: '100000' }), []],
    ['of an individual business', completed({ prefix: '92' }), ['INDIVIDUAL_BUSINESS']],
  ])('%s, %s, is found %j, which is no error', (_, text, findings) => {
    expect(parseUscc(text)).toEqual({ kind: 'valid', value: text, findings })
  })

  test.each([...'IOSVZ'])('the letter %s is never allowed, nor read as the digit it looks like', (letter) => {
    for (let at = 0; at < 18; at++) {
      const text = `${code.slice(0, at)}${letter}${code.slice(at + 1)}`
      expect(findingsOf(text)).toEqual(['CHARACTER_INVALID'])
    }
  })

  test.each(['０', 'o', 'O'])('a zero that was typed as %s is a zero only if it is one', (typed) => {
    fc.assert(
      fc.property(aUscc, (valid) => {
        fc.pre(valid.includes('0'))
        const expected = typed === '０' ? 'valid' : 'invalid'
        expect(parseUscc(valid.replace('0', typed)).kind).toBe(expected)
      }),
    )
  })
})

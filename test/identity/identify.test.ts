import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findings, isError } from '../../shared/identity/finding.ts'
import { type Identification, identify } from '../../shared/identity/identify.ts'
import {
  aRegistrationNumber,
  aResidentId,
  aUscc,
  completed,
  organisationCodeCheckOf,
  registrationNumberCheckOf,
  residentIdCheckOf,
  usccCheckOf,
} from './check-digits.ts'

const organisationCode = `YY000001${organisationCodeCheckOf('YY000001')}`
/** Division 999999 does not exist: the numbers are nobody's. */
const registrationNumber = `99999912345678${registrationNumberCheckOf('99999912345678')}`
const residentId = `99999919700101001${residentIdCheckOf('99999919700101001')}`

/** Eighteen digits that pass as a USCC of department 9 and as a resident ID; the divisions of both do not exist. */
const ambiguous = findAmbiguous()

describe('an identifier', () => {
  test.each<[what: string, input: string, kind: Identification['kind'], value: string]>([
    ['a USCC', completed(), 'uscc', completed()],
    ['a USCC, folded', ` ${completed().toLowerCase()} `, 'uscc', completed()],
    ['an organisation code', organisationCode, 'organisation-code', organisationCode],
    ['one with its hyphen', organisationCode.replace(/.$/, '-$&'), 'organisation-code', organisationCode],
    ['a registration number', registrationNumber, 'registration-number', registrationNumber],
    ['a tax number', `330203${organisationCode}`, 'tax-number', `330203${organisationCode}`],
  ])('that is %s, %j, is a valid %s', (_, input, kind, value) => {
    expect(identify(input)).toMatchObject({ input, kind, value, valid: true, findings: [] })
  })

  test.each<[input: string, kind: Identification['kind'], findings: readonly string[]]>([
    ['', 'unknown', ['ABSENT']],
    ['— —', 'unknown', ['ABSENT']],
    ['00000000000000000X', 'unknown', ['ABSENT']],
    ['示例有限公司', 'unknown', ['FORM_UNKNOWN']],
    ['9133020300001', 'unknown', ['FORM_UNKNOWN']],
    ['企合苏总字第000063号', 'unknown', ['FORM_UNKNOWN']],
    ['十八个字的一个句子在这里没有任何代码。', 'unknown', ['FORM_UNKNOWN']],
    ['十五个字的句子这里没有代码。。', 'unknown', ['FORM_UNKNOWN']],
    ['九个字也不是代码。', 'unknown', ['FORM_UNKNOWN']],
    ['YY000001A', 'organisation-code', ['FORM_UNKNOWN']],
    [wrongLast(organisationCode), 'organisation-code', ['ORGANISATION_CODE_CHECK_FAILED']],
    [wrongLast(registrationNumber), 'registration-number', ['REGISTRATION_NUMBER_CHECK_FAILED']],
    [`330203${wrongLast(organisationCode)}`, 'tax-number', ['ORGANISATION_CODE_CHECK_FAILED']],
    [wrongLast(completed()), 'uscc', ['USCC_CHECK_FAILED']],
    [completed({ prefix: 'B1' }), 'uscc', ['DEPARTMENT_UNKNOWN']],
    [completed().replace('YY', 'YO'), 'uscc', ['CHARACTER_INVALID']],
  ])('such as %j is invalid: %s, %j', (input, kind, found) => {
    expect(identify(input)).toMatchObject({ input, kind, value: null, valid: false, findings: found })
  })

  test('of fifteen digits that passes as a registration number and as a tax number is said to do so', () => {
    const both = Array.from({ length: 1_000 }, (_, at) => `99999900000${String(at).padStart(3, '0')}`)
      .map((first14) => `${first14}${registrationNumberCheckOf(first14)}`)
      .filter((number) => number[14] === organisationCodeCheckOf(number.slice(6, 14)))
    expect(both.length).toBeGreaterThan(0)
    for (const value of both) {
      const expected = { kind: 'registration-number', value, findings: ['TAX_NUMBER_ALSO_POSSIBLE'] }
      expect(identify(value)).toMatchObject(expected)
    }
  })

  test('of an individual business is said to be one', () => {
    const first14 = '99999960000001'
    for (const code of [completed({ prefix: '92' }), `${first14}${registrationNumberCheckOf(first14)}`]) {
      expect(identify(code)).toMatchObject({ valid: true, findings: ['INDIVIDUAL_BUSINESS'] })
    }
  })

  test('that is a USCC comes with its division, though abolished, its department and its category', () => {
    expect(identify(completed({ prefix: 'N2', division: '110103' }))).toMatchObject({
      division: { code: '110103', name: '北京市 崇文区', status: 'retired' },
      department: { code: 'N', zh: '农业', en: 'Agriculture' },
      category: { code: '2', zh: '村级集体经济组织', en: 'Village-level collective' },
    })
  })

  test('that is a USCC of no known division comes without one', () => {
    expect(identify(completed({ division: '440101' }))).not.toHaveProperty('division')
  })

  test('has a value exactly when it is valid, and is valid exactly when no finding is an error', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'09AXYO -　９字\u200b'), maxLength: 20 })
    const anInput = fc.oneof(aUscc, aRegistrationNumber, aResidentId, noise, aUscc.map(wrongLast))
    fc.assert(
      fc.property(anInput, (input) => {
        const { valid, value, findings: found } = identify(input)
        expect(value !== null).toBe(valid)
        expect(found.some(isError)).toBe(!valid)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a USCC that passes as a resident ID', () => {
  test('is ambiguous and not shown', () => {
    const found = identify(ambiguous)
    expect(found).toMatchObject({ kind: 'resident-id', findings: ['USCC_AMBIGUOUS_WITH_RESIDENT_ID'] })
    expectNotShown(found, ambiguous)
  })

  test('is valid where it is listed as an organisation’s', () => {
    expect(identify(ambiguous, { ambiguousCodes: [ambiguous] })).toMatchObject({
      kind: 'uscc',
      value: ambiguous,
      valid: true,
    })
    expect(identify(ambiguous, { ambiguousCodes: [completed()] }).valid).toBe(false)
  })

  test('is a resident ID still where it is listed and fails as a USCC', () => {
    const found = identify(residentId, { ambiguousCodes: [residentId] })
    expect(found).toMatchObject({ kind: 'resident-id', findings: ['RESIDENT_ID'] })
    expectNotShown(found, residentId)
  })
})

describe('a resident ID', () => {
  test('is said to be one and not shown, however it is written', () => {
    const writings = fc.func(fc.constantFrom(same, fullWidth, circled, lowerCase))
    const gap = fc.string({
      unit: fc.constantFrom(' ', '-', '—', '\u3000', '\t', '\u200b', '\u202c'),
      maxLength: 2,
    })
    fc.assert(
      fc.property(
        aResidentId,
        fc.array(gap, { minLength: 18, maxLength: 18 }),
        writings,
        (id, gaps, write) => {
          const found = identify([...id].map((digit, at) => `${write(at)(digit)}${gaps[at]}`).join(''))
          expect(found.kind).toBe('resident-id')
          expectNotShown(found, id)
        },
      ),
    )
  })

  test('is not shown whatever stands around it, nor whatever stands between its digits', () => {
    const around = fc.string({ unit: fc.constantFrom(...'A1号:：（ \n,，x'), maxLength: 4 })
    const between = fc.constantFrom('', '', '', ' ', '  ', '.', '/', '_', '\u200b', '\t', '、', '\0', '年')
    const gaps = fc.array(between, { minLength: 18, maxLength: 18 })
    fc.assert(
      fc.property(aResidentId, gaps, around, around, (id, parts, before, after) => {
        const written = [...id].map((digit, at) => `${digit}${at < 17 ? parts[at] : ''}`).join('')
        expectNotShown(identify(`${before}${written}${after}`), id)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    ['whose check fails', wrongLast(residentId)],
    ['whose last character is missing', residentId.slice(0, 17)],
    ['with a digit too many', `${residentId}7`],
    ['that begins late', `7${residentId}`],
  ])('%s is a possible one and not shown', (_, input) => {
    const found = identify(input)
    expect(found).toMatchObject({ kind: 'unknown', valid: false, findings: ['RESIDENT_ID_POSSIBLE'] })
    expectNotShown(found, residentId)
  })

  test('that letters stand before is one and not shown', () => {
    const found = identify(`ID${residentId}`)
    expect(found).toMatchObject({ kind: 'unknown', valid: false, findings: ['RESIDENT_ID'] })
    expectNotShown(found, residentId)
  })

  test.each([same, lowerCase, fullWidth, circled])('that ends in X does not show its X: case %#', (write) => {
    const orders = Array.from({ length: 100 }, (_, at) => `99999919700101${String(at).padStart(3, '0')}`)
    const first17 = orders.find((each) => residentIdCheckOf(each) === 'X') ?? ''
    const found = identify(write(`${first17}X`))
    expect(found).toMatchObject({ kind: 'resident-id', findings: ['RESIDENT_ID'] })
    expectNotShown(found, `${first17}X`)
  })

  test('in a sentence is found there', () => {
    const found = identify(`经办人某某（${residentId}）`)
    expect(found).toMatchObject({ kind: 'unknown', valid: false, findings: ['RESIDENT_ID'] })
    expectNotShown(found, residentId)
  })
})

describe('a mobile number', () => {
  const mobile = '13900000000'

  test.each([mobile, `+86 ${mobile}`, '139-0000-0000', `联系电话${mobile}`, `电话${mobile}转分机12`])(
    'is said to be one and not shown: %s',
    (input) => {
      const found = identify(input)
      expect(found).toMatchObject({ kind: 'unknown', valid: false, findings: ['MOBILE_NUMBER'] })
      expect(JSON.stringify(found)).not.toMatch(/\d/)
    },
  )

  test.each([15, 18])('is not shown in a text of %i characters either', (length) => {
    const found = identify(`电话${mobile}转`.padEnd(length, '某'))
    expect(found.findings).toEqual(['MOBILE_NUMBER'])
    expect(JSON.stringify(found)).not.toMatch(/\d/)
  })
})

test('what is found is said in Chinese and in English', () => {
  for (const { zh, en } of Object.values(findings)) {
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(en).toMatch(/^[A-Z].*\.$/)
  }
})

/** No run of its digits that would tell the person: neither the birth date with the order, nor all before the check. */
function expectNotShown(found: Identification, id: string): void {
  const shown = JSON.stringify(found)
    .normalize('NFKC')
    .replace(/[^0-9]/g, '')
  expect(shown).not.toContain(id.slice(6, 17))
  expect(found).toMatchObject({ value: null, valid: false })
  expect(found.input.normalize('NFKC')).not.toMatch(/[\p{N}\p{L}]/u)
}

function findAmbiguous(): string {
  for (let serial = 0; serial < 28_000; serial++) {
    const day = String(1 + Math.floor(serial / 1_000)).padStart(2, '0')
    const first16 = `999999197001${day}${String(serial % 1_000)
      .padStart(3, '0')
      .slice(0, 2)}`
    const body = first16.slice(8)
    const first17 = `${first16}${organisationCodeCheckOf(body)}`
    const last = usccCheckOf(first17)
    if (/^\d{17}$/.test(first17) && last === residentIdCheckOf(first17)) return `${first17}${last}`
  }
  throw new Error('no value passes as both')
}

function wrongLast(code: string): string {
  return `${code.slice(0, -1)}${code.endsWith('1') ? '2' : '1'}`
}

function same(text: string): string {
  return text
}

function lowerCase(text: string): string {
  return text.toLowerCase()
}

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0))
}

/** ⓪, ① to ⑨, Ⓧ. */
function circled(text: string): string {
  return text
    .replaceAll('0', '⓪')
    .replace(/[1-9]/g, (digit) => String.fromCharCode(0x245f + Number(digit)))
    .replaceAll('X', 'Ⓧ')
}

import { describe, expect, test } from 'vitest'
import { organisationCodeCheck } from '../../shared/identity/organisation-code.ts'
import { isResidentId } from '../../shared/identity/resident-id.ts'
import { completeUscc, parseUscc, usccCheck } from '../../shared/identity/uscc.ts'
import { codeOf } from '../records/world.ts'
import { MOBILE_NUMBER, outcomeOf, RESIDENT_ID, rows, takeRecords } from './sample.ts'

const CODE = codeOf(1)
const INDIVIDUAL = codeOf(1, '92')
/** Passes the check of registration numbers (ISO 7064 MOD 11,10). */
const REGISTRATION_NUMBER = '330200000012344'
/** As before, and its seventh digit is 6. */
const INDIVIDUAL_NUMBER = '330200600012348'
const ORGANISATION_CODE = CODE.slice(8, 17)
/** All digits; its organisation code, which nobody has in division 999999, begins with what elsewhere marks an individual business. */
const TAX_NUMBER = '999999700000036'
const OTHER_ORGANISATION_CODE = `YY000009${organisationCodeCheck('YY000009')}`

describe.each([
  ['licence-2018', 'XK_XDR'],
  ['penalty-2018', 'CF_XDR'],
] as const)('in a row of %s', (layout, column) => {
  const outcome = (cells: Readonly<Record<string, string>>, policy = {}) =>
    outcomeOf(
      layout,
      Object.fromEntries(Object.entries(cells).map(([at, cell]) => [`${column}_${at}`, cell])),
      policy,
    )

  test.each([
    ['by its class', { LB: '自然人' }],
    ['by its class, though it states a code', { LB: '自然人', SHXYM: CODE }],
    ['by a class of another wording', { LB: '自然人（个人）' }],
    ['by a resident ID in the column of the code', { SHXYM: RESIDENT_ID }],
    [
      'by a resident ID in the column of the code, in lower case and with spaces',
      { SHXYM: ` ${RESIDENT_ID.toLowerCase()} ` },
    ],
    ['by a resident ID in full width', { SHXYM: fullWidth(RESIDENT_ID) }],
    ['by a resident ID in the column of registration numbers', { GSZC: RESIDENT_ID }],
    ['by a resident ID in the column of organisation codes', { ZZJG: RESIDENT_ID }],
    ['by a resident ID in the column of tax numbers', { SWDJ: RESIDENT_ID }],
    ['by 证件号码', { ZJHM: RESIDENT_ID }],
    ['by 证件号码, though the code holds', { ZJHM: RESIDENT_ID, SHXYM: CODE }],
    ['by 证件号码 with words before it', { ZJHM: `身份证${RESIDENT_ID}` }],
    ['by 证件号码 with letters before it', { ZJHM: `SFZ${RESIDENT_ID}` }],
    ['by 证件号码 parted by full stops', { ZJHM: RESIDENT_ID.replace(/(.{6})(.{8})/, '$1.$2.') }],
    ['by 证件号码 with a slip of the pen', { ZJHM: `${RESIDENT_ID.slice(0, 17)}0` }],
    ['by 证件号码 of the old form', { ZJHM: '999999700101001' }],
    ['by 证件号码 of the old form, with words', { ZJHM: '身份证：999999 700101 001' }],
    ['by a mobile number in the place of 证件号码', { ZJHM: MOBILE_NUMBER }],
  ])('a natural person is refused, told %s', async (_, cells) => {
    expect(await outcome(cells)).toBe('SUBJECT_NATURAL_PERSON')
  })

  test.each([
    ['by the prefix 92 of its code', { SHXYM: INDIVIDUAL }],
    ['by the seventh digit of its registration number', { SHXYM: '', GSZC: INDIVIDUAL_NUMBER }],
    ['by the seventh digit of its registration number, beside a code', { GSZC: INDIVIDUAL_NUMBER }],
    ['by that digit, though the check digit is wrong', { GSZC: '330200600012340' }],
    ['by that digit, with a hyphen', { GSZC: '330200-600012340' }],
    ['by that digit, in full width', { GSZC: fullWidth('330200600012340') }],
    ['by a registration number in the column of tax numbers', { SWDJ: INDIVIDUAL_NUMBER }],
    ['by a registration number in the column of organisation codes', { ZZJG: INDIVIDUAL_NUMBER }],
    ['by its class', { LB: '个体工商户' }],
    ['by its class, with spaces', { LB: '个 体 工 商 户' }],
    ['by its class in traditional characters', { LB: '個體工商戶' }],
  ])('an individual business is refused, told %s, unless the policy admits it', async (_, cells) => {
    expect(await outcome(cells)).toBe('SUBJECT_INDIVIDUAL_BUSINESS')
    expect(await outcome(cells, { admitIndividualBusinesses: true })).toMatch(/^(accepted|unresolved)$/)
  })

  test.each(['个体工商户', '個體工商戶'])('a record kept of the class %s says so', async (LB) => {
    const cells = { [`${column}_LB`]: LB }
    const policy = { admitIndividualBusinesses: true }
    const { records } = await takeRecords([{ ...rows[layout], ...cells }, rows[layout]], { layout, policy })
    expect(records.map(({ individualBusiness }) => individualBusiness)).toEqual([true, undefined])
  })

  test('a tax number is no registration number, though its seventh digit is a 7', async () => {
    expect(await outcome({ SWDJ: TAX_NUMBER })).toBe('accepted')
    expect(await outcome({ SWDJ: `${TAX_NUMBER.slice(0, 14)}0` })).toBe('accepted')
    expect(await outcomeOf(layout, { 行政相对人代码_4: TAX_NUMBER })).toBe('accepted')
  })

  test.each(['', '无', CODE, ORGANISATION_CODE, '999999701301001', '9999997001010012', '甬企字第1号'])(
    '证件号码 that is no person’s is dropped: %j',
    async (ZJHM) => {
      expect(await outcome({ ZJHM })).toBe('accepted')
    },
  )

  test.each(['', '法人及非法人组织', '法人', '非法人组织'])(
    'the class %j is that of an organisation',
    async (LB) => {
      expect(await outcome({ LB })).toBe('accepted')
    },
  )

  test('an unknown class is refused: it might be a person', async () => {
    expect(await outcome({ LB: '其他' })).toBe('FIELD_VALUE_UNKNOWN')
  })

  test.each(['', '无', '0', '000000000000000000', '00000000000000000X', 'NULL', '/'])(
    'the placeholder %j is no code: with a registration number the record waits, without one it is refused',
    async (SHXYM) => {
      expect(await outcome({ SHXYM, GSZC: REGISTRATION_NUMBER })).toBe('unresolved')
      expect(await outcome({ SHXYM })).toBe('SUBJECT_IDENTIFIER_MISSING')
    },
  )

  test.each([
    ['whose check character fails', withOtherCheck(CODE), 'USCC_CHECK_FAILED'],
    [
      'whose organisation code fails within',
      withOtherOrganisationCheck(CODE),
      'USCC_ORGANISATION_CODE_FAILED',
    ],
    ['of a department that does not exist', ofDepartment('Q'), 'USCC_DEPARTMENT_UNKNOWN'],
    ['with an O where a zero belongs', `9133O2${CODE.slice(6)}`, 'SUBJECT_IDENTIFIER_INVALID'],
  ])('a code %s is refused, never corrected, and no lesser identifier steps in', async (_, SHXYM, code) => {
    expect(await outcome({ SHXYM })).toBe(code)
  })

  test.each([
    ['whose check character fails', withOtherCheck(CODE)],
    ['whose organisation code fails within', withOtherOrganisationCheck(CODE)],
  ])('a code %s is refused beside a registration number too', async (_, SHXYM) => {
    expect(await outcome({ SHXYM, GSZC: REGISTRATION_NUMBER })).toMatch(/^USCC_/)
  })

  test('an organisation code that is not the one inside the code is refused', async () => {
    expect(await outcome({ ZZJG: ORGANISATION_CODE })).toBe('accepted')
    expect(await outcome({ ZZJG: `${ORGANISATION_CODE.slice(0, 8)}-${ORGANISATION_CODE.slice(8)}` })).toBe(
      'accepted',
    )
    expect(await outcome({ ZZJG: OTHER_ORGANISATION_CODE })).toBe('IDENTIFIERS_DISAGREE')
  })

  test('two different codes are refused', async () => {
    expect(await outcome({ GSZC: codeOf(2) })).toBe('IDENTIFIERS_DISAGREE')
    expect(await outcome({ GSZC: CODE })).toBe('accepted')
  })
})

describe('a code that passes as a resident ID too', () => {
  const ambiguous = findAmbiguous()

  test('is refused, for it may be a person', async () => {
    expect(parseUscc(ambiguous)).toEqual({ kind: 'invalid', findings: ['USCC_AMBIGUOUS_WITH_RESIDENT_ID'] })
    expect(await outcomeOf('licence-2018', { XK_XDR_SHXYM: ambiguous })).toBe('USCC_AMBIGUOUS')
  })

  test('is accepted where the policy lists it, and nowhere but as the subject', async () => {
    const policy = { ambiguousCodes: [ambiguous] }
    expect(await outcomeOf('licence-2018', { XK_XDR_SHXYM: ambiguous }, policy)).toBe('accepted')
    expect(await outcomeOf('licence-2018', { BZ: `见 ${ambiguous}` }, policy)).toBe('TEXT_PERSONAL_DATA')
  })

  test('stays refused where the policy lists another', async () => {
    const policy = { ambiguousCodes: [CODE] }
    expect(await outcomeOf('licence-2018', { XK_XDR_SHXYM: ambiguous }, policy)).toBe('USCC_AMBIGUOUS')
  })
})

describe('the subject is', () => {
  test.each([
    [
      'the code, whatever else is stated',
      { XK_XDR_GSZC: REGISTRATION_NUMBER, XK_XDR_ZZJG: ORGANISATION_CODE },
      'uscc',
      CODE,
    ],
    ['the code as it is folded', { XK_XDR_SHXYM: ` ${fullWidth(CODE.toLowerCase())}　` }, 'uscc', CODE],
    [
      'the code, though it stands in the column of registration numbers',
      { XK_XDR_SHXYM: '', XK_XDR_GSZC: CODE },
      'uscc',
      CODE,
    ],
    [
      'the registration number before an organisation code',
      { XK_XDR_SHXYM: '', XK_XDR_GSZC: REGISTRATION_NUMBER, XK_XDR_ZZJG: ORGANISATION_CODE },
      'registration-number',
      REGISTRATION_NUMBER,
    ],
    [
      'the organisation code before a tax number',
      { XK_XDR_SHXYM: '', XK_XDR_ZZJG: ORGANISATION_CODE, XK_XDR_SWDJ: `330200${ORGANISATION_CODE}` },
      'organisation-code',
      ORGANISATION_CODE,
    ],
    [
      'the tax number where there is nothing else',
      { XK_XDR_SHXYM: '', XK_XDR_SWDJ: `330200${ORGANISATION_CODE}` },
      'tax-number',
      `330200${ORGANISATION_CODE}`,
    ],
    [
      'a registration number of thirteen digits, as before 2007',
      { XK_XDR_SHXYM: '', XK_XDR_GSZC: '3302001234567' },
      'registration-number',
      '3302001234567',
    ],
    [
      "a foreign-invested firm's number of the old form",
      { XK_XDR_SHXYM: '', XK_XDR_GSZC: '企合苏总字第000063号' },
      'registration-number',
      '企合苏总字第000063号',
    ],
    [
      "a foreign-invested firm's number of a city with a register of its own",
      { XK_XDR_SHXYM: '', XK_XDR_GSZC: ' 企独粤深总字第 304253 号' },
      'registration-number',
      '企独粤深总字第304253号',
    ],
  ])('%s', async (_, cells, kind, value) => {
    const { records } = await takeRecords([{ ...rows['licence-2018'], ...cells }], { layout: 'licence-2018' })
    expect(records[0]?.subject).toEqual({ kind, value })
  })

  test.each([
    ['代码_2', REGISTRATION_NUMBER, 'registration-number'],
    ['代码_3', ORGANISATION_CODE, 'organisation-code'],
    ['代码_2', ORGANISATION_CODE, 'organisation-code'],
    ['代码_4', `330200${ORGANISATION_CODE}`, 'tax-number'],
    ['代码_3', CODE, 'uscc'],
  ])('in a bare 行政相对人%s, told by the shape of %s: a %s', async (column, value, kind) => {
    const row = { ...rows['penalty-2018'], CF_XDR_SHXYM: '', [`行政相对人${column}`]: value }
    const { records } = await takeRecords([row], { layout: 'penalty-2018' })
    expect(records[0]?.subject).toEqual({ kind, value })
  })

  test('in a registration, the code or the registration number of one shared column', async () => {
    for (const [cell, kind] of [
      [CODE, 'uscc'],
      [REGISTRATION_NUMBER, 'registration-number'],
    ]) {
      const row = { comp_nm: '示例有限公司', '统一社会信用代码/注册号': cell }
      const { records } = await takeRecords([row], { layout: 'registration' })
      expect(records[0]?.subject).toEqual({ kind, value: cell })
    }
  })

  test('with the others beside it, as evidence, each once', async () => {
    const cells = {
      XK_XDR_GSZC: REGISTRATION_NUMBER,
      XK_XDR_ZZJG: ORGANISATION_CODE,
      代码_2: REGISTRATION_NUMBER,
    }
    const { records } = await takeRecords([{ ...rows['licence-2018'], ...cells }], { layout: 'licence-2018' })
    expect(records[0]?.otherIdentifiers).toEqual([
      { kind: 'registration-number', value: REGISTRATION_NUMBER },
      { kind: 'organisation-code', value: ORGANISATION_CODE },
    ])
  })

  test('never as a tax number, where it stands among registration numbers', async () => {
    const taxNumber = `330200${ORGANISATION_CODE}`
    expect(await outcomeOf('licence-2018', { XK_XDR_SHXYM: '', XK_XDR_GSZC: taxNumber })).toBe(
      'SUBJECT_IDENTIFIER_INVALID',
    )
  })

  test.each([
    `${RESIDENT_ID.slice(0, 6)}.${RESIDENT_ID.slice(6, 14)}.${RESIDENT_ID.slice(14)}`,
    '张三护照E12345678',
    `TEL${MOBILE_NUMBER}`,
    `86${MOBILE_NUMBER}`,
    '张三999999700101001',
    '330200-2000-1234',
    '甬工商企字第1号',
    `企${MOBILE_NUMBER}字第1号`,
    `企合苏总字第${MOBILE_NUMBER}号`,
  ])('no registration number of a form that nobody knows, which may hold a person: %s', async (value) => {
    const cells = { XK_XDR_SHXYM: '', XK_XDR_GSZC: value }
    expect(await outcomeOf('licence-2018', cells)).toBe('SUBJECT_IDENTIFIER_INVALID')
    const { records } = await takeRecords([{ ...rows['licence-2018'], XK_XDR_GSZC: value }], {
      layout: 'licence-2018',
    })
    expect(records[0]?.otherIdentifiers).toEqual([])
  })

  test('without a lesser identifier that cannot be read, where a better one holds', async () => {
    expect(await outcomeOf('licence-2018', { XK_XDR_SWDJ: '12345' })).toBe('accepted')
    expect(await outcomeOf('licence-2018', { XK_XDR_SHXYM: '', XK_XDR_SWDJ: '12345' })).toBe(
      'SUBJECT_IDENTIFIER_INVALID',
    )
  })
})

describe('the registration number that a registration states', () => {
  test.each([
    [REGISTRATION_NUMBER, REGISTRATION_NUMBER],
    [` ${fullWidth(REGISTRATION_NUMBER)} `, REGISTRATION_NUMBER],
    ['330200-000012344', REGISTRATION_NUMBER],
    ['3302001234567', '3302001234567'],
    ['企合苏总字第000063号', '企合苏总字第000063号'],
  ])('is kept folded: %s', async (reg_no, value) => {
    const { records } = await takeRecords([{ ...rows.registration, reg_no }], { layout: 'registration' })
    expect(records[0]?.facts).toMatchObject({ registrationNumber: value })
  })

  test.each(['330200000012345', '张三护照E12345678', '330200000012344（分）', CODE])(
    'is not kept where it has no form that is known, or its check fails: %s',
    async (reg_no) => {
      const { records } = await takeRecords([{ ...rows.registration, reg_no }], { layout: 'registration' })
      expect(records[0]?.facts).toEqual({ name: '示例有限公司' })
    },
  )
})

describe('in a registration an individual business is told', () => {
  test.each([
    '个体工商户',
    '个体',
    '个体户',
    '个体经营',
    '个人经营',
    '家庭经营',
    '个 体 工 商 户',
    '個體工商戶',
    '个体工商业户',
    '个体（港澳）',
    '个体工商户(内资)',
  ])('by the type %s', async (comp_type) => {
    expect(await outcomeOf('registration', { comp_type })).toBe('SUBJECT_INDIVIDUAL_BUSINESS')
    expect(await outcomeOf('registration', { comp_type }, { admitIndividualBusinesses: true })).toBe(
      'accepted',
    )
  })

  test.each([
    '有限责任公司',
    '有限责任公司(自然人独资)',
    '有限责任公司（自然人投资或控股）',
    '个人独资企业',
    '个人独资企业分支机构',
    '集体经营单位(非法人)',
    '农民专业合作社',
  ])('not by the type %s', async (comp_type) => {
    expect(await outcomeOf('registration', { comp_type })).toBe('accepted')
  })

  test('by its code and by its registration number', async () => {
    expect(await outcomeOf('registration', { uni_social_crd_cd: INDIVIDUAL })).toBe(
      'SUBJECT_INDIVIDUAL_BUSINESS',
    )
    expect(await outcomeOf('registration', { reg_no: INDIVIDUAL_NUMBER })).toBe('SUBJECT_INDIVIDUAL_BUSINESS')
  })
})

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0))
}

function withOtherCheck(code: string): string {
  return `${code.slice(0, 17)}${code.endsWith('0') ? '1' : '0'}`
}

function withOtherOrganisationCheck(code: string): string {
  const body = `${code.slice(0, 16)}${code[16] === '0' ? '1' : '0'}`
  return `${body}${usccCheck(body)}`
}

function ofDepartment(department: string): string {
  const body = `${department}1${CODE.slice(2, 17)}`
  return `${body}${usccCheck(body)}`
}

/** A code with a birth date in it: all digits, and the checks of both hold. Neither its division nor its area exists. */
function findAmbiguous(): string {
  for (let n = 0; n < 100; n++) {
    const body = `700101${String(n).padStart(2, '0')}`
    const code = completeUscc({ prefix: '99', division: '999919', body })
    if (isResidentId(code)) return code
  }
  throw new Error('there is none')
}

import { describe, expect, test } from 'vitest'
import { identify } from '../../shared/identity/identify.ts'
import { residentIdCheck } from '../../shared/identity/resident-id.ts'
import corpus from '../corpus/identifiers.json' with { type: 'json' }

const { uscc, organisationCode, businessRegistrationNumber } = corpus

describe('codes seen in public sources', () => {
  test.each([...uscc.valid, ...uscc.validCheckCharacterZero])('%s is a valid USCC', (code) => {
    expect(identify(code)).toMatchObject({ kind: 'uscc', value: code, valid: true })
  })

  test.each(uscc.needsFolding)('%s folds to a valid USCC', (code) => {
    expect(identify(code)).toMatchObject({ kind: 'uscc', value: '91440300708461136T', valid: true })
  })

  test.each([
    ...uscc.failMod31Only.map((code) => [code, ['USCC_CHECK_FAILED']] as const),
    ...uscc.failOrganisationCodeOnly.map((code) => [code, ['ORGANISATION_CODE_CHECK_FAILED']] as const),
    ...uscc.failBoth.map((code) => [code, ['USCC_CHECK_FAILED', 'ORGANISATION_CODE_CHECK_FAILED']] as const),
  ])('%s fails %j and nothing else, and is not corrected', (code, findings) => {
    const found = identify(code)
    expect(found).toMatchObject({ kind: 'uscc', value: null, valid: false })
    expect(found.findings.filter((finding) => finding.endsWith('CHECK_FAILED'))).toEqual(findings)
  })

  test.each(uscc.placeholders)('%s stands for no code', (code) => {
    expect(identify(code)).toMatchObject({ value: null, valid: false, findings: ['ABSENT'] })
  })

  test.each(organisationCode.valid)('%s is a valid organisation code', (code) => {
    expect(identify(code)).toMatchObject({
      kind: 'organisation-code',
      value: code.replace('-', ''),
      valid: true,
    })
  })

  test.each(businessRegistrationNumber.valid)('%s is a valid registration number', (code) => {
    expect(identify(code)).toMatchObject({ kind: 'registration-number', value: code, valid: true })
  })
})

// Division 999999 does not exist: the number is nobody's
const residentId = `99999919700101001${residentIdCheck('99999919700101001')}`

test.each([residentId, residentId.replace(/^(.{6})(.{8})/, '$1 $2 '), `号码${residentId}。`])(
  'a resident ID comes back masked: case %#',
  (input) => {
    const found = identify(input)
    expect(found).toMatchObject({ value: null, valid: false })
    expect(found.input).not.toMatch(/\d/)
  },
)

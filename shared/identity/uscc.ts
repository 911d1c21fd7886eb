import { departments } from './department.ts'
import { findDivision } from './division.ts'
import type { Finding } from './finding.ts'
import { foldIdentifier, isPlaceholder } from './fold.ts'
import { organisationCodeCheck, organisationCodeChecks, type Parsed } from './organisation-code.ts'
import { isResidentId } from './resident-id.ts'

/** 统一社会信用代码 (GB 32100): department, category, division (6), organisation code (9), check character. */
export type Uscc = string & { readonly brand: 'Uscc' }

export type UsccOptions = {
  /** Codes that pass as a resident ID too and are known to be organisations. */
  readonly ambiguousCodes?: readonly string[]
}

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
const FORM = /^[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}$/

const VALUES = new Int8Array(128).fill(-1)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

/**
 * Reads a code as people and files write it; corrects nothing. Errors: CHARACTER_INVALID, DEPARTMENT_UNKNOWN,
 * USCC_CHECK_FAILED, ORGANISATION_CODE_CHECK_FAILED, USCC_AMBIGUOUS_WITH_RESIDENT_ID, FORM_UNKNOWN. RESIDENT_ID is
 * found as well, so that a person's number in an organisation's column is seen for what it is.
 */
export function parseUscc(text: string, options: UsccOptions = {}): Parsed<Uscc> {
  const code = foldIdentifier(text)
  if (code.length !== 18)
    return isPlaceholder(code) ? { kind: 'absent' } : { kind: 'invalid', findings: ['FORM_UNKNOWN'] }
  if (isPlaceholder(code)) return { kind: 'absent' }
  const findings = check(code)
  const passes = !findings.some((finding) => ERRORS.has(finding))
  if (isResidentId(code) && !(passes && options.ambiguousCodes?.includes(code))) {
    return { kind: 'invalid', findings: [passes ? 'USCC_AMBIGUOUS_WITH_RESIDENT_ID' : 'RESIDENT_ID'] }
  }
  return passes ? { kind: 'valid', value: code as Uscc, findings } : { kind: 'invalid', findings }
}

const ERRORS: ReadonlySet<Finding> = new Set<Finding>([
  'CHARACTER_INVALID',
  'DEPARTMENT_UNKNOWN',
  'USCC_CHECK_FAILED',
  'ORGANISATION_CODE_CHECK_FAILED',
])

function check(code: string): readonly Finding[] {
  if (!FORM.test(code)) return ['CHARACTER_INVALID']
  const findings: Finding[] = []
  const department = departments[code[0] ?? '']
  if (department === undefined) findings.push('DEPARTMENT_UNKNOWN')
  else if (department.categories[code[1] ?? ''] === undefined) findings.push('CATEGORY_UNKNOWN')
  if (code[17] !== usccCheck(code)) findings.push('USCC_CHECK_FAILED')
  if (!organisationCodeChecks(code.slice(8, 17))) findings.push('ORGANISATION_CODE_CHECK_FAILED')
  if (findDivision(code.slice(2, 8)) === undefined) findings.push('DIVISION_UNKNOWN')
  if (isIndividualBusiness(code)) findings.push('INDIVIDUAL_BUSINESS')
  return findings
}

/** The check character of the first seventeen (GB 32100 §5.6: 31 minus the weighted sum modulo 31, again modulo 31). */
export function usccCheck(code: string): string {
  let sum = 0
  for (let at = 0; at < 17; at++) sum += (VALUES[code.charCodeAt(at)] ?? -1) * (WEIGHTS[at] ?? 0)
  return ALPHABET[(31 - (sum % 31)) % 31] ?? ''
}

/** A code of department 9, category 2: 个体工商户. */
export function isIndividualBusiness(code: string): boolean {
  return code.startsWith('92')
}

/** The organisation code inside: always there, while no way leads back from it to the USCC. */
export function organisationCodeOf(code: string): string {
  return code.slice(8, 17)
}

/** Completes a code from its department and category (2), division (6) and the organisation code's body (8). */
export function completeUscc(parts: {
  readonly prefix: string
  readonly division: string
  readonly body: string
}): Uscc {
  const code = `${parts.prefix}${parts.division}${parts.body}${organisationCodeCheck(parts.body)}`
  return `${code}${usccCheck(code)}` as Uscc
}

import type { Finding } from './finding.ts'
import { foldIdentifier, isPlaceholder } from './fold.ts'

/** 组织机构代码 (GB 11714): eight characters and a check character, written here without the hyphen. */
export type OrganisationCode = string & { readonly brand: 'OrganisationCode' }

export type Parsed<T> =
  | { readonly kind: 'valid'; readonly value: T; readonly findings: readonly Finding[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly findings: readonly Finding[] }

const WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]

/** Reads an organisation code, with or without its hyphen. */
export function parseOrganisationCode(text: string): Parsed<OrganisationCode> {
  const code = foldIdentifier(text)
  if (isPlaceholder(code)) return { kind: 'absent' }
  if (!/^[0-9A-Z]{8}[0-9X]$/.test(code)) return { kind: 'invalid', findings: ['FORM_UNKNOWN'] }
  if (!organisationCodeChecks(code)) return { kind: 'invalid', findings: ['ORGANISATION_CODE_CHECK_FAILED'] }
  return { kind: 'valid', value: code as OrganisationCode, findings: [] }
}

/** Whether the ninth character is the check character of the first eight. */
export function organisationCodeChecks(code: string): boolean {
  return code[8] === organisationCodeCheck(code)
}

/** The check character of eight characters 0–9, A–Z (GB 11714 §6: 11 minus the weighted sum modulo 11; 10 is X, 11 is 0). */
export function organisationCodeCheck(body: string): string {
  let sum = 0
  for (let at = 0; at < 8; at++) sum += characterValue(body.charCodeAt(at)) * (WEIGHTS[at] ?? 0)
  const check = 11 - (sum % 11)
  return check === 10 ? 'X' : check === 11 ? '0' : String(check)
}

// 0–9 stand for themselves, A–Z for 10–35
function characterValue(unit: number): number {
  return unit < 58 ? unit - 48 : unit - 55
}

import type { Finding } from './finding.ts'
import { foldIdentifier, isPlaceholder } from './fold.ts'
import type { Parsed } from './organisation-code.ts'

/** 工商注册号: 6 digits of the first registering authority, 8 of sequence, a check digit (ISO 7064 MOD 11,10). */
export type RegistrationNumber = string & { readonly brand: 'RegistrationNumber' }

export function parseRegistrationNumber(text: string): Parsed<RegistrationNumber> {
  const number = foldIdentifier(text)
  if (isPlaceholder(number)) return { kind: 'absent' }
  if (!/^\d{15}$/.test(number)) return { kind: 'invalid', findings: ['FORM_UNKNOWN'] }
  if (!registrationNumberChecks(number))
    return { kind: 'invalid', findings: ['REGISTRATION_NUMBER_CHECK_FAILED'] }
  const findings: Finding[] = isIndividualBusinessNumber(number) ? ['INDIVIDUAL_BUSINESS'] : []
  return { kind: 'valid', value: number as RegistrationNumber, findings }
}

/**
 * The forms of before 2007, folded: thirteen digits without a check, and 企合苏总字第000063号 of foreign-invested firms.
 * No freer one is known, and a freer one could hold a person's name or number.
 */
export function isOldRegistrationNumber(number: string): boolean {
  return /^(?:\d{13}|企[\u4e00-\u9fff]{2,8}字第\d{1,8}号)$/.test(number)
}

/** Whether the seventh digit, 6 to 9, marks an individual business (个体工商户). */
export function isIndividualBusinessNumber(number: string): boolean {
  return /^\d{6}[6-9]\d{8}$/.test(number)
}

/** Whether 企业类型 is a word for an individual business: 个体工商户, 个人经营, 家庭经营 … */
export function isIndividualBusinessType(type: string): boolean {
  return /个体|個體|(?:个人|個人|家庭)[经經][营營]/.test(type.normalize('NFKC').replace(/\s/g, ''))
}

/** ISO 7064 MOD 11,10 over all fifteen digits. */
export function registrationNumberChecks(number: string): boolean {
  let product = 10
  for (let at = 0; at < 14; at++) product = (((product + number.charCodeAt(at) - 48) % 10 || 10) * 2) % 11
  return (product + number.charCodeAt(14) - 48) % 10 === 1
}

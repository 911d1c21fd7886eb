import type { Policy } from '../settings.ts'

/** What a code that a request names stands for. */
export type SubjectKind = 'organisation' | 'individual-business' | 'natural-person' | 'invalid'

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'

export function kindOfSubject(code: string, _policy: Policy): SubjectKind {
  if (!/^[0-9A-HJ-NP-RT-UW-Y]{2}\d{6}[0-9A-HJ-NP-RT-UW-Y]{10}$/.test(code)) return 'invalid'
  let sum = 0
  for (let i = 0; i < 17; i++) sum += ALPHABET.indexOf(code[i] ?? '') * (3 ** i % 31)
  if (ALPHABET[(31 - (sum % 31)) % 31] !== code[17]) return 'invalid'
  return code.startsWith('92') ? 'individual-business' : 'organisation'
}

export function isIndividualBusinessNumber(number: string): boolean {
  return /^\d{6}[6-9]\d{8}$/.test(number)
}

export function holdsPersonalData(text: string): boolean {
  return /(?<!\d)1[3-9]\d{9}(?!\d)/.test(text) || /(?<!\d)\d{17}[\dXx](?!\d)/.test(text)
}

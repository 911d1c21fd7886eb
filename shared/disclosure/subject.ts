import { isIndividualBusiness, parseUscc } from '../identity/uscc.ts'
import type { Policy } from '../settings.ts'

/** What a code that a request names stands for. */
export type SubjectKind = 'organisation' | 'individual-business' | 'natural-person' | 'invalid'

/**
 * Reads a code as it must stand in a request: exact, so nothing is folded or corrected. One that passes as a
 * resident ID too is a person's, unless the deployment knows it for an organisation's.
 */
export function kindOfSubject(code: string, { ambiguousCodes }: Pick<Policy, 'ambiguousCodes'>): SubjectKind {
  const parsed = parseUscc(code, { ambiguousCodes })
  if (parsed.kind === 'invalid' && parsed.findings.some((finding) => PERSONS.has(finding)))
    return 'natural-person'
  if (parsed.kind !== 'valid' || parsed.value !== code) return 'invalid'
  return isIndividualBusiness(code) ? 'individual-business' : 'organisation'
}

const PERSONS: ReadonlySet<string> = new Set(['RESIDENT_ID', 'USCC_AMBIGUOUS_WITH_RESIDENT_ID'])

import { departments } from './department.ts'
import { findDivision } from './division.ts'
import { type Finding, isError } from './finding.ts'
import { foldIdentifier, isPlaceholder } from './fold.ts'
import { parseOrganisationCode } from './organisation-code.ts'
import { findPersonalData } from './personal-data.ts'
import { parseRegistrationNumber } from './registration-number.ts'
import { hasResidentIdShape, holdsResidentIdShape, isResidentId } from './resident-id.ts'
import { parseTaxNumber } from './tax-number.ts'
import { parseUscc, type UsccOptions } from './uscc.ts'

export const identifierKinds = [
  'uscc',
  'organisation-code',
  'registration-number',
  'tax-number',
  'resident-id',
  'unknown',
] as const

export type Identification = {
  /** As it came; masked where it is, or may be, a person's number. */
  readonly input: string
  /** What the form says, also where a check fails. */
  readonly kind: (typeof identifierKinds)[number]
  /** Folded; null unless valid. */
  readonly value: string | null
  readonly valid: boolean
  readonly findings: readonly Finding[]
  readonly division?: { readonly code: string; readonly name: string; readonly status: 'in-use' | 'retired' }
  readonly department?: { readonly code: string; readonly zh: string; readonly en: string }
  readonly category?: { readonly code: string; readonly zh: string; readonly en: string }
}

/** Says what an identifier is and whether it holds. */
export function identify(input: string, options: UsccOptions = {}): Identification {
  const text = foldIdentifier(input)
  if (isPlaceholder(text)) return unknown(input, ['ABSENT'])
  if (text.length === 18) return identifyEighteen(input, text, options)
  if (text.length === 15) return identifyFifteen(input, text)
  if (text.length === 9 && /^[0-9A-Z]{9}$/.test(text)) {
    return judged(input, 'organisation-code', parseOrganisationCode(text))
  }
  return unreadable(input, text)
}

function identifyEighteen(input: string, text: string, options: UsccOptions): Identification {
  const parsed = parseUscc(text, options)
  if (parsed.kind === 'valid') return { ...judged(input, 'uscc', parsed), ...describe(text) }
  const findings = parsed.kind === 'invalid' ? parsed.findings : (['ABSENT'] as const)
  if (isResidentId(text)) return { ...unknown(mask(input), findings), kind: 'resident-id' }
  // Perhaps a resident ID with a slip of the pen: better not repeated
  if (hasResidentIdShape(text)) return unknown(mask(input), ['RESIDENT_ID_POSSIBLE'])
  if (!/^[0-9A-Z]{18}$/.test(text)) return unreadable(input, text)
  return { ...unknown(input, findings), kind: 'uscc', ...describe(text) }
}

// A registration number is all digits, and so may a tax number be: where both checks pass the column must tell
function identifyFifteen(input: string, text: string): Identification {
  const registration = parseRegistrationNumber(text)
  const tax = parseTaxNumber(text)
  if (registration.kind === 'valid') {
    const also: readonly Finding[] = tax.kind === 'valid' ? ['TAX_NUMBER_ALSO_POSSIBLE'] : []
    return judged(input, 'registration-number', {
      ...registration,
      findings: [...registration.findings, ...also],
    })
  }
  if (tax.kind === 'valid') return judged(input, 'tax-number', tax)
  if (/^\d{15}$/.test(text)) return judged(input, 'registration-number', registration)
  if (/^\d{6}[0-9A-Z]{9}$/.test(text)) return judged(input, 'tax-number', tax)
  return unreadable(input, text)
}

// It may be a sentence, with a person's number somewhere in it
function unreadable(input: string, text: string): Identification {
  const personal = findPersonalData(input)
  if (personal !== undefined) return unknown(mask(input), [personal])
  if (holdsResidentIdShape(text)) return unknown(mask(input), ['RESIDENT_ID_POSSIBLE'])
  return unknown(input, ['FORM_UNKNOWN'])
}

type Judged =
  | { readonly kind: 'valid'; readonly value: string; readonly findings: readonly Finding[] }
  | { readonly kind: 'invalid'; readonly findings: readonly Finding[] }
  | { readonly kind: 'absent' }

function judged(input: string, kind: Identification['kind'], parsed: Judged): Identification {
  if (parsed.kind === 'valid')
    return { input, kind, value: parsed.value, valid: true, findings: parsed.findings }
  const findings = parsed.kind === 'invalid' ? parsed.findings : (['ABSENT'] as const)
  return { input, kind, value: null, valid: !findings.some(isError), findings }
}

function unknown(input: string, findings: readonly Finding[]): Identification {
  return { input, kind: 'unknown', value: null, valid: false, findings }
}

// Symbols too: a circled X is one
function mask(input: string): string {
  return input.replace(/[\p{L}\p{N}\p{So}]/gu, '*')
}

function describe(code: string): Pick<Identification, 'division' | 'department' | 'category'> {
  const division = findDivision(code.slice(2, 8))
  const [departmentCode = '', categoryCode = ''] = code
  const department = departments[departmentCode]
  const category = department?.categories[categoryCode]
  return {
    ...(division === undefined
      ? {}
      : { division: { code: division.code, name: division.name, status: division.status } }),
    ...(department === undefined
      ? {}
      : { department: { code: departmentCode, zh: department.zh, en: department.en } }),
    ...(category === undefined ? {} : { category: { code: categoryCode, zh: category[0], en: category[1] } }),
  }
}

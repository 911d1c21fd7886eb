import type { Finding } from '../identity/finding.ts'
import { foldIdentifier, isPlaceholder } from '../identity/fold.ts'
import { parseOrganisationCode } from '../identity/organisation-code.ts'
import { findPersonalData } from '../identity/personal-data.ts'
import {
  isIndividualBusinessNumber,
  isIndividualBusinessType,
  isOldRegistrationNumber,
  parseRegistrationNumber,
} from '../identity/registration-number.ts'
import { holdsOldResidentIdShape, holdsResidentIdShape } from '../identity/resident-id.ts'
import { parseTaxNumber } from '../identity/tax-number.ts'
import { organisationCodeOf, parseUscc } from '../identity/uscc.ts'
import { isOfIndividualBusiness } from '../records/individual-business.ts'
import type { Subject } from '../records/record.ts'
import type { Policy } from '../settings.ts'
import { readText } from './cell.ts'
import type { Column } from './layouts/layout.ts'
import type { Refusal, RefusalCode } from './refusal.ts'

/** Whom a row is about: the USCC if it states a valid one, and what else it calls the same organisation by. */
export type NamedSubject = {
  readonly subject: Subject
  readonly others: readonly Subject[]
  /** The row tells that it is about an individual business, and the policy admits those. */
  readonly individualBusiness: boolean
  /** Columns that say of whom the row is, in which something stands that was not read as an identifier. */
  readonly unread: readonly Column[]
}

/**
 * Reads a row's subject. Refuses natural persons and individual businesses in whatever column they show, a USCC
 * that does not hold (never corrected, never replaced by a lesser identifier), and a row that names nothing. Of several
 * identifiers the subject is the USCC, else the registration number, the organisation code, the tax number, in that order.
 */
export function readSubject(cells: ReadonlyMap<Column, string>, policy: Policy): NamedSubject | Refusal {
  const found: Subject[] = []
  const unread: Column[] = []
  let unreadable: Refusal | undefined
  let individualBusiness = false
  for (const [column, cell] of cells) {
    const reading = readColumn(column, cell, policy)
    if (reading === undefined) continue
    const path = `/${column.code}`
    const isTold = tellsOfIndividualBusiness(reading)
    if (isTold && !policy.admitIndividualBusinesses) return { ...INDIVIDUAL_BUSINESS, path }
    individualBusiness ||= isTold
    if ('kind' in reading) {
      found.push(reading)
      continue
    }
    unread.push(column)
    if (FINAL.has(reading.code)) return { ...reading, path }
    if (!isTold) unreadable ??= { ...reading, path }
  }
  const named = chooseSubject(found) ?? unreadable ?? { code: 'SUBJECT_IDENTIFIER_MISSING', path: '' }
  return 'code' in named ? named : { ...named, individualBusiness, unread }
}

function tellsOfIndividualBusiness(reading: Subject | Fault): boolean {
  return 'kind' in reading ? isOfIndividualBusiness(reading) : reading.code === INDIVIDUAL_BUSINESS.code
}

// A lesser identifier that can't be read is dropped where another one holds; these faults nothing can mend
const FINAL: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'SUBJECT_NATURAL_PERSON',
  'FIELD_VALUE_UNKNOWN',
  'USCC_CHECK_FAILED',
  'USCC_ORGANISATION_CODE_FAILED',
  'USCC_DEPARTMENT_UNKNOWN',
  'USCC_AMBIGUOUS',
])

const PRECEDENCE = ['uscc', 'registration-number', 'organisation-code', 'tax-number'] as const

function chooseSubject(
  found: readonly Subject[],
): Pick<NamedSubject, 'subject' | 'others'> | Refusal | undefined {
  const subject = PRECEDENCE.map((kind) => found.find((each) => each.kind === kind)).find(
    (each) => each !== undefined,
  )
  if (subject === undefined) return undefined
  const others = found.filter((each) => each.kind !== subject.kind || each.value !== subject.value)
  return others.some((other) => disagrees(subject, other))
    ? { code: 'IDENTIFIERS_DISAGREE', path: '' }
    : { subject, others: distinct(others) }
}

function disagrees(subject: Subject, other: Subject): boolean {
  if (subject.kind !== 'uscc') return false
  if (other.kind === 'organisation-code') return other.value !== organisationCodeOf(subject.value)
  return other.kind === 'uscc'
}

function distinct(subjects: readonly Subject[]): readonly Subject[] {
  return [...new Map(subjects.map((each) => [`${each.kind} ${each.value}`, each])).values()]
}

type Fault = { readonly code: RefusalCode }

function readColumn(column: Column, cell: string, policy: Policy): Subject | Fault | undefined {
  switch (column.kind) {
    case 'subject-class':
      return classFault(cell)
    case 'organisation-type':
      return isIndividualBusinessType(cell) ? INDIVIDUAL_BUSINESS : undefined
    case 'person-trait':
      return readText(cell) === undefined || cell.trim() === '0' ? undefined : NATURAL_PERSON
    case 'subject-person':
      return isOfPerson(cell) ? NATURAL_PERSON : undefined
    case 'uscc':
    case 'identifier':
    case 'organisation-code':
    case 'registration-number':
    case 'tax-number':
      return readText(cell) === undefined ? undefined : readIdentifier(column, cell, policy)
    default:
      return undefined
  }
}

function classFault(cell: string): Fault | undefined {
  const text = readText(cell)?.normalize('NFKC').replace(/\s/g, '')
  if (text === undefined || ORGANISATION_CLASS.test(text)) return undefined
  if (/(?<!非)自然人|^个人$/.test(text)) return NATURAL_PERSON
  return /个体|個體/.test(text) ? INDIVIDUAL_BUSINESS : { code: 'FIELD_VALUE_UNKNOWN' }
}

// No check digit is asked for: nothing else than a person's number stands here in that form
function isOfPerson(cell: string): boolean {
  if (cell === '') return false
  const text = foldIdentifier(cell)
  return findPersonalData(cell) !== undefined || holdsResidentIdShape(text) || holdsOldResidentIdShape(text)
}

const ORGANISATION_CLASS =
  /^((企业|机关|事业单位|社会团体)?法人|(法人[及和或、/])?(非法人|其他)组织|非自然人|企业|单位|农民专业合作社)$/
const NATURAL_PERSON: Fault = { code: 'SUBJECT_NATURAL_PERSON' }
const INDIVIDUAL_BUSINESS: Fault = { code: 'SUBJECT_INDIVIDUAL_BUSINESS' }

/** By its shape, since real files put any identifier into any column; the column tells fifteen digits apart. */
function readIdentifier(column: Column, cell: string, policy: Policy): Subject | Fault | undefined {
  const text = foldIdentifier(cell)
  if (isPlaceholder(text)) return undefined
  if (text.length === 18) return readUscc(text, policy)
  if (text.length === 9) return identified('organisation-code', parseOrganisationCode(text))
  if (text.length === 15) return readFifteen(column, text)
  // Thirteen digits may be a mobile number with its country before it
  return isOldRegistrationNumber(text) && findPersonalData(text) === undefined
    ? { kind: 'registration-number', value: text }
    : { code: 'SUBJECT_IDENTIFIER_INVALID' }
}

// The seventh digit tells, whatever the check digit says. In a tax number it is the first of an organisation code, often
// a 7: where both could stand the check must hold
function readFifteen({ kind }: Column, text: string): Subject | Fault {
  const taxNumber = identified('tax-number', parseTaxNumber(text))
  if (kind === 'tax-number' && 'kind' in taxNumber) return taxNumber
  const isIndividual = isIndividualBusinessNumber(text)
  if (parseRegistrationNumber(text).kind === 'valid') {
    if (kind !== 'tax-number') return { kind: 'registration-number', value: text }
    return isIndividual ? INDIVIDUAL_BUSINESS : taxNumber
  }
  // One in eleven wrong registration numbers would pass for a tax number
  if (kind !== 'registration-number' && 'kind' in taxNumber) return taxNumber
  return isIndividual && kind !== 'tax-number' ? INDIVIDUAL_BUSINESS : { code: 'SUBJECT_IDENTIFIER_INVALID' }
}

function readUscc(text: string, policy: Policy): Subject | Fault | undefined {
  const parsed = parseUscc(text, policy)
  if (parsed.kind === 'absent') return undefined
  if (parsed.kind === 'invalid') return { code: usccFault(parsed.findings) }
  return { kind: 'uscc', value: parsed.value }
}

function usccFault(findings: readonly Finding[]): RefusalCode {
  if (findings.includes('RESIDENT_ID')) return 'SUBJECT_NATURAL_PERSON'
  if (findings.includes('USCC_AMBIGUOUS_WITH_RESIDENT_ID')) return 'USCC_AMBIGUOUS'
  if (findings.includes('DEPARTMENT_UNKNOWN')) return 'USCC_DEPARTMENT_UNKNOWN'
  if (findings.includes('USCC_CHECK_FAILED')) return 'USCC_CHECK_FAILED'
  if (findings.includes('ORGANISATION_CODE_CHECK_FAILED')) return 'USCC_ORGANISATION_CODE_FAILED'
  return 'SUBJECT_IDENTIFIER_INVALID'
}

function identified(
  kind: Subject['kind'],
  parsed: { readonly kind: 'valid'; readonly value: string } | { readonly kind: 'invalid' | 'absent' },
): Subject | Fault {
  return parsed.kind === 'valid' ? { kind, value: parsed.value } : { code: 'SUBJECT_IDENTIFIER_INVALID' }
}

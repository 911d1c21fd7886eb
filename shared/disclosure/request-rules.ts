import { addYears, type CalendarDate } from '../base/instant.ts'
import { findPersonalData, findPersonalDataInId } from '../identity/personal-data.ts'
import type { Policy } from '../settings.ts'
import { findLegalBasis, legalBases } from './legal-basis.ts'
import type { DisclosureRequest } from './request-form.ts'
import { disclosedFieldNames } from './scope.ts'
import { kindOfSubject } from './subject.ts'

type RuleInput = {
  readonly request: DisclosureRequest
  readonly today: CalendarDate
  readonly policy: Policy
}

type Rule = {
  readonly code: string
  /** Where the rule comes from. */
  readonly source: string
  readonly reason: string
  /** The JSON path of the fault; undefined when the rule holds. */
  readonly find: (input: RuleInput) => string | undefined
}

/** Longest window, in years. */
const WINDOW_YEARS_LIMIT = 5

const PROPORTION = 'Counter-Espionage Law art. 26 (不得超出…所需的范围和限度); no standing access'

/** In the order in which they are tried. */
export const requestRules = [
  {
    code: 'SCOPE_WILDCARD',
    source: PROPORTION,
    reason: 'Organisations and fields are named one by one; patterns are not read',
    find: ({ request: { scope } }) =>
      place('organisations', scope.organisations, isPattern) ?? place('fields', scope.fields, isPattern),
  },
  {
    code: 'ORGANISATION_NONE',
    source: PROPORTION,
    reason: 'Names no organisation',
    find: ({ request }) => when(request.scope.organisations.length === 0, '/organisations'),
  },
  {
    code: 'ORGANISATION_LIMIT',
    source: 'Deployment policy caseOrganisationLimit',
    reason: 'Names more organisations than one case may',
    find: ({ request, policy }) =>
      when(request.scope.organisations.length > policy.caseOrganisationLimit, '/organisations'),
  },
  {
    code: 'SUBJECT_NATURAL_PERSON',
    source: 'GB 11643; organisations only',
    reason: 'The number is a person’s',
    find: ({ request: { scope }, policy }) =>
      place('organisations', scope.organisations, (code) => kindOfSubject(code, policy) === 'natural-person'),
  },
  {
    code: 'ORGANISATION_INVALID',
    source: 'GB 32100-2015',
    reason: 'Not a unified social credit code, exact and with right check characters',
    find: ({ request: { scope }, policy }) =>
      place('organisations', scope.organisations, (code) => kindOfSubject(code, policy) === 'invalid'),
  },
  {
    code: 'SUBJECT_INDIVIDUAL_BUSINESS',
    source: 'GB 32100-2015, prefix 92 (个体工商户); organisations only',
    reason: 'An individual business is one person’s affairs and is never disclosed',
    find: ({ request: { scope }, policy }) =>
      place(
        'organisations',
        scope.organisations,
        (code) => kindOfSubject(code, policy) === 'individual-business',
      ),
  },
  {
    code: 'ORGANISATION_REPEATED',
    source: PROPORTION,
    reason: 'Names an organisation twice',
    find: ({ request: { scope } }) => place('organisations', scope.organisations, isRepeated),
  },
  {
    code: 'FIELD_NONE',
    source: PROPORTION,
    reason: 'Names no field',
    find: ({ request }) => when(request.scope.fields.length === 0, '/fields'),
  },
  {
    code: 'FIELD_UNKNOWN',
    source: 'Field table, edition disclosed',
    reason: `Not a field that a case may name; these are: ${disclosedFieldNames.join(', ')}`,
    find: ({ request: { scope } }) =>
      place('fields', scope.fields, (name) => !disclosedFieldNames.includes(name)),
  },
  {
    code: 'FIELD_REPEATED',
    source: PROPORTION,
    reason: 'Names a field twice',
    find: ({ request: { scope } }) => place('fields', scope.fields, isRepeated),
  },
  {
    code: 'WINDOW_REVERSED',
    source: 'Closed time window',
    reason: 'The window ends before it begins',
    find: ({ request: { scope } }) => when(scope.window.to < scope.window.from, '/window/to'),
  },
  {
    code: 'WINDOW_IN_FUTURE',
    source: 'No standing or future collection',
    reason: 'The window reaches beyond today',
    find: ({ request: { scope }, today }) => when(scope.window.to > today, '/window/to'),
  },
  {
    code: 'WINDOW_TOO_LONG',
    source: PROPORTION,
    reason: 'The window is longer than five years',
    find: ({ request: { scope } }) =>
      when(scope.window.to > addYears(scope.window.from, WINDOW_YEARS_LIMIT), '/window'),
  },
  {
    code: 'LEGAL_BASIS_UNKNOWN',
    source: 'Table of legal bases',
    reason: `Not a legal basis of the table; these are: ${legalBases.map(({ code }) => code).join(', ')}`,
    find: ({ request }) => when(findLegalBasis(request.legalBasis.code) === undefined, '/legalBasis/code'),
  },
  {
    code: 'CONFLICT_REVIEW_REQUIRED',
    source: 'Data Security Law art. 36',
    reason: 'Needs the approval of the competent authority first, which this service cannot record yet',
    find: ({ request }) =>
      when(findLegalBasis(request.legalBasis.code)?.gate === 'conflict-review', '/legalBasis/code'),
  },
  {
    code: 'INSTRUMENT_DATES_REVERSED',
    source: 'A valid instrument (调取证据通知书)',
    reason: 'The instrument expires before it was issued',
    find: ({ request: { instrument } }) =>
      when(instrument.expiresOn < instrument.issuedOn, '/instrument/expiresOn'),
  },
  {
    code: 'INSTRUMENT_NOT_YET_ISSUED',
    source: 'A valid instrument (调取证据通知书)',
    reason: 'The instrument was issued after today',
    find: ({ request: { instrument }, today }) => when(instrument.issuedOn > today, '/instrument/issuedOn'),
  },
  {
    code: 'INSTRUMENT_EXPIRED',
    source: 'A valid instrument (调取证据通知书)',
    reason: 'The instrument has expired',
    find: ({ request: { instrument }, today }) => when(instrument.expiresOn < today, '/instrument/expiresOn'),
  },
  {
    code: 'PERSONAL_DATA',
    source: 'GB 11643 and mobile numbers in free text; personal data does not enter',
    reason: 'The text holds a person’s number',
    find: ({ request: { purpose, instrument, idempotencyKey } }) =>
      when(findPersonalData(purpose) !== undefined, '/purpose') ??
      when(findPersonalData(instrument.issuedBy) !== undefined, '/instrument/issuedBy') ??
      when(findPersonalData(instrument.number) !== undefined, '/instrument/number') ??
      when(findPersonalDataInId(idempotencyKey) !== undefined, '/idempotencyKey'),
  },
] as const satisfies readonly Rule[]

export type RuleCode = (typeof requestRules)[number]['code']

export type BrokenRule = { readonly code: RuleCode; readonly reason: string; readonly path: string }

/** The first rule that does not hold. */
export function findBrokenRule(input: RuleInput): BrokenRule | undefined {
  for (const { code, reason, find } of requestRules) {
    const path = find(input)
    if (path !== undefined) return { code, reason, path }
  }
  return undefined
}

function when(broken: boolean, path: string): string | undefined {
  return broken ? path : undefined
}

function place(
  part: 'organisations' | 'fields',
  names: readonly string[],
  isBroken: (name: string, index: number, names: readonly string[]) => boolean,
): string | undefined {
  const at = names.findIndex(isBroken)
  return at < 0 ? undefined : `/${part}/${at}`
}

function isPattern(name: string): boolean {
  return /[*%?]/.test(name) || /^(all|any|全部|所有)$/i.test(name)
}

function isRepeated(name: string, index: number, names: readonly string[]): boolean {
  return names.indexOf(name) !== index
}

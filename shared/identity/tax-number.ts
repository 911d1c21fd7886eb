import { foldIdentifier, isPlaceholder } from './fold.ts'
import { organisationCodeChecks, type Parsed } from './organisation-code.ts'

/** 税务登记号 of 15 characters: 6 digits of the tax office's division and the organisation code. */
export type TaxNumber = string & { readonly brand: 'TaxNumber' }

export function parseTaxNumber(text: string): Parsed<TaxNumber> {
  const number = foldIdentifier(text)
  if (isPlaceholder(number)) return { kind: 'absent' }
  if (!/^\d{6}[0-9A-Z]{8}[0-9X]$/.test(number)) return { kind: 'invalid', findings: ['FORM_UNKNOWN'] }
  if (!organisationCodeChecks(number.slice(6))) {
    return { kind: 'invalid', findings: ['ORGANISATION_CODE_CHECK_FAILED'] }
  }
  return { kind: 'valid', value: number as TaxNumber, findings: [] }
}

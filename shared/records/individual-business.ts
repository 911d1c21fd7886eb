import { foldIdentifier } from '../identity/fold.ts'
import { isIndividualBusinessNumber, isIndividualBusinessType } from '../identity/registration-number.ts'
import { isIndividualBusiness } from '../identity/uscc.ts'
import type { FactRecord, StandingRecord, Subject } from './record.ts'

/**
 * The records of which an organisation may be shown, whatever the deployment admits to its store; undefined where it
 * is an individual business. What the registering body states decides: a slip in another's licence or penalty takes
 * that record out, not the organisation.
 */
export function organisationRecords(
  uscc: string,
  records: readonly StandingRecord[],
): readonly StandingRecord[] | undefined {
  if (isIndividualBusiness(uscc)) return undefined
  const others = records.filter(({ record }) => !tellsOfIndividualBusiness(record))
  if (others.length === records.length) return records
  const isRegistration = ({ record }: StandingRecord): boolean => record.type === 'registration'
  const registrations = records.filter(isRegistration).length
  const isTold = registrations === 0 || others.filter(isRegistration).length < registrations
  // What takes another's record back goes on doing so: without it a copy would be shown again
  return isTold
    ? undefined
    : records.filter((each) => each.record.type === 'withdrawal' || others.includes(each))
}

/** Whether an identifier is one that only individual businesses have. */
export function isOfIndividualBusiness({ kind, value }: Subject): boolean {
  if (kind === 'uscc') return isIndividualBusiness(value)
  return kind === 'registration-number' && isIndividualBusinessNumber(value)
}

function tellsOfIndividualBusiness(record: FactRecord): boolean {
  if (record.individualBusiness === true || record.otherIdentifiers.some(isOfIndividualBusiness)) return true
  if (record.type !== 'registration') return false
  const { registrationNumber = '', organisationType = '' } = record.facts
  return (
    isIndividualBusinessNumber(foldIdentifier(registrationNumber)) ||
    isIndividualBusinessType(organisationType)
  )
}

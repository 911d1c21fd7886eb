import { type FuseInput, fuseRow } from '../fusion/fuse.ts'
import { type GoldenFieldName, goldenFields } from '../fusion/golden-record.ts'
import { isIndividualBusinessNumber } from '../identity/registration-number.ts'
import { isIndividualBusiness } from '../identity/uscc.ts'
import type { StandingRecord } from '../records/record.ts'

/**
 * The published row of an organisation, one line of JSON; undefined where there is none: nothing of it stands, or it
 * is an individual business, whatever the deployment admits to its store.
 */
export function rowOf(input: FuseInput): string | undefined {
  if (isIndividualBusiness(input.uscc) || input.records.some(tellsOfIndividualBusiness)) return undefined
  const row = fuseRow(input, published)
  return row && `${JSON.stringify(row)}\n`
}

const published: readonly GoldenFieldName[] = goldenFields
  .filter(({ editions }) => editions.some((edition) => edition === 'published'))
  .map(({ name }) => name)

function tellsOfIndividualBusiness({ record }: StandingRecord): boolean {
  if (record.type === 'registration' && isIndividualBusinessNumber(record.facts.registrationNumber ?? ''))
    return true
  return record.otherIdentifiers.some(
    ({ kind, value }) => kind === 'registration-number' && isIndividualBusinessNumber(value),
  )
}

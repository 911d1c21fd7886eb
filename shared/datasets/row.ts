import { type FuseInput, fuseRow } from '../fusion/fuse.ts'
import { type GoldenFieldName, goldenFields } from '../fusion/golden-record.ts'
import { organisationRecords } from '../records/individual-business.ts'

/**
 * The published row of an organisation, one line of JSON; undefined where there is none: nothing of it stands, or it
 * is an individual business.
 */
export function rowOf(input: FuseInput): string | undefined {
  const records = organisationRecords(input.uscc, input.records)
  const row = records && fuseRow({ ...input, records }, published)
  return row && `${JSON.stringify(row)}\n`
}

const published: readonly GoldenFieldName[] = goldenFields
  .filter(({ editions }) => editions.some((edition) => edition === 'published'))
  .map(({ name }) => name)

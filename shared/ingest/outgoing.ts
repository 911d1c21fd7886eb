import type { Json } from '../base/canonical.ts'
import type { CalendarDate } from '../base/instant.ts'
import { foldIdentifier } from '../identity/fold.ts'
import { type Policy, policySchema } from '../settings.ts'
import { REFUSED_BEFORE } from './columns.ts'
import { type Column, isKept, type Layout } from './layouts/layout.ts'
import { minimiseRow } from './minimise.ts'
import type { RefusalCode } from './refusal.ts'
import type { Row } from './rows.ts'

/**
 * A file's rows as they may leave the sender's machine: the cells that the layout keeps, under its own codes, without
 * what stands in the place of an identifier and is none. In the place of a row that no deployment takes goes why it was
 * refused, so that the receipt still counts it: its texts were not screened, and may be a person's.
 */
export function* outgoingRecords(layout: Layout, rows: Iterable<Row>): Iterable<Json> {
  for (const row of rows) yield outgoingRecord(layout, row)
}

function outgoingRecord(layout: Layout, row: Row): Json {
  if ('fault' in row) return refusedBefore(row.fault, row.path)
  const read = minimiseRow(row, { layout, authority: '', policy: mostAdmitting(row.cells), today: LAST_DAY })
  if ('code' in read) return refusedBefore(read.code, read.path)
  // What tells of an individual business may be a number that does not hold, and the deployment is to see it
  if (read.record.individualBusiness === true) return keptCells(row.cells)
  return JSON.parse(read.source)
}

function keptCells(cells: ReadonlyMap<Column, string>): Json {
  const kept = [...cells].filter(([column]) => isKept(column))
  return Object.fromEntries(kept.map(([{ code }, cell]) => [code, cell]))
}

function refusedBefore(code: RefusalCode, path: string): Json {
  return { [REFUSED_BEFORE]: { code, path } }
}

// What the deployment's own policy, or its clock, would refuse is left to it
function mostAdmitting(cells: ReadonlyMap<Column, string>): Policy {
  return { ...ADMITTING, ambiguousCodes: [...cells.values()].map(foldIdentifier) }
}

const ADMITTING = policySchema.parse({ admitIndividualBusinesses: true })
const LAST_DAY = '9999-12-31' as CalendarDate

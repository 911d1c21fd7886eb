import type { RecordType } from '../../settings.ts'
import { abnormalListing } from './abnormal-listing.ts'
import { cancellation } from './cancellation.ts'
import { commitment } from './commitment.ts'
import { correction } from './correction.ts'
import { creditRepair } from './credit-repair.ts'
import { customsClass } from './customs-class.ts'
import { judgmentDefault } from './judgment-default.ts'
import type { Layout } from './layout.ts'
import { licence2015 } from './licence-2015.ts'
import { licence2018 } from './licence-2018.ts'
import { penalty2015 } from './penalty-2015.ts'
import { penalty2018 } from './penalty-2018.ts'
import { qualification } from './qualification.ts'
import { registration } from './registration.ts'
import { registrationChange } from './registration-change.ts'
import { seriousListing } from './serious-listing.ts'
import { taxViolation } from './tax-violation.ts'
import { taxpayerGrade } from './taxpayer-grade.ts'
import { withdrawal } from './withdrawal.ts'

export const layouts: readonly Layout[] = [
  registration,
  registrationChange,
  cancellation,
  licence2018,
  licence2015,
  penalty2018,
  penalty2015,
  abnormalListing,
  seriousListing,
  judgmentDefault,
  taxpayerGrade,
  taxViolation,
  customsClass,
  qualification,
  commitment,
  withdrawal,
  creditRepair,
  correction,
]

/** What names the documents of a type, in any of its layouts. */
export function documentKeysOf(type: RecordType): Layout['documentKeys'] {
  return layouts.find(({ recordType }) => recordType === type)?.documentKeys ?? []
}

/** The facts that take part in the name of some document, where they are folded. */
export const namingFacts: ReadonlySet<string> = new Set(
  layouts.flatMap(({ documentKeys }) => documentKeys.flat()),
)

/** The layout of a name (`licence-2018`) or an id (`licence-2018@1`); undefined for the id of an older version. */
export function findLayout(name: string): Layout | undefined {
  return layouts.find((layout) => layout.name === name || layoutId(layout) === name)
}

export function layoutId(layout: Layout): string {
  return `${layout.name}@${layout.version}`
}

/** The name in what may be a name or an id, of whatever version: where only the name counts, an old one means it too. */
export function layoutNameOf(nameOrId: string): string {
  return nameOrId.replace(/@.*$/s, '')
}

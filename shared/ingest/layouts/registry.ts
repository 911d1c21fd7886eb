import type { RecordType } from '../../settings.ts'
import { abnormalListing } from './abnormal-listing.ts'
import { correction } from './correction.ts'
import { creditRepair } from './credit-repair.ts'
import type { Layout } from './layout.ts'
import { licence2015 } from './licence-2015.ts'
import { licence2018 } from './licence-2018.ts'
import { penalty2015 } from './penalty-2015.ts'
import { penalty2018 } from './penalty-2018.ts'
import { registration } from './registration.ts'
import { seriousListing } from './serious-listing.ts'
import { withdrawal } from './withdrawal.ts'

export const layouts: readonly Layout[] = [
  registration,
  licence2018,
  licence2015,
  penalty2018,
  penalty2015,
  abnormalListing,
  seriousListing,
  withdrawal,
  creditRepair,
  correction,
]

/** Of how many facts the keys are that documents of a type are named by; none where a subject has one such record. */
export function keySizesOf(type: RecordType): ReadonlySet<number> {
  return keySizes.get(type) ?? new Set()
}

const keySizes = new Map(
  [...Map.groupBy(layouts, ({ recordType }) => recordType)].map(([type, own]) => [
    type,
    new Set(own.flatMap(({ documentKeys }) => documentKeys.map(({ length }) => length))),
  ]),
)

/** The layout of a name, with or without its version (`licence-2018`, `licence-2018@1`). */
export function findLayout(name: string): Layout | undefined {
  return layouts.find((layout) => layout.name === name || layoutId(layout) === name)
}

export function layoutId(layout: Layout): string {
  return `${layout.name}@${layout.version}`
}

import type { Json } from '../base/canonical.ts'
import type { Instant } from '../base/instant.ts'
import { fuse } from '../fusion/fuse.ts'
import { goldenFields } from '../fusion/golden-record.ts'
import type { Store } from '../ports.ts'
import { decidedOnOf, isDecision } from '../records/decision.ts'
import { organisationRecords } from '../records/individual-business.ts'
import type { StandingRecord } from '../records/record.ts'
import { listStanding } from '../records/store.ts'
import type { Policy } from '../settings.ts'
import { contains, type Scope } from './scope.ts'
import { kindOfSubject } from './subject.ts'

/** What a package says of one organisation. */
export type OrganisationExtract =
  | { readonly uscc: string; readonly outcome: 'disclosed'; readonly fields: Readonly<Record<string, Json>> }
  /** Nothing that the scope covers is held; also where something is held outside the window. */
  | { readonly uscc: string; readonly outcome: 'not-held'; readonly code: 'RC-NOT-HELD' }
  | { readonly uscc: string; readonly outcome: 'withheld'; readonly code: 'SUBJECT_INDIVIDUAL_BUSINESS' }

export type ExtractInput = {
  readonly scope: Scope
  readonly ledgerSize: number
  readonly validAt: Instant
  readonly policy: Policy
}

/** Exactly the fields of the scope, of exactly its organisations, in its order. */
export async function extractScope(
  store: Store,
  input: ExtractInput,
): Promise<readonly OrganisationExtract[]> {
  const extracts: OrganisationExtract[] = []
  for (const uscc of input.scope.organisations) {
    const records = await listStanding(store, { kind: 'uscc', value: uscc }, input.ledgerSize)
    extracts.push(extractOrganisation(uscc, records, input))
  }
  return extracts
}

/**
 * What the scope covers of one organisation's records. Its documents are joined first, all of them, so that a
 * statement which lost to a later one is not disclosed because only it says a date in the window. Then the row is
 * computed from the documents in the window alone, so that nothing of a decision outside it is in any field, the
 * name and the sources included. A registration is a state and no decision: it is in scope as it stands at the
 * release, whatever its dates.
 */
export function extractOrganisation(
  uscc: string,
  held: readonly StandingRecord[],
  { scope, policy, validAt }: Omit<ExtractInput, 'ledgerSize'>,
): OrganisationExtract {
  // Looked at again here: the request was checked when it came, and only records tell the rest
  const records = organisationRecords(uscc, held)
  if (kindOfSubject(uscc, policy) !== 'organisation' || records === undefined) {
    return { uscc, outcome: 'withheld', code: 'SUBJECT_INDIVIDUAL_BUSINESS' }
  }
  const whole = fuse({ uscc, records, policy, validAt })
  const won = new Set(
    decisionFields.flatMap((name) => (whole.provenance[name]?.won ?? []).map(({ digest }) => digest)),
  )
  const covered = records.filter(
    ({ record, digest }) =>
      record.type === 'registration' ||
      (isDecision(record) && won.has(digest) && contains(scope.window, decidedOnOf(record))),
  )
  if (covered.length === 0) return { uscc, outcome: 'not-held', code: 'RC-NOT-HELD' }
  const row: Readonly<Record<string, Json>> = fuse({ uscc, records: covered, policy, validAt }).record
  return {
    uscc,
    outcome: 'disclosed',
    fields: Object.fromEntries(scope.fields.map((name) => [name, row[name] ?? null])),
  }
}

const decisionFields = goldenFields.filter(({ rule }) => rule === 'decisions').map(({ name }) => name)

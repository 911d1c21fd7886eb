import { z } from 'zod'
import type { Sha256 } from '../base/digest.ts'
import type { Instant } from '../base/instant.ts'
import { cancellationFactsSchema } from './types/cancellation.ts'
import { commitmentFactsSchema } from './types/commitment.ts'
import { customsClassFactsSchema } from './types/customs-class.ts'
import { judgmentDefaultFactsSchema } from './types/judgment-default.ts'
import { licenceFactsSchema } from './types/licence.ts'
import { listingFactsSchema } from './types/listing.ts'
import { penaltyFactsSchema } from './types/penalty.ts'
import { qualificationFactsSchema } from './types/qualification.ts'
import { registrationFactsSchema } from './types/registration.ts'
import { registrationChangeFactsSchema } from './types/registration-change.ts'
import { taxViolationFactsSchema } from './types/tax-violation.ts'
import { taxpayerGradeFactsSchema } from './types/taxpayer-grade.ts'
import { withdrawalFactsSchema } from './types/withdrawal.ts'

/** The identifier a record arrived under. Only a `uscc` names an organisation; the rest wait for a crosswalk edge. */
export const subjectKinds = ['uscc', 'organisation-code', 'registration-number', 'tax-number'] as const
export type Subject = { readonly kind: (typeof subjectKinds)[number]; readonly value: string }

const subjectSchema = z.strictObject({ kind: z.enum(subjectKinds), value: z.string() })

const base = {
  authority: z.string(),
  subject: subjectSchema,
  /** What else the row called the same organisation by: evidence for the crosswalk. */
  otherIdentifiers: z.array(subjectSchema),
  /** The row itself says that its subject is an individual business: kept where the deployment admits it, never shown. */
  individualBusiness: z.literal(true).optional(),
  /**
   * What the authority calls the same thing by, folded: a decision's number; the type alone where a subject has one
   * such record. Of a withdrawal, the type and the document of what it takes back.
   */
  document: z.string(),
  /** The layout's own revision mark, compared as text; '' where the layout has none. */
  revision: z.string(),
  /** `name@version` of the layout it came in. */
  layout: z.string(),
}

export const recordSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('registration'), ...base, facts: registrationFactsSchema }),
  z.strictObject({ type: z.literal('registration-change'), ...base, facts: registrationChangeFactsSchema }),
  z.strictObject({ type: z.literal('cancellation'), ...base, facts: cancellationFactsSchema }),
  z.strictObject({ type: z.literal('licence'), ...base, facts: licenceFactsSchema }),
  z.strictObject({ type: z.literal('penalty'), ...base, facts: penaltyFactsSchema }),
  z.strictObject({ type: z.literal('abnormal-listing'), ...base, facts: listingFactsSchema }),
  z.strictObject({ type: z.literal('serious-listing'), ...base, facts: listingFactsSchema }),
  z.strictObject({ type: z.literal('judgment-default'), ...base, facts: judgmentDefaultFactsSchema }),
  z.strictObject({ type: z.literal('taxpayer-grade'), ...base, facts: taxpayerGradeFactsSchema }),
  z.strictObject({ type: z.literal('tax-violation'), ...base, facts: taxViolationFactsSchema }),
  z.strictObject({ type: z.literal('customs-class'), ...base, facts: customsClassFactsSchema }),
  z.strictObject({ type: z.literal('qualification'), ...base, facts: qualificationFactsSchema }),
  z.strictObject({ type: z.literal('commitment'), ...base, facts: commitmentFactsSchema }),
  z.strictObject({ type: z.literal('withdrawal'), ...base, facts: withdrawalFactsSchema }),
])

/** One fact about one organisation as one authority stated it: minimised, typed, dated. */
export type FactRecord = z.infer<typeof recordSchema>

export type RecordOf<Type extends FactRecord['type']> = Extract<FactRecord, { type: Type }>

/** Where a record was seen: the sealed entry, the row's place in it, and when the authority sent it. */
export type Sighting = { readonly entry: number; readonly row: number; readonly sentAt: Instant }

/** A revision that stands as of some entry, with the sighting that made it stand. */
export type StandingRecord = {
  readonly record: FactRecord
  readonly digest: Sha256
  readonly sighting: Sighting
}

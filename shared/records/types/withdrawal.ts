import { z } from 'zod'
import { recordTypes } from '../../settings.ts'
import { calendarDateSchema } from './fact.ts'

/**
 * `withdrawal` (撤回、撤销): what was filed is not to stand. `repair` (信用修复): it stood, and is no longer to be
 * published, shared or used. `correction` (更正): what was filed was wrong, its revision mark as well.
 */
export const withdrawalKinds = ['withdrawal', 'repair', 'correction'] as const

/** All that can be taken back: a withdrawal is undone by filing its document again. */
export const withdrawableTypes = recordTypes.filter((type) => type !== 'withdrawal')

/** 撤回、信用修复、更正: what takes back another record of the same subject by the same authority. */
export const withdrawalFactsSchema = z.strictObject({
  subjectName: z.string(),
  kind: z.enum(withdrawalKinds),
  recordType: z.enum(withdrawableTypes),
  /** As the authority writes it. */
  documentNumber: z.string().optional(),
  /** Of the decision that is taken back: what it is known by where it has no number. */
  decidedOn: calendarDateSchema.optional(),
  reason: z.string().optional(),
  item: z.string().optional(),
  evaluatedTo: calendarDateSchema.optional(),
  /** The body that took that decision, whoever passed it on. */
  decidedBy: z.string(),
  /** When it was withdrawn, repaired or corrected, as the authority states it; it takes effect when it is received. */
  effectiveOn: calendarDateSchema.optional(),
})

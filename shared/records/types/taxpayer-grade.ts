import { z } from 'zod'
import { calendarDateSchema } from './fact.ts'

/** A 级纳税人: a tax authority found a taxpayer's conduct of one year to be of its highest grade, the one it publishes. */
export const taxpayerGradeFactsSchema = z.strictObject({
  subjectName: z.string(),
  grade: z.literal('A'),
  /** The last day of the year evaluated (评价年度). */
  evaluatedTo: calendarDateSchema,
  decidedBy: z.string().optional(),
})

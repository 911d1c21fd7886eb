import { z } from 'zod'
import { type CalendarDate, parseCalendarDate } from '../../base/instant.ts'

/** A day that exists, `YYYY-MM-DD`. A text to whoever describes it, branded to whoever parses it. */
export const calendarDateSchema = z.string().refine((text) => parseCalendarDate(text) !== undefined, {
  message: 'not a date of the form YYYY-MM-DD',
}) as unknown as z.ZodType<CalendarDate>

/** What a decision states whatever its type; only some have a number. */
export const decisionFacts = {
  subjectName: z.string(),
  documentNumber: z.string().optional(),
  decidedOn: calendarDateSchema,
  decidedBy: z.string(),
}

/** A decimal string in yuan, no exponent, no leading plus, no trailing zeros after the point: `1200.5`. */
export const moneySchema = z.string().regex(/^(0|[1-9]\d*)(\.\d*[1-9])?$/)

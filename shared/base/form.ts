import { z } from 'zod'
import { parseInstant } from './instant.ts'

/**
 * The rule of form that a value broke. Said from the rule's own members: the library's messages may quote what was sent,
 * and so may the name of a member that nobody knows.
 */
export function describeForm(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${issue.expected} is wanted here`
    case 'unrecognized_keys':
      return 'has a member that is not known'
    case 'invalid_format':
      return issue.pattern === undefined
        ? `not of the form ${issue.format}`
        : `not of the form ${issue.pattern}`
    case 'invalid_value':
      return `none of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `less than ${issue.minimum}${UNITS[issue.origin] ?? ''}`
    case 'too_big':
      return `more than ${issue.maximum}${UNITS[issue.origin] ?? ''}`
    case 'custom':
      // Of a rule of ours, which says what it wants
      return issue.message
    default:
      return 'not of the form described'
  }
}

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' elements' }

/** A moment, in any spelling that carries an offset. */
export const instantSchema = z.string().transform((text, context) => {
  const at = parseInstant(text)
  if (at !== undefined) return at
  context.addIssue({ code: 'custom', message: 'not an ISO 8601 date-time with an offset' })
  return z.NEVER
})

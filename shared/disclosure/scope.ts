import { z } from 'zod'
import { digestOf, type Sha256 } from '../base/digest.ts'
import type { CalendarDate } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import { fieldsOf } from '../fusion/golden-record.ts'
import { calendarDateSchema } from '../records/types/fact.ts'

/** Both days belong to it. */
export const windowSchema = z.strictObject({ from: calendarDateSchema, to: calendarDateSchema })
export type Window = z.infer<typeof windowSchema>

export const scopeSchema = z.strictObject({
  organisations: z.array(z.string()),
  fields: z.array(z.string()),
  window: windowSchema,
})
/** What a case may disclose: these fields of these organisations, and of dated facts those decided in the window. */
export type Scope = z.infer<typeof scopeSchema>

/** The fields that a case may name. */
export const disclosedFieldNames: readonly string[] = fieldsOf('disclosed').map((field) => field.name)

/** The one order of a scope: organisations by code, fields as in the field table. Sets have one digest. */
export function orderScope({ organisations, fields, window }: Scope): Scope {
  return {
    organisations: organisations.toSorted(compareUtf8),
    fields: fields.toSorted((a, b) => disclosedFieldNames.indexOf(a) - disclosedFieldNames.indexOf(b)),
    window,
  }
}

/**
 * What an approval binds. The request's digest takes part, so approvals of two cases never look alike, and
 * codes, which anybody can enumerate, cannot be guessed from the digest without knowing the whole request.
 */
export function scopeDigest(scope: Scope, bound: { requestSha256: string; recipientKey: string }): Sha256 {
  return digestOf({ ...orderScope(scope), ...bound })
}

export function contains(window: Window, day: CalendarDate): boolean {
  return window.from <= day && day <= window.to
}

export const narrowingSchema = z.strictObject({
  organisations: z.array(z.string().max(64)).max(50).optional(),
  fields: z.array(z.string().max(64)).max(200).optional(),
  window: windowSchema.optional(),
})
/** The parts of a scope to be made smaller; a part left out stays. */
export type Narrowing = z.infer<typeof narrowingSchema>

export type NarrowingFault = 'NARROWING_EMPTY' | 'NARROWING_WIDENS' | 'NARROWING_CHANGES_NOTHING'

/** A strict subset of the scope, or why the proposal is none and where. */
export function narrowScope(
  scope: Scope,
  narrowing: Narrowing,
): { readonly scope: Scope } | { readonly fault: NarrowingFault; readonly path: string } {
  for (const part of ['organisations', 'fields'] as const) {
    const kept = narrowing[part]
    if (kept === undefined) continue
    if (kept.length === 0) return { fault: 'NARROWING_EMPTY', path: `/${part}` }
    const at = kept.findIndex((name, index) => !scope[part].includes(name) || kept.indexOf(name) !== index)
    if (at >= 0) return { fault: 'NARROWING_WIDENS', path: `/${part}/${at}` }
  }
  const { from, to } = narrowing.window ?? scope.window
  if (from > to) return { fault: 'NARROWING_EMPTY', path: '/window' }
  if (from < scope.window.from) return { fault: 'NARROWING_WIDENS', path: '/window/from' }
  if (to > scope.window.to) return { fault: 'NARROWING_WIDENS', path: '/window/to' }
  const narrowed = orderScope({
    organisations: narrowing.organisations ?? scope.organisations,
    fields: narrowing.fields ?? scope.fields,
    window: { from, to },
  })
  if (digestOf(narrowed) === digestOf(orderScope(scope)))
    return { fault: 'NARROWING_CHANGES_NOTHING', path: '' }
  return { scope: narrowed }
}

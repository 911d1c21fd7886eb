import type { z } from 'zod'
import { digestOf, type Sha256 } from '../base/digest.ts'
import { describeForm } from '../base/form.ts'
import { type CalendarDate, chinaDate, type Instant } from '../base/instant.ts'
import { jsonPointer } from '../base/json-pointer.ts'
import type { Policy } from '../settings.ts'
import { parseRecipientKey } from './recipient-key.ts'
import type { Refusal } from './refusal.ts'
import { type DisclosureRequest, sentSchema } from './request-form.ts'
import { findBrokenRule, type RuleCode } from './request-rules.ts'
import { orderScope } from './scope.ts'

/** Where a request fails: at its shape, at its key, or at a rule of the table. */
export type RequestCode = 'REQUEST_MALFORMED' | 'RECIPIENT_KEY_PRIVATE' | 'RECIPIENT_KEY_INVALID' | RuleCode

type RequestContext = { readonly now: Instant; readonly policy: Policy }

/** Shape and key alone. The request keeps the order it was sent in, so that a rule can name the place of a fault. */
export function parseSent(
  sent: unknown,
): { readonly outcome: 'parsed'; readonly request: DisclosureRequest } | Refusal<RequestCode> {
  if (holdsPrivateMember(sent)) {
    const reason = 'The key has a private member; make a new pair and send the public half alone'
    return { outcome: 'refused', code: 'RECIPIENT_KEY_PRIVATE', reason, path: '/recipientKey/d' }
  }
  const parsed = sentSchema.safeParse(sent)
  if (!parsed.success) return malformed(parsed.error)
  const { organisations, fields, window, recipientKey, ...rest } = parsed.data
  const key = parseRecipientKey(recipientKey)
  if (key === undefined) {
    const reason = 'The key is no usable public key for ECDH-ES'
    return { outcome: 'refused', code: 'RECIPIENT_KEY_INVALID', reason, path: '/recipientKey' }
  }
  return {
    outcome: 'parsed',
    request: { scope: { organisations, fields, window }, recipientKey: key, ...rest },
  }
}

/** Holds a request against every rule; the first that fails answers. */
export function checkRequest(
  request: DisclosureRequest,
  { now, policy }: RequestContext,
): Refusal<RequestCode> | undefined {
  const today: CalendarDate = chinaDate(now)
  const broken = findBrokenRule({ request, today, policy })
  return broken && { outcome: 'refused', ...broken }
}

export function orderRequest(request: DisclosureRequest): DisclosureRequest {
  return { ...request, scope: orderScope(request.scope) }
}

/** Over what was asked and by which authority: the same content under the same key is the same case. */
export function requestDigest(request: DisclosureRequest, authority: string): Sha256 {
  return digestOf({ authority, request: orderRequest(request) })
}

function holdsPrivateMember(sent: unknown): boolean {
  if (typeof sent !== 'object' || sent === null || !('recipientKey' in sent)) return false
  const key = sent.recipientKey
  return typeof key === 'object' && key !== null && 'd' in key
}

// The library's message may quote what was sent, and a member's name may be anything: neither goes out
function malformed(error: z.ZodError): Refusal<RequestCode> {
  const [issue] = error.issues
  const reason = issue === undefined ? 'not of the form required' : describeForm(issue)
  return { outcome: 'refused', code: 'REQUEST_MALFORMED', reason, path: jsonPointer(issue?.path ?? []) }
}

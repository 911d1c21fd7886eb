import canonicalize from 'canonicalize'
import { Failure } from './failure.ts'

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined }

/**
 * The canonical form of a JSON value (RFC 8785): what digests are taken over.
 * Throws `TEXT_NOT_WELL_FORMED` for a lone surrogate, which has no UTF-8 form (RFC 8785 §3.2.2.2).
 */
export function canonicalJson(value: Json): string {
  const text = canonicalText(value)
  if (text === undefined) throw new Failure('VALUE_NOT_JSON', { retryable: false })
  return text
}

function canonicalText(value: Json): string | undefined {
  try {
    return canonicalize(value)
  } catch {
    // It throws for lone surrogates and for numbers that are no JSON; its message is of no more use than the code
    throw new Failure('TEXT_NOT_WELL_FORMED', { retryable: false })
  }
}

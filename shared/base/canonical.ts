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
  const text = canonicalize(value)
  if (text === undefined) throw new Failure('VALUE_NOT_JSON', { retryable: false })
  if (text.includes('\\ud') && LONE_SURROGATE_ESCAPE.test(text)) {
    throw new Failure('TEXT_NOT_WELL_FORMED', { retryable: false })
  }
  return text
}

// JSON.stringify writes a lone surrogate as a lower-case escape; a backslash of the text itself is doubled
const LONE_SURROGATE_ESCAPE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

import { hash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson, type Json } from './canonical.ts'

/** SHA-256 as 64 lower-case hexadecimal digits. */
export type Sha256 = string & { readonly brand: 'Sha256' }

/** A text to whoever describes it, branded to whoever parses it. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/) as unknown as z.ZodType<Sha256>

/** The SHA-256 of bytes, or of a text's UTF-8 form. */
export function sha256(data: string | Uint8Array): Sha256 {
  return hash('sha256', data, 'hex') as Sha256
}

/** The SHA-256 of a value's canonical JSON (RFC 8785). */
export function digestOf(value: Json): Sha256 {
  return sha256(canonicalJson(value))
}

/** The thumbprint of a JWK that has its required members alone (RFC 7638, SHA-256, base64url). */
export function thumbprint(key: Readonly<Record<string, string>>): string {
  return Buffer.from(sha256(canonicalJson(key)), 'hex').toString('base64url')
}

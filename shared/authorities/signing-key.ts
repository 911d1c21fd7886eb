import { z } from 'zod'
import { thumbprint } from '../base/digest.ts'
import { instantSchema } from '../base/form.ts'
import type { Instant } from '../base/instant.ts'
import { type Authority, signingJwkSchema } from '../settings.ts'

export const signingKeySchema = z.strictObject({
  /** The thumbprint (RFC 7638): who holds the key can work its name out. */
  kid: z.string(),
  jwk: signingJwkSchema.pick({ kty: true, crv: true, x: true }),
  /** Half-open: it signs from the one on, and at the other no more. */
  notBefore: instantSchema,
  notAfter: instantSchema.optional(),
})
/** A public key of an authority, and when it may sign. */
export type SigningKey = z.infer<typeof signingKeySchema>

export type SigningJwk = z.infer<typeof signingJwkSchema>

/** A key in its one canonical spelling. */
export function signingKeyOf(
  { kty, crv, x }: SigningJwk,
  { notBefore, notAfter }: { readonly notBefore: string; readonly notAfter?: string | undefined },
): SigningKey {
  const jwk = { kty, crv, x }
  return signingKeySchema.parse({
    ...{ kid: thumbprint(jwk), jwk, notBefore },
    ...(notAfter !== undefined && { notAfter }),
  })
}

/** The keys that the authorities file declares. */
export function declaredKeys({ signingKeys = [] }: Authority): readonly SigningKey[] {
  return signingKeys.map(({ jwk, notBefore, notAfter }) => signingKeyOf(jwk, { notBefore, notAfter }))
}

export function isValidAt({ notBefore, notAfter }: SigningKey, at: Instant): boolean {
  return notBefore <= at && (notAfter === undefined || at < notAfter)
}

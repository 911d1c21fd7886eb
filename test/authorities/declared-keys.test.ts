import { describe, expect, test } from 'vitest'
import { authoritiesFileSchema } from '../../shared/settings.ts'
import { authorities } from '../records/world.ts'
import { LONG_AGO, makeKeyPair } from './keys.ts'

const own = await makeKeyPair()

describe('the authorities file', () => {
  const file = (signingKey: object) => ({ authorities: [{ ...authorities[0], signingKeys: [signingKey] }] })
  const jwk = own.publicJwk
  test.each([
    ['a private half', { jwk: { ...jwk, d: jwk.x }, notBefore: LONG_AGO }, 'jwk'],
    ['a key of another curve', { jwk: { ...jwk, crv: 'X25519' }, notBefore: LONG_AGO }, 'jwk.crv'],
    ['a key without its beginning', { jwk }, 'notBefore'],
    ['a moment without an offset', { jwk, notBefore: '2026-01-01T00:00:00' }, 'notBefore'],
    ['a moment finer than any', { jwk, notBefore: '2026-01-01T00:00:00.0123456789Z' }, 'notBefore'],
    ['an end before the beginning', { jwk, notBefore: LONG_AGO, notAfter: LONG_AGO }, 'notAfter'],
  ])('takes no signing key that has %s', (_, signingKey, place) => {
    const parsed = authoritiesFileSchema.safeParse(file(signingKey))
    expect(parsed.error?.issues[0]?.path.join('.')).toBe(`authorities.0.signingKeys.0.${place}`)
  })

  test('takes one with a beginning, and with an end after it', () => {
    const signingKey = { jwk, notBefore: LONG_AGO, notAfter: '2026-01-01T00:00:00+08:00' }
    expect(authoritiesFileSchema.safeParse(file(signingKey)).success).toBe(true)
    expect(authoritiesFileSchema.safeParse(file({ jwk, notBefore: LONG_AGO })).success).toBe(true)
  })
})

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Signer } from '../../shared/ports.ts'

export type OpenedSigner = { readonly signer: Signer; readonly close: () => Promise<void> }

/** What every signer does: what it signs, anybody verifies with Ed25519 and the 32 bytes it shows. */
export function signerContract(name: string, open: () => Promise<OpenedSigner>): void {
  describe(`${name}: a signer`, () => {
    let opened: OpenedSigner
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.close())

    test('shows 32 bytes and signs with 64', async () => {
      expect(opened.signer.verifierKey).toHaveLength(32)
      expect(await opened.signer.sign(Buffer.from('message'))).toHaveLength(64)
    })

    test('signs any message so that its key verifies it', async () => {
      const key = publicKey(opened.signer.verifierKey)
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (message) => {
          expect(verify(null, message, key, await opened.signer.sign(message))).toBe(true)
        }),
        { numRuns: 15 },
      )
    })

    test('its signature is of that message and no other', async () => {
      const key = publicKey(opened.signer.verifierKey)
      const signature = await opened.signer.sign(Buffer.from('message'))
      expect(verify(null, Buffer.from('massage'), key, signature)).toBe(false)
    })

    test('signs the same message the same way each time (RFC 8032 §5.1.6)', async () => {
      const [first, second] = [
        await opened.signer.sign(Buffer.from('m')),
        await opened.signer.sign(Buffer.from('m')),
      ]
      expect(Buffer.compare(first, second)).toBe(0)
    })
  })
}

export function publicKey(verifierKey: Uint8Array): KeyObject {
  const x = Buffer.from(verifierKey).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

import { generateKeyPairSync } from 'node:crypto'
import { CompactEncrypt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { thumbprint } from '../../shared/base/digest.ts'
import {
  openPackage,
  packageSchema,
  sealPackage,
  verifierThumbprint,
} from '../../shared/disclosure/package.ts'
import {
  parseRecipientKey,
  type RecipientKey,
  recipientJwkSchema,
} from '../../shared/disclosure/recipient-key.ts'
import {
  alpha,
  beta,
  openSampleWorld,
  recipientPrivate,
  recipientPublic,
  type SampleWorld,
  start,
} from './sample.ts'

const content = packageSchema.parse({
  caseId: 'ca5e',
  requestSha256: 'ab'.repeat(32),
  scopeSha256: 'cd'.repeat(32),
  legalBasis: 'CN-DSL-35',
  instrument: { number: '调证字1号', sha256: 'ef'.repeat(32) },
  asOf: { ledgerSize: 3, validAt: start },
  window: { from: '2024-01-01', to: '2024-12-31' },
  organisations: [
    { uscc: alpha, outcome: 'disclosed', fields: { name: '合成样本有限公司' } },
    { uscc: beta, outcome: 'not-held', code: 'RC-NOT-HELD' },
  ],
  counts: { organisations: 2, disclosed: 1, notHeld: 1, withheld: 0, fields: 1 },
  manifest: [],
})

const recipientKey = parseRecipientKey(recipientJwkSchema.parse(recipientPublic))!
const asOf = { ledgerSize: 3, validAt: start }

let world: SampleWorld
beforeEach(async () => {
  world = await openSampleWorld()
})
afterEach(() => world.close())

async function sealed(key: RecipientKey = recipientKey): Promise<Uint8Array> {
  return (await sealPackage(content, { recipientKey: key, signer: world.signer, asOf })).body
}

describe('a package', () => {
  test('is opened by the requester’s key and is what was sealed', async () => {
    const opened = await openPackage(await sealed(), recipientPrivate, world.signer.verifierKey)
    expect(opened).toEqual({ outcome: 'opened', package: content })
  })

  test('may be sealed to a key on X25519', async () => {
    const pair = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true })
    const key = parseRecipientKey(recipientJwkSchema.parse(await exportJWK(pair.publicKey)))!
    const opened = await openPackage(
      await sealed(key),
      await exportJWK(pair.privateKey),
      world.signer.verifierKey,
    )
    expect(opened.outcome).toBe('opened')
  })

  test('names the algorithms and the keys by their thumbprints', async () => {
    const body = Buffer.from(await sealed()).toString()
    expect(decodeProtectedHeader(body)).toMatchObject({
      alg: 'ECDH-ES+A256KW',
      enc: 'A256GCM',
      kid: thumbprint(recipientKey),
    })
    expect(verifierThumbprint(world.signer.verifierKey)).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  test('is opened by no other key, the service’s own included', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      format: 'jwk',
    }) as JWK
    const body = await sealed()
    const refusal = { outcome: 'refused', code: 'NOT_FOR_THIS_KEY' }
    expect(await openPackage(body, other, world.signer.verifierKey)).toMatchObject(refusal)
    expect(await openPackage(body, recipientPublic, world.signer.verifierKey)).toMatchObject(refusal)
  })

  test('of another signer is refused', async () => {
    const { verifierKey } = (await openSampleWorld()).signer
    const opened = await openPackage(await sealed(), recipientPrivate, verifierKey)
    expect(opened).toMatchObject({ outcome: 'refused', code: 'SIGNATURE_INVALID' })
  })

  test('signed without the key is refused', async () => {
    const signer = { ...world.signer, sign: async () => new Uint8Array(64) }
    const { body } = await sealPackage(content, { recipientKey, signer, asOf })
    const opened = await openPackage(body, recipientPrivate, world.signer.verifierKey)
    expect(opened).toMatchObject({ outcome: 'refused', code: 'SIGNATURE_INVALID' })
  })

  test('that this service signed as something else than a package is refused', async () => {
    const kid = verifierThumbprint(world.signer.verifierKey)
    const header = { alg: 'EdDSA', kid, typ: 'receipt' }
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const input = `${part(header)}.${part(content)}`
    const signature = Buffer.from(await world.signer.sign(Buffer.from(input))).toString('base64url')
    const body = await new CompactEncrypt(Buffer.from(`${input}.${signature}`))
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' })
      .encrypt(await importJWK(recipientPublic, 'ECDH-ES+A256KW'))
    const opened = await openPackage(body, recipientPrivate, world.signer.verifierKey)
    expect(opened).toMatchObject({ outcome: 'refused', code: 'SIGNATURE_INVALID' })
  })

  test('with any part changed on the way does not open', async () => {
    const text = Buffer.from(await sealed()).toString()
    for (const at of [0, 1, 2, 3, 4]) {
      const parts = text.split('.')
      const part = parts[at]!
      parts[at] = `${part[0] === 'A' ? 'B' : 'A'}${part.slice(1)}`
      const opened = await openPackage(parts.join('.'), recipientPrivate, world.signer.verifierKey)
      expect([at, opened.outcome]).toEqual([at, 'refused'])
    }
  })

  test('is never the same bytes twice', async () => {
    expect(Buffer.from(await sealed()).equals(Buffer.from(await sealed()))).toBe(false)
  })

  test('takes in nothing that its schema does not name', async () => {
    const wider = { ...content, score: 99 } as typeof content
    await expect(sealPackage(wider, { recipientKey, signer: world.signer, asOf })).rejects.toThrow()
  })
})

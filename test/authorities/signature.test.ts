import { CompactSign, importJWK, type JWK } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  type Expected,
  type Statement,
  signStatement,
  verifySignature,
} from '../../shared/authorities/signature.ts'
import { canonicalJson } from '../../shared/base/canonical.ts'
import type { Instant } from '../../shared/base/instant.ts'
import { keyOf, LONG_AGO, makeKeyPair } from './keys.ts'

const [own, others] = await Promise.all([makeKeyPair(), makeKeyPair()])
const NOW = '2026-06-01T00:00:00.000Z' as Instant
const SENT = '2026-05-31T00:00:00.000Z'
const statement: Statement = {
  schemaVersion: '1',
  authority: 'authority-0',
  submissionId: 's1',
  layout: 'penalty-2018',
  sentAt: SENT,
  sha256: 'ab'.repeat(32),
}
const { sha256: _, ...head } = statement
const expected: Expected = { keys: [keyOf(own)], at: NOW, statement: head }
const TYPE = 'credit-fusion-submission+jws'
const { kid } = keyOf(own)

async function sign(header: object, payload: object | string = statement, key = own): Promise<string> {
  const text = typeof payload === 'string' ? payload : canonicalJson(payload as never)
  return new CompactSign(Buffer.from(text))
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: TYPE, ...header })
    .sign(await importJWK(key.privateJwk, 'EdDSA'))
}

function assemble(header: object, signature = ''): string {
  const encode = (value: object) => Buffer.from(canonicalJson(value as never)).toString('base64url')
  return `${encode(header)}.${encode(statement)}.${signature}`
}

async function signWithSecret(): Promise<string> {
  // The oldest trick: the public key, which all may know, as the secret of a MAC
  const secret: JWK = { kty: 'oct', k: own.publicJwk.x }
  return new CompactSign(Buffer.from(canonicalJson(statement)))
    .setProtectedHeader({ alg: 'HS256', kid, typ: TYPE })
    .sign(await importJWK(secret, 'HS256'))
}

test('a signature over a submission answers which content was signed for', async () => {
  const jws = await signStatement(statement, own.privateJwk)
  expect(await verifySignature(jws, expected)).toEqual({ sha256: statement.sha256 })
})

test('a moment may be signed in any spelling', async () => {
  const jws = await sign({}, { ...statement, sentAt: '2026-05-31T08:00:00+08:00' })
  expect(await verifySignature(jws, expected)).toEqual({ sha256: statement.sha256 })
})

const signed = await signStatement(statement, own.privateJwk)
const [protectedHeader, payload, signature] = signed.split('.')
const flipped = `${signature?.startsWith('A') ? 'B' : 'A'}${signature?.slice(1)}`
const forged: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a word', 'signed'],
  ['one that breaks off', `${protectedHeader}.${payload}`],
  ['one changed by a bit', `${protectedHeader}.${payload}.${flipped}`],
  ['one of another length', `${protectedHeader}.${payload}.${signature}AAAA`],
  ['one without an algorithm', assemble({ alg: 'none', kid, typ: TYPE })],
  ['one under alg none with a signature', assemble({ alg: 'none', kid, typ: TYPE }, signature)],
  ['a MAC by the public key', await signWithSecret()],
  ['one by another key under this kid', await sign({}, statement, others)],
  ['one of another type', await sign({ typ: 'credit-fusion-case+jws' })],
  ['one of the type JWT', await sign({ typ: 'JWT' })],
  ['one without a type', await sign({ typ: undefined })],
  ['one without a kid', await sign({ kid: undefined })],
  ['one that brings its key along', await sign({ jwk: others.publicJwk })],
  ['one that points to a key', await sign({ jku: 'https://keys.example/' })],
  ['one over what is no statement', await sign({}, 'statement')],
  ['one over a statement with a member more', await sign({}, { ...statement, role: 'x' })],
  ['one of unreasonable length', await sign({}, { ...statement, submissionId: 's'.repeat(4_000) })],
]

describe('no signature is', () => {
  test.each(forged)('%s', async (_, jws) => {
    expect(await verifySignature(jws, expected)).toEqual({ code: 'SIGNATURE_INVALID' })
  })

  test('one by a key that is not this authority’s, though it is another’s', async () => {
    const jws = await signStatement(statement, others.privateJwk)
    expect(await verifySignature(jws, expected)).toEqual({ code: 'SIGNATURE_KEY_UNKNOWN' })
  })

  test.each([
    ['authority', { authority: 'authority-1' }],
    ['id', { submissionId: 's2' }],
    ['layout', { layout: 'licence-2018' }],
    ['moment', { sentAt: '2026-05-31T00:00:00.001Z' }],
    ['schema', { schemaVersion: '2' }],
    ['mended submission, where it mends none', { mendsSha256: 'cd'.repeat(32) }],
  ])('one over another %s', async (_, member) => {
    const jws = await signStatement({ ...statement, ...member }, own.privateJwk)
    expect(await verifySignature(jws, expected)).toEqual({ code: 'SIGNATURE_REBOUND' })
  })
})

describe('a signature over a submission that mends another', () => {
  const mending = { ...statement, mendsSha256: 'cd'.repeat(32) }
  const expectedOf = (mendsSha256?: string): Expected => ({
    ...expected,
    statement: mendsSha256 === undefined ? head : { ...head, mendsSha256 },
  })

  test('holds for what it mends', async () => {
    const jws = await signStatement(mending, own.privateJwk)
    expect(await verifySignature(jws, expectedOf(mending.mendsSha256))).toEqual({ sha256: statement.sha256 })
  })

  test.each([
    ['mends another', 'ef'.repeat(32)],
    ['mends none', undefined],
  ])('holds for none that %s', async (_, mendsSha256) => {
    const jws = await signStatement(mending, own.privateJwk)
    expect(await verifySignature(jws, expectedOf(mendsSha256))).toEqual({ code: 'SIGNATURE_REBOUND' })
  })

  test('is wanted where it mends one', async () => {
    const jws = await signStatement(statement, own.privateJwk)
    const verified = await verifySignature(jws, expectedOf(mending.mendsSha256))
    expect(verified).toEqual({ code: 'SIGNATURE_REBOUND' })
  })

  test('over what mends nothing is what it was before there was anything to mend', async () => {
    const [, payload = ''] = (await signStatement(statement, own.privateJwk)).split('.')
    expect(Buffer.from(payload, 'base64url').toString()).toBe(
      `{"authority":"authority-0","layout":"penalty-2018","schemaVersion":"1","sentAt":"${SENT}","sha256":"${'ab'.repeat(32)}","submissionId":"s1"}`,
    )
  })
})

describe('a key signs from its beginning to before its end, by our clock and by the sender’s', () => {
  const before = '2026-05-30T23:59:59.999Z'
  const after = '2026-06-01T00:00:00.001Z'
  test.each([
    ['begins as it was sent', SENT, undefined, true],
    ['begins after it was sent', '2026-05-31T00:00:00.001Z', undefined, false],
    ['ended before it was sent', LONG_AGO, before, false],
    ['ended as it was sent', LONG_AGO, SENT, false],
    ['ended between', LONG_AGO, '2026-05-31T12:00:00.000Z', false],
    ['ends now', LONG_AGO, NOW, false],
    ['ends right after', LONG_AGO, after, true],
  ] as const)('a key that %s', async (_, notBefore, notAfter, holds) => {
    const jws = await signStatement(statement, own.privateJwk)
    const verified = await verifySignature(jws, { ...expected, keys: [keyOf(own, notBefore, notAfter)] })
    expect(verified).toEqual(holds ? { sha256: statement.sha256 } : { code: 'SIGNATURE_KEY_NOT_VALID' })
  })
})

import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refusalReasons } from '../../shared/ledger/refusal.ts'
import {
  formatVerifierKey,
  isKeyName,
  parseVerifierKey,
  type SignatureType,
  signatureTypes,
  verifierKey,
} from '../../shared/ledger/verifier-key.ts'
import corpus from './corpus/notes.json' with { type: 'json' }
import { signerOf } from './keys.ts'

const types = Object.keys(signatureTypes) as SignatureType[]

describe('a verifier key', () => {
  test.each(corpus.keys)(
    'of $name ($type), as another tool wrote it, is read and written alike',
    (vector) => {
      const parsed = parseVerifierKey(vector.vkey)
      if (parsed.outcome === 'refused') throw new Error(parsed.code)
      expect(parsed.key).toMatchObject({ name: vector.name, type: vector.type })
      expect(formatVerifierKey(parsed.key)).toBe(vector.vkey)
      expect(verifierKey(vector.name, parsed.key.type, parsed.key.publicKey)).toEqual(parsed.key)
    },
  )

  test('of a signer is the one another tool makes of its seed', () => {
    for (const { name, type, vkey } of corpus.keys.filter((each) => each.type !== 'ecdsa-p256')) {
      const key = verifierKey(name, type as SignatureType, signerOf(name).verifierKey)
      expect(formatVerifierKey(key)).toBe(vkey)
    }
  })

  test('of the specification’s example is read', () => {
    expect(
      parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'),
    ).toMatchObject({ outcome: 'parsed', key: { name: 'example.com/foo', id: '530d903a', type: 'ed25519' } })
  })

  test('has another id for each type it is used as', () => {
    const { verifierKey: bytes } = signerOf('log.example/main')
    const [note, cosigner] = [verifierKey('a', 'ed25519', bytes), verifierKey('a', 'cosignature', bytes)]
    expect(note.id).not.toBe(cosigner.id)
  })

  test('with any character changed is refused', () => {
    // The id of an ECDSA key is not of its name, so another name is another key
    for (const { vkey } of corpus.keys.filter((each) => each.type !== 'ecdsa-p256')) {
      for (let at = 0; at < vkey.length; at++) {
        for (const other of ['A', '0', '+', ' ', '\n']) {
          const changed = vkey.slice(0, at) + other + vkey.slice(at + 1)
          if (changed !== vkey) expect(parseVerifierKey(changed).outcome, changed).toBe('refused')
        }
      }
    }
  })

  test.each([
    ['nothing', '', 'VERIFIER_KEY_MALFORMED'],
    ['no key', 'name+530d903a+', 'VERIFIER_KEY_MALFORMED'],
    [
      'an id in capitals',
      'example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
      'VERIFIER_KEY_MALFORMED',
    ],
    [
      'a space in the name',
      'example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
      'VERIFIER_KEY_MALFORMED',
    ],
    [
      'another id',
      'example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
      'VERIFIER_KEY_ID_WRONG',
    ],
    [
      'another name',
      'example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
      'VERIFIER_KEY_ID_WRONG',
    ],
    ['31 bytes of key', `a+00000000+${Buffer.alloc(32, 1).toString('base64')}`, 'VERIFIER_KEY_MALFORMED'],
    ['ML-DSA-44', `a+00000000+${Buffer.alloc(33, 6).toString('base64')}`, 'VERIFIER_KEY_TYPE_UNKNOWN'],
    [
      'a newline behind',
      'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n',
      'VERIFIER_KEY_MALFORMED',
    ],
  ])('with %s is refused', (_, vkey, code) => {
    expect(parseVerifierKey(vkey)).toEqual({ outcome: 'refused', code })
  })

  test('on another curve than P-256 is refused', () => {
    for (const namedCurve of ['P-384', 'secp256k1']) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve })
      const spki = publicKey.export({ format: 'der', type: 'spki' })
      expect(() => verifierKey('a', 'ecdsa-p256', spki)).toThrow('PUBLIC_KEY_INVALID')
      const vkey = `a+00000000+${Buffer.concat([Buffer.of(2), spki]).toString('base64')}`
      expect(parseVerifierKey(vkey)).toEqual({ outcome: 'refused', code: 'VERIFIER_KEY_MALFORMED' })
    }
  })

  test('of any text is read or refused with a known code', () => {
    const nearly = fc
      .record({
        name: fc.string(),
        id: fc.stringMatching(/^[0-9a-f]{8}$/),
        key: fc.uint8Array({ maxLength: 40 }),
      })
      .map(({ name, id, key }) => `${name}+${id}+${Buffer.from(key).toString('base64')}`)
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearly), (text) => {
        const parsed = parseVerifierKey(text)
        if (parsed.outcome === 'refused') expect(Object.keys(refusalReasons)).toContain(parsed.code)
        else expect(formatVerifierKey(parsed.key)).toBe(text)
      }),
      { numRuns: 1_000 },
    )
  })

  test('is not made under a name that has a space or plus, or of bytes that are no key', () => {
    for (const type of types) {
      expect(() => verifierKey('a', type, Buffer.alloc(31))).toThrow('PUBLIC_KEY_INVALID')
      expect(() => verifierKey('a b', type, Buffer.alloc(32))).toThrow('KEY_NAME_INVALID')
    }
  })
})

test.each([
  ['', false],
  ['log.example/main', true],
  ['见证.example/二', true],
  ['a+b', false],
  ['a b', false],
  ['a\tb', false],
  ['a\u0085b', false],
  ['a\u00a0b', false],
  ['a\u2028b', false],
  ['a\u3000b', false],
  // No space in Unicode, though JavaScript takes it for one
  ['a\ufeffb', true],
  ['a\ud800b', false],
])('%j is a name of a key: %s', (name, expected) => {
  expect(isKeyName(name)).toBe(expected)
})

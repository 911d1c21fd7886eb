import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../shared/base/canonical.ts'
import { commitmentOf, formatLeaf, isCommittedTo, parseLeaf } from '../../shared/ledger/leaf.ts'

const aSalt = fc.uint8Array({ minLength: 32, maxLength: 32 })
const aPayload = fc.jsonValue().filter((value) => isCanonical(value as Json)) as fc.Arbitrary<Json>
const salt = Buffer.alloc(32, 7)

function isCanonical(value: Json): boolean {
  try {
    return canonicalJson(value) !== ''
  } catch {
    return false
  }
}

describe('the public leaf', () => {
  test('commits to salt and payload, written out once here', () => {
    const payload = { b: 1, a: '见证' }
    const commitment = createHash('sha256')
      .update('ledger/v1\0')
      .update(salt)
      .update('{"a":"见证","b":1}')
      .digest()
    expect(commitmentOf(salt, payload)).toEqual(commitment)
    const leaf = formatLeaf(commitment)
    expect(Buffer.from(leaf).toString()).toBe(`{"c":"${commitment.toString('base64')}","v":1}`)
    expect(isCommittedTo(leaf, { salt, payload: { a: '见证', b: 1 } })).toBe(true)
  })

  test('is as long as any other, whatever it is of', () => {
    fc.assert(
      fc.property(aSalt, aPayload, (each, payload) => {
        expect(formatLeaf(commitmentOf(each, payload))).toHaveLength(58)
      }),
    )
  })

  test('differs for the same payload with another salt', () => {
    fc.assert(
      fc.property(aSalt, aSalt, aPayload, (one, other, payload) => {
        fc.pre(Buffer.compare(one, other) !== 0)
        expect(commitmentOf(one, payload)).not.toEqual(commitmentOf(other, payload))
      }),
    )
  })

  test('is opened by its own salt and payload alone', () => {
    fc.assert(
      fc.property(aSalt, aPayload, aPayload, (own, payload, other) => {
        const leaf = formatLeaf(commitmentOf(own, payload))
        const isSame = canonicalJson(payload) === canonicalJson(other)
        expect(isCommittedTo(leaf, { salt: own, payload })).toBe(true)
        expect(isCommittedTo(leaf, { salt: own, payload: other })).toBe(isSame)
        const changed = Uint8Array.from(own, (byte, at) => (at === 31 ? byte ^ 1 : byte))
        expect(isCommittedTo(leaf, { salt: changed, payload })).toBe(false)
      }),
    )
  })

  test('with any byte changed is another leaf or none', () => {
    const leaf = formatLeaf(commitmentOf(salt, 'payload'))
    for (let at = 0; at < leaf.length; at++) {
      const changed = Uint8Array.from(leaf, (byte, place) => (place === at ? byte ^ 1 : byte))
      expect(isCommittedTo(changed, { salt, payload: 'payload' })).toBe(false)
    }
  })

  test('is read to the commitment it was written of, and from no other bytes', () => {
    const nearly = fc
      .array(fc.constantFrom('{"c":"', 'A'.repeat(43), '=', '","v":1}', 'B', ' ', 'é'), { maxLength: 6 })
      .map((parts) => Buffer.from(parts.join('')))
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array(), aSalt.map(formatLeaf)), (bytes) => {
        const commitment = parseLeaf(bytes)
        if (commitment !== undefined) expect(formatLeaf(commitment)).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 1_000 },
    )
    expect(parseLeaf(formatLeaf(salt))).toEqual(salt)
    for (const text of [
      `{"v":1,"c":"${salt.toString('base64')}"}`,
      `{"c":"${salt.toString('base64')}","v":2}`,
      `{"c": "${salt.toString('base64')}","v":1}`,
      `{"c":"${salt.toString('base64')}","v":1}\n`,
      ` {"c":"${salt.toString('base64')}","v":1}`,
    ]) {
      expect(parseLeaf(Buffer.from(text))).toBeUndefined()
    }
  })

  test('is canonical JSON, and is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (commitment) => {
        const c = Buffer.from(commitment).toString('base64')
        expect(Buffer.from(formatLeaf(commitment)).toString('utf8')).toBe(canonicalJson({ c, v: 1 }))
        expect(Buffer.from(parseLeaf(formatLeaf(commitment)) ?? [])).toEqual(Buffer.from(commitment))
      }),
    )
  })

  test('is not opened by a salt of another length or a payload without canonical form', () => {
    const leaf = formatLeaf(commitmentOf(salt, 'payload'))
    expect(isCommittedTo(leaf, { salt: salt.subarray(1), payload: 'payload' })).toBe(false)
    expect(isCommittedTo(leaf, { salt, payload: '\ud800' })).toBe(false)
    expect(() => commitmentOf(salt.subarray(1), 'payload')).toThrow('SALT_LENGTH_WRONG')
  })
})

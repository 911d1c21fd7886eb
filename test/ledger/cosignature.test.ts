import { describe, expect, test } from 'vitest'
import { type Cosigner, cosign, verifyCosignature } from '../../shared/ledger/cosignature.ts'
import { parseNote } from '../../shared/ledger/note.ts'
import corpus from './corpus/notes.json' with { type: 'json' }
import { keyOf, signerOf } from './keys.ts'

const name = 'witness.example/one'
const witness = keyOf(name) as Cosigner
const signer = signerOf(name)
const body = 'log.example/main\n9\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n'

describe('a cosignature', () => {
  test('is made of the same bytes as another tool makes', async () => {
    const cosigned = corpus.notes.filter(({ signed }) => signed.some((each) => 'timeSeconds' in each))
    expect(cosigned).toHaveLength(2)
    for (const { text, note, signed } of cosigned) {
      const parsed = parseNote(Buffer.from(note))
      if (parsed.outcome === 'refused') throw new Error(parsed.code)
      for (const each of signed) {
        if (each.timeSeconds === undefined) continue
        const by = { name: each.name, signer: signerOf(each.name), timeSeconds: each.timeSeconds }
        expect(parsed.note.signatures).toContainEqual(await cosign(text, by))
      }
    }
  })

  test('tells when it was made', async () => {
    for (const timeSeconds of [0, 1, 1_800_000_000, Number.MAX_SAFE_INTEGER]) {
      const { bytes } = await cosign(body, { name, signer, timeSeconds })
      expect(bytes).toHaveLength(72)
      expect(verifyCosignature(witness, body, bytes)).toBe(timeSeconds)
    }
  })

  test('is of one body, one time and one witness', async () => {
    const { bytes } = await cosign(body, { name, signer, timeSeconds: 1_800_000_000 })
    expect(verifyCosignature(witness, body.replace('9', '8'), bytes)).toBeUndefined()
    expect(verifyCosignature(keyOf('见证.example/二') as Cosigner, body, bytes)).toBeUndefined()
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes, (byte, place) => (place === at ? byte ^ 1 : byte))
      expect(verifyCosignature(witness, body, changed)).toBeUndefined()
    }
    for (const length of [0, 8, 71]) {
      expect(verifyCosignature(witness, body, bytes.subarray(0, length))).toBeUndefined()
    }
    expect(verifyCosignature(witness, body, Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined()
  })

  test('of a time beyond 2^53 - 1 is not taken, though rightly signed', async () => {
    const time = Buffer.alloc(8)
    time.writeBigUInt64BE(2n ** 53n)
    const signature = await signer.sign(Buffer.from(`cosignature/v1\ntime ${2n ** 53n}\n${body}`))
    expect(verifyCosignature(witness, body, Buffer.concat([time, signature]))).toBeUndefined()
  })
})

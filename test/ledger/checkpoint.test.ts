import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  type Trust,
} from '../../shared/ledger/checkpoint.ts'
import { type Cosigner, cosign } from '../../shared/ledger/cosignature.ts'
import { emptyRoot } from '../../shared/ledger/merkle.ts'
import { formatNote } from '../../shared/ledger/note.ts'
import { refusalReasons } from '../../shared/ledger/refusal.ts'
import { signText } from '../../shared/ledger/signature.ts'
import log from './corpus/log.json' with { type: 'json' }
import notes from './corpus/notes.json' with { type: 'json' }
import { keyOf, signerOf } from './keys.ts'

const origin = 'log.example/main'
const root = Buffer.alloc(32, 7)
const trust: Trust = {
  origin,
  keys: [keyOf(origin), keyOf('log.example/next')],
  witnesses: [keyOf('witness.example/one') as Cosigner, keyOf('见证.example/二') as Cosigner],
}
const byLog = (body: string, name = origin) => signText(body, { name, signer: signerOf(name) })
const byWitness = (body: string, timeSeconds: number, name = 'witness.example/one') =>
  cosign(body, { name, timeSeconds, signer: signerOf(name) })

describe('the body of a checkpoint', () => {
  test('is origin, size and root, each on its line', () => {
    const body = formatCheckpoint({ origin, size: 1234, root, extensions: [] })
    expect(body).toBe('log.example/main\n1234\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n')
    expect(parseCheckpoint(body)).toEqual({
      outcome: 'parsed',
      checkpoint: { origin, size: 1234, root, extensions: [] },
    })
  })

  test('is written as other tools write it', () => {
    for (const { text, what } of notes.notes.filter((each) => each.what.includes('checkpoint'))) {
      const read = parseCheckpoint(text)
      if (read.outcome === 'refused') throw new Error(`${what}: ${read.code}`)
      const { size, root: found } = read.checkpoint
      const expected = log.roots.find((each) => each.size === size)?.root
      expect(Buffer.from(found).toString('base64')).toBe(expected)
      expect(formatCheckpoint(read.checkpoint)).toBe(text)
    }
  })

  test('is read back to what it was written of', () => {
    const aLine = fc.string({ minLength: 1 }).filter((line) => !line.includes('\n'))
    const aCheckpoint: fc.Arbitrary<Checkpoint> = fc.record({
      origin: aLine,
      size: fc.maxSafeNat().filter((size) => size > 0),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
      extensions: fc.array(aLine, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(aCheckpoint, (checkpoint) => {
        expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual({ outcome: 'parsed', checkpoint })
      }),
    )
  })

  const empty = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
  const some = 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc='
  test.each([
    ['nothing', '', 'CHECKPOINT_MALFORMED'],
    ['two lines', 'a\n1\n', 'CHECKPOINT_MALFORMED'],
    ['no newline at the end', `a\n1\n${some}`, 'CHECKPOINT_MALFORMED'],
    ['no newline at the end of an extension', `a\n1\n${some}\nb`, 'CHECKPOINT_MALFORMED'],
    ['an empty origin', `\n1\n${some}\n`, 'CHECKPOINT_MALFORMED'],
    ['an empty extension line', `a\n1\n${some}\n\n`, 'CHECKPOINT_MALFORMED'],
    ['a leading zero', `a\n01\n${some}\n`, 'SIZE_MALFORMED'],
    ['a plus before the size', `a\n+1\n${some}\n`, 'SIZE_MALFORMED'],
    ['a negative size', `a\n-1\n${some}\n`, 'SIZE_MALFORMED'],
    ['a size with exponent', `a\n1e3\n${some}\n`, 'SIZE_MALFORMED'],
    ['a space behind the size', `a\n1 \n${some}\n`, 'SIZE_MALFORMED'],
    ['a size of 2^53', `a\n9007199254740992\n${some}\n`, 'SIZE_MALFORMED'],
    ['a size in digits of another script', `a\n１\n${some}\n`, 'SIZE_MALFORMED'],
    ['a root of 31 bytes', `a\n1\n${Buffer.alloc(31).toString('base64')}\n`, 'ROOT_MALFORMED'],
    ['a root in base64url', `a\n1\n${Buffer.alloc(32, 255).toString('base64url')}=\n`, 'ROOT_MALFORMED'],
    ['a root with bits to spare', `a\n1\n${some.replace('c=', 'd=')}\n`, 'ROOT_MALFORMED'],
    ['a root of no entries that is some other', `a\n0\n${some}\n`, 'ROOT_NOT_OF_EMPTY_TREE'],
    ['no entries, and their root', `a\n0\n${empty}\n`, 'parsed'],
  ])('with %s is %s', (_, body, expected) => {
    const read = parseCheckpoint(body)
    expect(read.outcome === 'refused' ? read.code : read.outcome).toBe(expected)
  })

  test('of any text is read, and written alike, or refused with a known code', () => {
    const nearly = fc
      .array(fc.constantFrom('a', '0', '12', '\n', some, empty, ' ', 'é'), { maxLength: 9 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), (text) => {
        const read = parseCheckpoint(text)
        if (read.outcome === 'refused') expect(Object.keys(refusalReasons)).toContain(read.code)
        else expect(formatCheckpoint(read.checkpoint)).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  })

  test('that could not be read back is not written', () => {
    const good = { origin, size: 1, root, extensions: [] }
    for (const bad of [
      { ...good, origin: '' },
      { ...good, origin: 'a\n1' },
      { ...good, size: -1 },
      { ...good, size: 2 ** 53 },
      { ...good, size: 0 },
      { ...good, root: root.subarray(1) },
      { ...good, extensions: [''] },
      { ...good, extensions: ['a\nb'] },
    ]) {
      expect(() => formatCheckpoint(bad)).toThrow('CHECKPOINT_INVALID')
    }
  })
})

describe('a signed checkpoint', () => {
  const body = formatCheckpoint({ origin, size: 9, root, extensions: [] })

  test('says its size and root, and which witnesses saw it when', async () => {
    const signatures = [
      await byLog(body),
      await byWitness(body, 1_800_000_000),
      await byWitness(body, 1_800_000_001, '见证.example/二'),
      await byWitness(body, 1_800_000_002, 'unknown.example'),
    ]
    expect(openCheckpoint(formatNote({ text: body, signatures }), trust)).toEqual({
      outcome: 'opened',
      checkpoint: { origin, size: 9, root, extensions: [] },
      seen: [
        { witness: trust.witnesses[0], timeSeconds: 1_800_000_000 },
        { witness: trust.witnesses[1], timeSeconds: 1_800_000_001 },
      ],
    })
  })

  test('is the log’s by either of its keys, or by both, while one takes the place of the other', async () => {
    const [old, next] = [await byLog(body), await byLog(body, 'log.example/next')]
    for (const signatures of [[old], [next], [old, next]]) {
      expect(openCheckpoint(formatNote({ text: body, signatures }), trust)).toMatchObject({
        outcome: 'opened',
        seen: [],
      })
    }
  })

  test('is not the log’s by the word of witnesses', async () => {
    const note = formatNote({ text: body, signatures: [await byWitness(body, 1)] })
    expect(openCheckpoint(note, trust)).toEqual({ outcome: 'refused', code: 'LOG_SIGNATURE_MISSING' })
  })

  test('of another origin is refused, though the log’s key signed it', async () => {
    const other = formatCheckpoint({ origin: 'log.example/other', size: 0, root: emptyRoot, extensions: [] })
    const note = formatNote({ text: other, signatures: [await byLog(other)] })
    expect(openCheckpoint(note, trust)).toEqual({ outcome: 'refused', code: 'ORIGIN_WRONG' })
  })

  test('of a text that is no checkpoint is refused, though the log’s key signed it', async () => {
    const note = formatNote({ text: 'a\n', signatures: [await byLog('a\n')] })
    expect(openCheckpoint(note, trust)).toEqual({ outcome: 'refused', code: 'CHECKPOINT_MALFORMED' })
  })
})

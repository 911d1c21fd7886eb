import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatNote,
  NOTE_BYTES_LIMIT,
  openNote,
  parseNote,
  SIGNATURES_LIMIT,
} from '../../shared/ledger/note.ts'
import { refusalReasons } from '../../shared/ledger/refusal.ts'
import { formatSignature, signText } from '../../shared/ledger/signature.ts'
import { parseVerifierKey, verifierKey } from '../../shared/ledger/verifier-key.ts'
import corpus from './corpus/notes.json' with { type: 'json' }
import { keyOf, signerOf } from './keys.ts'

const keys = corpus.keys.map(({ name }) => keyOf(name))
const main = keyOf('log.example/main')
const sign = (text: string, name: string) => signText(text, { name, signer: signerOf(name) })

async function noteBy(text: string, ...names: readonly string[]): Promise<Uint8Array> {
  return formatNote({ text, signatures: await Promise.all(names.map((name) => sign(text, name))) })
}

describe('a note that another tool signed', () => {
  test.each(corpus.notes)('$what: opens to its text and to who signed', ({ text, note, signed }) => {
    const opened = openNote(Buffer.from(note), keys)
    if (opened.outcome === 'refused') throw new Error(opened.code)
    expect(opened.note.text).toBe(text)
    const found = opened.signed.map(({ key, ...time }) => ({ id: key.id, name: key.name, ...time }))
    expect(found).toEqual(signed)
    expect(formatNote(opened.note)).toEqual(Buffer.from(note))
  })

  const byEd25519 = corpus.notes.flatMap(({ what, text, note, signed }) => {
    const names = signed.map(({ name }) => name)
    return names.filter((name) => keyOf(name).type === 'ed25519').map((name) => ({ what, text, note, name }))
  })
  test.each(byEd25519)('$what: is signed alike here by $name', async ({ text, note, name }) => {
    expect(note.split('\n')).toContain(formatSignature(await sign(text, name)))
  })

  test('the specification’s example: opens', () => {
    const parsed = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k')
    if (parsed.outcome === 'refused') throw new Error(parsed.code)
    const note =
      'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
    expect(openNote(Buffer.from(note), [parsed.key]).outcome).toBe('opened')
  })
})

describe('a note', () => {
  test.each(corpus.notes.filter(({ signed }) => signed.length === 1))(
    '$what: with any byte changed is refused',
    ({ note, signed }) => {
      const known = signed.map(({ name }) => keyOf(name))
      const bytes = Buffer.from(
        note
          .split('\n')
          .filter((each) => !each.includes('unknown'))
          .join('\n'),
      )
      expect(openNote(bytes, known).outcome).toBe('opened')
      for (let at = 0; at < bytes.length; at++) {
        for (const bit of [1, 0x20, 0x80]) {
          const changed = Uint8Array.from(bytes, (byte, place) => (place === at ? byte ^ bit : byte))
          expect(openNote(changed, known).outcome, `byte ${at}`).toBe('refused')
        }
      }
    },
  )

  test('with a byte added or taken away is refused', async () => {
    const note = await noteBy('A text.\n', 'log.example/main')
    for (let at = 0; at <= note.length; at++) {
      const [before, after] = [note.subarray(0, at), note.subarray(at)]
      expect(openNote(Buffer.concat([before, Buffer.from('\n'), after]), [main]).outcome).toBe('refused')
      if (at < note.length)
        expect(openNote(Buffer.concat([before, after.subarray(1)]), [main]).outcome).toBe('refused')
    }
  })

  test('keeps lines of unknown keys and ignores them, even under a known name or a known id', async () => {
    const text = 'A text.\n'
    const forged = { bytes: Buffer.alloc(64, 1) }
    const signatures = [
      { ...forged, name: main.name, id: '00000000' },
      { ...forged, name: 'other.example', id: main.id },
      await sign(text, main.name),
    ]
    const opened = openNote(formatNote({ text, signatures }), [main])
    expect(opened).toMatchObject({ outcome: 'opened', signed: [{ key: main }] })
    if (opened.outcome === 'opened') expect(opened.note.signatures).toHaveLength(3)
  })

  test('is refused for one bad line of a known key, wherever it stands', async () => {
    const text = 'A text.\n'
    const good = await sign(text, main.name)
    const bad = { ...good, bytes: Buffer.alloc(64, 1) }
    const other = await sign(text, 'log.example/next')
    for (const signatures of [[bad], [bad, good], [good, bad], [other, bad]]) {
      const opened = openNote(formatNote({ text, signatures }), [main, keyOf('log.example/next')])
      expect(opened).toEqual({ outcome: 'refused', code: 'SIGNATURE_INVALID' })
    }
  })

  test('that a known key signed twice says so once', async () => {
    const text = 'A text.\n'
    const signature = await sign(text, main.name)
    const opened = openNote(formatNote({ text, signatures: [signature, signature] }), [main])
    expect(opened).toMatchObject({ outcome: 'opened', signed: [{ key: main }] })
  })

  test('that no known key signed is refused', async () => {
    const note = await noteBy('A text.\n', 'log.example/next')
    expect(openNote(note, [main])).toEqual({ outcome: 'refused', code: 'SIGNER_UNKNOWN' })
    expect(openNote(note, [])).toEqual({ outcome: 'refused', code: 'SIGNER_UNKNOWN' })
  })

  test('signed as a note does not pass for a cosignature, nor a signature over another text', async () => {
    const note = await noteBy('A text.\n', main.name)
    const cosigner = verifierKey(main.name, 'cosignature', main.publicKey)
    expect(openNote(note, [cosigner])).toMatchObject({ code: 'SIGNER_UNKNOWN' })
    expect(openNote(note, [{ ...cosigner, id: main.id }])).toMatchObject({ code: 'SIGNATURE_INVALID' })
    const moved = formatNote({ text: 'Other.\n', signatures: [await sign('A text.\n', main.name)] })
    expect(openNote(moved, [main])).toMatchObject({ code: 'SIGNATURE_INVALID' })
  })

  test('takes as many signature lines as the limit and no more', async () => {
    const text = 'A text.\n'
    const unknown = Array.from({ length: SIGNATURES_LIMIT - 1 }, (_, at) => {
      return { name: `n${at}`, id: '00000000', bytes: Buffer.of(1) }
    })
    const signature = await sign(text, main.name)
    const most = formatNote({ text, signatures: [...unknown, signature] })
    expect(openNote(most, [main]).outcome).toBe('opened')
    const more = Buffer.concat([most, Buffer.from(`${formatSignature(signature)}\n`)])
    expect(openNote(more, [main])).toEqual({ outcome: 'refused', code: 'SIGNATURES_TOO_MANY' })
  })

  test('takes as many bytes as the limit and no more', async () => {
    const rest = (await noteBy('\n', main.name)).length
    const most = await noteBy(`${'x'.repeat(NOTE_BYTES_LIMIT - rest)}\n`, main.name)
    expect(most).toHaveLength(NOTE_BYTES_LIMIT)
    expect(openNote(most, [main]).outcome).toBe('opened')
    const more = Buffer.concat([Buffer.from('x'), most])
    expect(openNote(more, [main])).toEqual({ outcome: 'refused', code: 'NOTE_TOO_LARGE' })
  })
})

const line = '— name AAAAAAE='

test.each(['\n', '\n\ntext\n', '\ufefftext\n', 'te\u007fxt\n', '— name AAAAAAE=\n'])(
  '%j is a text of a note',
  (text) => {
    expect(parseNote(Buffer.from(`${text}\n${line}\n`))).toMatchObject({ outcome: 'parsed', note: { text } })
  },
)

describe('what is no note', () => {
  test.each([
    ['nothing', '', 'NOTE_MALFORMED'],
    ['no signature lines', 'text\n\n', 'NOTE_MALFORMED'],
    ['no empty line', `text\n${line}\n`, 'NOTE_MALFORMED'],
    ['no newline at the end', `text\n\n${line}`, 'NOTE_MALFORMED'],
    ['no newline at the end of a second line', `text\n\n${line}\n${line}`, 'NOTE_MALFORMED'],
    ['an empty line at the end', `text\n\n${line}\n\n`, 'NOTE_MALFORMED'],
    ['a hyphen for the em dash', `text\n\n- name AAAAAAE=\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['an en dash for the em dash', `text\n\n– name AAAAAAE=\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['a space behind the line', `text\n\n${line} \n`, 'SIGNATURE_LINE_MALFORMED'],
    ['a plus in the name', `text\n\n— na+me AAAAAAE=\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['an ideographic space in the name', `text\n\n— na\u3000me AAAAAAE=\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['no name', `text\n\n—  AAAAAAE=\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['an id without signature', `text\n\n— name AAAAAA==\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['base64 without padding', `text\n\n— name AAAAAAE\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['base64 with bits to spare', `text\n\n— name AAAAAAF=\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['base64url', `text\n\n— name AAAA_-E=\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['a text among the signatures', `text\n\n${line}\ntext\n`, 'SIGNATURE_LINE_MALFORMED'],
    ['a carriage return', `text\r\n\n${line}\n`, 'NOTE_NOT_TEXT'],
    ['a zero byte', `te\0xt\n\n${line}\n`, 'NOTE_NOT_TEXT'],
    ['a tab', `te\txt\n\n${line}\n`, 'NOTE_NOT_TEXT'],
  ])('%s', (_, text, code) => {
    expect(parseNote(Buffer.from(text))).toEqual({ outcome: 'refused', code })
  })

  test('bytes that are not UTF-8', () => {
    for (const bytes of ['ff', 'c080', 'eda080', 'f4908080', 'e28041']) {
      const note = Buffer.concat([Buffer.from(bytes, 'hex'), Buffer.from(`\n\n${line}\n`)])
      expect(parseNote(note)).toEqual({ outcome: 'refused', code: 'NOTE_NOT_TEXT' })
    }
  })

  test('any bytes are read, and written alike, or refused with a known code', () => {
    const nearly = fc
      .array(
        fc.constantFrom('text', '\n', '\n\n', '— ', 'name', ' ', 'AAAAAAE=', 'é', '\ud800', '\u3000', '\t'),
      )
      .map((parts) => Buffer.from(parts.join('')))
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array()), (bytes) => {
        const read = parseNote(bytes)
        if (read.outcome === 'refused') expect(Object.keys(refusalReasons)).toContain(read.code)
        else expect(formatNote(read.note)).toEqual(Buffer.from(bytes))
        expect(openNote(bytes, keys).outcome).toBe('refused')
      }),
      { numRuns: 2_000 },
    )
  })
})

test('a note that could not be read back is not written', async () => {
  const signature = await sign('text\n', main.name)
  for (const text of ['text', '', 'te\txt\n', 'te\ud800xt\n', 'x'.repeat(NOTE_BYTES_LIMIT)]) {
    expect(() => formatNote({ text, signatures: [signature] })).toThrow('NOTE_INVALID')
  }
  expect(() => formatNote({ text: 'text\n', signatures: [] })).toThrow('NOTE_INVALID')
  expect(() => formatNote({ text: 'text\n', signatures: [{ ...signature, name: 'a b' }] })).toThrow(
    'NOTE_INVALID',
  )
  await expect(sign('text\n', 'a b')).rejects.toThrow('KEY_NAME_INVALID')
})

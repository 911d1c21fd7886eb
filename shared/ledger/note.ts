import { isUtf8 } from 'node:buffer'
import { Failure } from '../base/failure.ts'
import { isCosigner, verifyCosignature } from './cosignature.ts'
import { type Refusal, refuse } from './refusal.ts'
import { formatSignature, parseSignature, type Signature } from './signature.ts'
import { isSignedBy, type VerifierKey } from './verifier-key.ts'

/**
 * The most that is read of a note. The specification asks for some limit and for room for 16 signatures, of up to
 * 5 kB each; these two are the limits of Go's golang.org/x/mod/sumdb.
 */
export const NOTE_BYTES_LIMIT = 1_000_000
export const SIGNATURES_LIMIT = 100

/** A text and the signature lines under it. The text ends in a newline; it is what the signatures are over. */
export type Note = { readonly text: string; readonly signatures: readonly Signature[] }

/** Text, empty line, signature lines (signed-note, "Format"). Throws `NOTE_INVALID` if it can't be read back. */
export function formatNote({ text, signatures }: Note): Uint8Array {
  const lines = signatures.map((each) => `${formatSignature(each)}\n`).join('')
  const note = Buffer.from(`${text}\n${lines}`)
  const read = parseNote(note)
  if (read.outcome === 'parsed' && read.note.text === text) return note
  throw new Failure('NOTE_INVALID', { retryable: false })
}

/** Reads a note, verifies nothing. Refuses with `NOTE_…`, `SIGNATURE_LINE_MALFORMED` or `SIGNATURES_TOO_MANY`. */
export function parseNote(note: Uint8Array): { readonly outcome: 'parsed'; readonly note: Note } | Refusal {
  if (note.length > NOTE_BYTES_LIMIT) return refuse('NOTE_TOO_LARGE')
  if (!isUtf8(note) || note.some(isControl)) return refuse('NOTE_NOT_TEXT')
  const whole = Buffer.from(note).toString('utf8')
  const end = whole.lastIndexOf('\n\n')
  // The last line's newline is the last character, so it leaves one empty piece behind it
  const lines = whole.slice(end + 2).split('\n')
  if (end < 0 || lines.pop() !== '' || lines.length === 0) return refuse('NOTE_MALFORMED')
  if (lines.length > SIGNATURES_LIMIT) return refuse('SIGNATURES_TOO_MANY')
  const signatures = lines.map(parseSignature)
  if (!signatures.every((each) => each !== undefined)) return refuse('SIGNATURE_LINE_MALFORMED')
  return { outcome: 'parsed', note: { text: whole.slice(0, end + 1), signatures } }
}

function isControl(byte: number): boolean {
  return byte < 0x20 && byte !== NEWLINE
}

const NEWLINE = 0x0a

/** A known key that has signed, and when it says it did if its signatures carry a time. */
export type Signed = { readonly key: VerifierKey; readonly timeSeconds?: number }

/**
 * Reads a note and verifies what known keys signed (signed-note, "Signatures"). Lines of unknown keys are ignored,
 * even if name or id is a known key's; every line of a known key has to verify. Each key that signed is answered once,
 * with its first signature. Refuses as `parseNote` does, and with `SIGNATURE_INVALID` or `SIGNER_UNKNOWN`.
 */
export function openNote(
  bytes: Uint8Array,
  keys: readonly VerifierKey[],
): { readonly outcome: 'opened'; readonly note: Note; readonly signed: readonly Signed[] } | Refusal {
  const read = parseNote(bytes)
  if (read.outcome === 'refused') return read
  const signed = new Map<VerifierKey, Signed>()
  for (const signature of read.note.signatures) {
    const key = keys.find((each) => each.name === signature.name && each.id === signature.id)
    if (key === undefined) continue
    const verified = verifySignature(key, read.note.text, signature.bytes)
    if (verified === undefined) return refuse('SIGNATURE_INVALID')
    if (!signed.has(key)) signed.set(key, verified)
  }
  if (signed.size === 0) return refuse('SIGNER_UNKNOWN')
  return { outcome: 'opened', note: read.note, signed: [...signed.values()] }
}

function verifySignature(key: VerifierKey, text: string, bytes: Uint8Array): Signed | undefined {
  if (!isCosigner(key)) return isSignedBy(key, Buffer.from(text), bytes) ? { key } : undefined
  const timeSeconds = verifyCosignature(key, text, bytes)
  return timeSeconds === undefined ? undefined : { key, timeSeconds }
}

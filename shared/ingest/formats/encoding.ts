import { isAscii, isUtf8 } from 'node:buffer'
import { type Bytes, FileRefused } from './format.ts'
import { limits } from './limits.ts'
import { piecesOf } from './pieces.ts'

type Encoding = {
  readonly label: 'utf-8' | 'gb18030' | 'utf-16le' | 'utf-16be'
  /** The byte order mark, in this encoding. */
  readonly mark: readonly number[]
  readonly lineFeed: readonly number[]
  /** How much of these bytes ends with a whole character. */
  readonly whole: (bytes: Uint8Array) => number
}

const utf8: Encoding = { label: 'utf-8', mark: [0xef, 0xbb, 0xbf], lineFeed: [0x0a], whole: wholeUtf8 }
const gb18030: Encoding = {
  label: 'gb18030',
  mark: [0x84, 0x31, 0x95, 0x33],
  lineFeed: [0x0a],
  // A byte below 0x30 is a character by itself wherever it stands
  whole: (bytes) => bytes.findLastIndex((byte) => byte < 0x30) + 1,
}
const utf16le: Encoding = {
  label: 'utf-16le',
  mark: [0xff, 0xfe],
  lineFeed: [0x0a, 0],
  whole: (bytes) => wholeUtf16(bytes, 1),
}
const utf16be: Encoding = {
  label: 'utf-16be',
  mark: [0xfe, 0xff],
  lineFeed: [0, 0x0a],
  whole: (bytes) => wholeUtf16(bytes, 0),
}
const encodings = [utf8, gb18030, utf16le, utf16be]

/** So much is looked at, from the first byte beyond ASCII on, or all there is: more than one piece. */
const SAMPLE_BYTES = 300 * 1024

/**
 * Decodes text in one encoding: the one of its byte order mark, else UTF-8 or GB 18030 (which GBK and GB 2312 are part
 * of), told by the bytes. Throws `ENCODING_INVALID`, once the lines before the fault are handed on.
 */
export async function* decodeText(bytes: Bytes): AsyncGenerator<string> {
  let encoding: Encoding | undefined
  let rest: Uint8Array | undefined
  for await (const piece of piecesOf(bytes)) {
    encoding ??= rest === undefined ? encodings.find(({ mark }) => startsWith(piece, mark)) : undefined
    rest = rest === undefined ? piece.subarray(encoding?.mark.length ?? 0) : Buffer.concat([rest, piece])
    // So far the same in UTF-8 and in GB 18030
    if (encoding === undefined && isAscii(rest)) {
      yield* decodeBlock(utf8, rest)
      rest = rest.subarray(rest.length)
      continue
    }
    if (encoding === undefined && rest.length < SAMPLE_BYTES) continue
    encoding ??= guessEncoding(rest)
    const whole = encoding.whole(rest)
    yield* decodeBlock(encoding, rest.subarray(0, whole))
    rest = rest.subarray(whole)
    if (rest.length > limits.rowUnits) throw new FileRefused('FILE_ROW_TOO_LONG')
  }
  if (rest !== undefined) yield* decodeBlock(encoding ?? guessEncoding(rest), rest)
}

export function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, at) => bytes[at] === byte)
}

// A character of GB 18030 passes for UTF-8 once in seven times, ten of them never; a file of UTF-8 with a few bytes
// broken is one all the same, and must not be read as what every second pair of bytes is a character of
function guessEncoding(bytes: Uint8Array): Encoding {
  const sample = bytes.subarray(0, utf8.whole(bytes))
  if (isUtf8(sample)) return utf8
  const text = new TextDecoder().decode(sample)
  const broken = text.split('\ufffd').length - 1
  const held = text.replace(/[\0-\x7f\ufffd]/g, '').length
  return broken > held ? gb18030 : utf8
}

function* decodeBlock(encoding: Encoding, block: Uint8Array): Generator<string> {
  const text = decodeStrictly(encoding, block)
  if (text !== undefined) {
    if (text !== '') yield text
    return
  }
  const lines: string[] = []
  for (const line of linesOf(encoding, block)) {
    const decoded = decodeStrictly(encoding, line)
    if (decoded === undefined) break
    lines.push(decoded)
  }
  yield lines.join('')
  throw new FileRefused('ENCODING_INVALID')
}

function decodeStrictly(encoding: Encoding, bytes: Uint8Array): string | undefined {
  if (encoding === gb18030 && [...linesOf(encoding, bytes)].some(isUtf8Line)) return undefined
  try {
    return new TextDecoder(encoding.label, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // The decoder throws for one reason alone, and what it throws carries the input
    return undefined
  }
}

/** Eight characters of GB 18030 in a row pass for UTF-8 once in ten million times. */
const TELLING_BYTES = 16

// Two files in one: as GB 18030 the lines in UTF-8 would be read as other characters, and no decoder object
function isUtf8Line(line: Uint8Array): boolean {
  let beyondAscii = 0
  for (const byte of line) if (byte > 0x7f) beyondAscii++
  return beyondAscii >= TELLING_BYTES && isUtf8(line)
}

function* linesOf({ lineFeed }: Encoding, bytes: Uint8Array): Generator<Uint8Array> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const feed = Buffer.from(lineFeed)
  let start = 0
  let from = 0
  for (let at = buffer.indexOf(feed); at !== -1; at = buffer.indexOf(feed, from)) {
    from = at + 1
    // Of UTF-16, one byte of a character and one of the next are none
    if (at % feed.length !== 0) continue
    yield bytes.subarray(start, at + feed.length)
    start = at + feed.length
  }
  if (start < bytes.length) yield bytes.subarray(start)
}

function wholeUtf8(bytes: Uint8Array): number {
  // The first byte of a character tells how many follow: three at most
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) break
    if (byte < 0xc0) continue
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return length > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

function wholeUtf16(bytes: Uint8Array, high: 0 | 1): number {
  const even = bytes.length - (bytes.length % 2)
  const last = bytes[even - 2 + high] ?? 0
  return last >= 0xd8 && last < 0xdc ? even - 2 : even
}

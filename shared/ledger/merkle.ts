import { hash } from 'node:crypto'
import { parseBase64 } from './encoding.ts'

/** A node of the tree: 32 bytes of SHA-256. */
export type Hash = Uint8Array

export const HASH_BYTES = 32

/** MTH({}), the root of the tree without leaves (RFC 9162 §2.1.1). */
export const emptyRoot: Hash = hash('sha256', '', 'buffer')

const LEAF_PREFIX = Buffer.of(0x00)
const NODE_PREFIX = Buffer.of(0x01)

/** MTH({entry}): SHA-256(0x00 ‖ entry) (RFC 9162 §2.1.1). */
export function leafHash(entry: Uint8Array): Hash {
  return hash('sha256', Buffer.concat([LEAF_PREFIX, entry]), 'buffer')
}

/** SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1). */
export function nodeHash(left: Hash, right: Hash): Hash {
  return hash('sha256', Buffer.concat([NODE_PREFIX, left, right]), 'buffer')
}

/** Reads the base64 of a hash; undefined for anything else. */
export function parseHash(text: string): Hash | undefined {
  const bytes = parseBase64(text)
  return bytes?.length === HASH_BYTES ? bytes : undefined
}

/** Without it two hashes of 31 and 33 bytes would pass for two of 32. */
export function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES
}

export function isSameHash(left: Hash, right: Hash): boolean {
  return Buffer.compare(left, right) === 0
}

/** The leaf hashes of entries, one after another. */
export function leafHashes(entries: readonly Uint8Array[]): Uint8Array {
  const hashes = Buffer.allocUnsafe(entries.length * HASH_BYTES)
  entries.forEach((entry, at) => {
    writeHash(hashes, at * HASH_BYTES, Buffer.concat([LEAF_PREFIX, entry]))
  })
  return hashes
}

/**
 * Hashes that stand one after another, folded in pairs so many times: the tree's nodes that many levels higher.
 * There are a multiple of 2^height of them.
 */
export function foldHashes(hashes: Uint8Array, height: number): Uint8Array {
  const row = Buffer.from(hashes)
  const pair = Buffer.concat([NODE_PREFIX, Buffer.alloc(2 * HASH_BYTES)])
  let length = row.length
  for (let level = 0; level < height; level++) {
    length /= 2
    // A parent lands on bytes that were read already
    for (let at = 0; at < length; at += HASH_BYTES) {
      row.copy(pair, 1, 2 * at, 2 * at + 2 * HASH_BYTES)
      writeHash(row, at, pair)
    }
  }
  return Buffer.from(row.subarray(0, length))
}

// By way of a text of 32 characters: Node makes one three times as fast as it makes a Buffer
function writeHash(into: Buffer, at: number, data: Uint8Array): void {
  into.write(hash('sha256', data, 'binary'), at, HASH_BYTES, 'latin1')
}

/** A full subtree: D[index · 2^height : (index + 1) · 2^height]. However the tree grows, its hash stays. */
export type Subtree = { readonly height: number; readonly index: number }

/** D[start:end], the leaves from one up to but without another, such as the algorithms of RFC 9162 §2.1 ask for. */
export type Span = { readonly start: number; readonly end: number }

/** How the definition divides n > 1 leaves: k, the greatest power of two smaller than n (RFC 9162 §2.1.1). */
export function split(n: number): number {
  let k = 1
  while (2 * k < n) k *= 2
  return k
}

/** The full subtrees a span falls into, left to right: one for each bit of its length. */
export function subtreesOf({ start, end }: Span): readonly Subtree[] {
  const subtrees: Subtree[] = []
  for (let at = start; at < end; ) {
    let height = 0
    while (2 ** (height + 1) <= end - at) height++
    subtrees.push({ height, index: at / 2 ** height })
    at += 2 ** height
  }
  return subtrees
}

/** The hash of a span from those of its subtrees: each is the left part of all that follows it (RFC 9162 §2.1.1). */
export function joinHashes(hashes: readonly Hash[]): Hash {
  return hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** Where the hashes of full subtrees are had from, in the order asked for. Fewer and larger calls are better. */
export type ReadHashes = (subtrees: readonly Subtree[]) => Promise<readonly Hash[]>

/** The hashes of several spans, with one reading. */
export async function readSpans(read: ReadHashes, spans: readonly Span[]): Promise<readonly Hash[]> {
  const subtrees = spans.map(subtreesOf)
  const hashes = await read(subtrees.flat())
  let at = 0
  return subtrees.map(({ length }) => {
    at += length
    return joinHashes(hashes.slice(at - length, at))
  })
}

/** A shift to the right by one; the operator itself knows 32 bits alone. */
export function half(number: number): number {
  return Math.floor(number / 2)
}

export function isOdd(number: number): boolean {
  return number % 2 === 1
}

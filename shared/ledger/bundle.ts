import { Failure } from '../base/failure.ts'
import { TILE_WIDTH, type Tile, type TileBody } from './tile.ts'

/** The most an entry may have: its length is two bytes. */
export const ENTRY_BYTES_LIMIT = 0xffff
const LENGTH_BYTES = 2

/** Entries, each behind its length as a big-endian uint16 (tlog-tiles, "Log entries"). Throws `ENTRY_TOO_LONG`. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(entries.flatMap((entry, at) => [lengthOf(entry, at), entry]))
}

function lengthOf(entry: Uint8Array, at: number): Uint8Array {
  if (entry.length > ENTRY_BYTES_LIMIT) {
    const facts = { entry: at, sizeBytes: entry.length }
    throw new Failure('ENTRY_TOO_LONG', { retryable: false, facts })
  }
  const length = Buffer.allocUnsafe(LENGTH_BYTES)
  length.writeUInt16BE(entry.length)
  return length
}

/**
 * The entries of a bundle that holds so many. Throws `BUNDLE_CUT_SHORT` with the entry and the offset at which its
 * bytes begin, and `BUNDLE_WIDTH_WRONG`.
 */
export function decodeBundle(bundle: Uint8Array, width: number): readonly Uint8Array[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const start = offset + LENGTH_BYTES
    const end = start <= bytes.length ? start + bytes.readUInt16BE(offset) : start
    if (end > bytes.length) {
      throw new Failure('BUNDLE_CUT_SHORT', { retryable: false, facts: { entry: entries.length, offset } })
    }
    entries.push(bytes.subarray(start, end))
    offset = end
  }
  if (entries.length === width) return entries
  const facts = { entries: entries.length, width }
  throw new Failure('BUNDLE_WIDTH_WRONG', { retryable: false, facts })
}

/** Where the bundles of a log end: the body of its partial bundle, empty if the last one is full. */
export type BundleEnd = { readonly size: number; readonly last: Uint8Array }

/** The partial bundle of a log; undefined if the last one is full. */
export function partialBundle(size: number): Tile<'entries'> | undefined {
  const width = size % TILE_WIDTH
  return width === 0 ? undefined : { level: 'entries', index: Math.floor(size / TILE_WIDTH), width }
}

/** Lets a log grow by entries: all bundles it then has and had not before. Throws `ENTRY_TOO_LONG`. */
export function growBundles(
  { size, last }: BundleEnd,
  entries: readonly Uint8Array[],
): { readonly end: BundleEnd; readonly bundles: readonly TileBody[] } {
  const bundles: TileBody[] = []
  let end = { size, last }
  for (let at = 0; at < entries.length; ) {
    const filled = end.size % TILE_WIDTH
    const added = entries.slice(at, at + TILE_WIDTH - filled)
    const width = filled + added.length
    const body = Buffer.concat([end.last, encodeBundle(added)])
    bundles.push({ tile: { level: 'entries', index: Math.floor(end.size / TILE_WIDTH), width }, body })
    end = { size: end.size + added.length, last: width === TILE_WIDTH ? NOTHING : body }
    at += added.length
  }
  return { end, bundles }
}

const NOTHING = new Uint8Array()

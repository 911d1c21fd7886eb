import { Failure } from '../base/failure.ts'
import { foldHashes, HASH_BYTES, type Hash, type ReadHashes, type Subtree } from './merkle.ts'

/** How many hashes, or entries, a full tile holds (tlog-tiles, "Merkle Tree"). */
export const TILE_WIDTH = 256
/** Levels of the tree between the hashes of a tile and its root. */
export const TILE_HEIGHT = 8
const LEVEL_LIMIT = 63

/**
 * `width` hashes of a level, from place `index · 256` on. The hash at place i of level l is
 * MTH(D[i · 256^l : (i + 1) · 256^l]): a leaf's, or the root of a full tile one level below. In place of a level,
 * `entries` is the bundle of the entries whose leaf hashes are in the tile of level 0.
 */
export type Tile<Level extends number | 'entries' = number | 'entries'> = {
  readonly level: Level
  readonly index: number
  /** 1 to 256. Less is a partial tile, and the last of its level; none is no tile. */
  readonly width: number
}

export type TileBody = { readonly tile: Tile; readonly body: Uint8Array }

/** `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]` (tlog-tiles, "Merkle Tree" and "Log entries"). */
export function tilePath({ level, index, width }: Tile): string {
  return `tile/${level}/${formatIndex(index)}${width < TILE_WIDTH ? `.p/${width}` : ''}`
}

// 1234067 is x001/x234/067: no directory grows large, and no name is that of a file and of a directory
function formatIndex(index: number): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  return groups.replaceAll(/\d{3}(?=\d)/g, 'x$&/')
}

/** Reads what `tilePath` writes; undefined for any other text. */
export function parseTilePath(path: string): Tile | undefined {
  const { level, index = '', width } = TILE_PATH.exec(path)?.groups ?? {}
  const tile: Tile = {
    level: level === 'entries' ? 'entries' : Number(level),
    index: Number(index.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  }
  if (!Number.isSafeInteger(tile.index) || Number(tile.level) > LEVEL_LIMIT) return undefined
  // Written again, x000/001 is 001, and 067.p/256 is 067
  return tilePath(tile) === path ? tile : undefined
}

const TILE_PATH =
  /^tile\/(?<level>\d{1,2}|entries)\/(?<index>(?:x\d{3}\/)*\d{3})(?:\.p\/(?<width>[1-9]\d{0,2}))?$/

/** How many hashes of a level a tree has: floor(size / 256^level). */
export function hashCount(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level)
}

/** The tile of a tree, full or partial, from whose hashes the subtree's is had. */
export function tileOf({ height, index }: Subtree, size: number): Tile<number> {
  const level = Math.floor(height / TILE_HEIGHT)
  const tile = Math.floor((index * 2 ** (height % TILE_HEIGHT)) / TILE_WIDTH)
  return { level, index: tile, width: Math.min(TILE_WIDTH, hashCount(size, level) - tile * TILE_WIDTH) }
}

/** The hash of a subtree, folded from those of its tile. */
export function hashInTile({ height, index }: Subtree, body: Uint8Array): Hash {
  const foldings = height % TILE_HEIGHT
  const width = 2 ** foldings
  const place = (index * width) % TILE_WIDTH
  return foldHashes(body.subarray(place * HASH_BYTES, (place + width) * HASH_BYTES), foldings)
}

/**
 * Bodies in the order asked for. Once a full tile is stored its partial ones may go (tlog-tiles, "Partial Tiles"), so
 * in place of a tile its reader may answer with a wider one of the same level and index.
 */
export type ReadTiles = (tiles: readonly Tile<number>[]) => Promise<readonly Uint8Array[]>

/** Reads hashes of a tree of this size out of its tiles, each tile once. Throws `TILE_WIDTH_WRONG`. */
export function hashReader(size: number, readTiles: ReadTiles): ReadHashes {
  return async (subtrees) => {
    const tiles = new Map(subtrees.map((each) => tileOf(each, size)).map((tile) => [tilePath(tile), tile]))
    const bodies = await readTiles([...tiles.values()])
    const byPath = new Map([...tiles].map(([path, tile], at) => [path, checkWidth(tile, bodies[at])]))
    return subtrees.map((each) => hashInTile(each, byPath.get(tilePath(tileOf(each, size))) ?? NOTHING))
  }
}

/** The body, if it is a whole number of hashes, enough of them and not too many. Throws `TILE_WIDTH_WRONG`. */
export function checkWidth(tile: Tile<number>, body: Uint8Array = NOTHING): Uint8Array {
  const width = body.length / HASH_BYTES
  if (Number.isInteger(width) && tile.width <= width && width <= TILE_WIDTH) return body
  const facts = { tile: tilePath(tile), sizeBytes: body.length }
  throw new Failure('TILE_WIDTH_WRONG', { retryable: false, facts })
}

const NOTHING = new Uint8Array()

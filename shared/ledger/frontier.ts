import { Failure } from '../base/failure.ts'
import { foldHashes, HASH_BYTES, type Hash, joinHashes, subtreesOf } from './merkle.ts'
import {
  checkWidth,
  hashCount,
  hashInTile,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Tile,
  type TileBody,
  tileOf,
} from './tile.ts'

/**
 * The right edge of a tree, all that it takes to let it grow: at each level the hashes that fill no tile yet, one
 * after another; none where the last tile is full.
 */
export type Frontier = { readonly size: number; readonly rows: readonly Uint8Array[] }

export const emptyFrontier: Frontier = { size: 0, rows: [] }

/** The partial tiles of a tree, from level 0 up; a level whose last tile is full has none. */
export function frontierTiles(size: number): readonly Tile<number>[] {
  const tiles: Tile<number>[] = []
  for (let level = 0; hashCount(size, level) > 0; level++) {
    const width = hashCount(size, level) % TILE_WIDTH
    if (width > 0) tiles.push({ level, index: hashCount(size, level + 1), width })
  }
  return tiles
}

/** A frontier from the bodies of its `frontierTiles`, in their order. Throws `TILE_WIDTH_WRONG`. */
export function readFrontier(size: number, bodies: readonly Uint8Array[]): Frontier {
  const rows: Uint8Array[] = []
  frontierTiles(size).forEach((tile, at) => {
    const body = checkWidth(tile, bodies[at])
    while (rows.length < tile.level) rows.push(NO_HASHES)
    rows.push(body.subarray(0, tile.width * HASH_BYTES))
  })
  return { size, rows }
}

/** MTH(D_size) (RFC 9162 §2.1.1). A frontier read from storage is good if this is the root that was signed. */
export function rootOf({ size, rows }: Frontier): Hash {
  const peaks = subtreesOf({ start: 0, end: size })
  return joinHashes(peaks.map((each) => hashInTile(each, rows[tileOf(each, size).level] ?? NO_HASHES)))
}

/**
 * Lets a tree grow by leaf hashes that stand one after another. `tiles` are all those the larger tree has and the
 * smaller had not: full ones, and the partial ones of the new frontier. Throws `LEAF_HASHES_MALFORMED`.
 */
export function growTree(frontier: Frontier, leaves: Uint8Array): Grown {
  if (leaves.length % HASH_BYTES !== 0) throw new Failure('LEAF_HASHES_MALFORMED', { retryable: false })
  const tiles: TileBody[] = []
  const rows = [...frontier.rows]
  let hashes = leaves
  for (let level = 0; hashes.length > 0; level++) {
    const row = Buffer.concat([rows[level] ?? NO_HASHES, hashes])
    tiles.push(...cutRow(row, level, hashCount(frontier.size, level + 1)))
    const full = row.subarray(0, row.length - (row.length % TILE_BYTES))
    // A copy, or a frontier of some kilobytes would hold on to the whole batch
    rows[level] = Buffer.from(row.subarray(full.length))
    hashes = foldHashes(full, TILE_HEIGHT)
  }
  const grown = { size: frontier.size + leaves.length / HASH_BYTES, rows }
  return { frontier: grown, root: rootOf(grown), tiles }
}

export type Grown = { readonly frontier: Frontier; readonly root: Hash; readonly tiles: readonly TileBody[] }

function cutRow(row: Uint8Array, level: number, first: number): readonly TileBody[] {
  const tiles: TileBody[] = []
  for (let at = 0; at < row.length; at += TILE_BYTES) {
    const body = row.subarray(at, at + TILE_BYTES)
    tiles.push({ tile: { level, index: first + at / TILE_BYTES, width: body.length / HASH_BYTES }, body })
  }
  return tiles
}

const TILE_BYTES = TILE_WIDTH * HASH_BYTES
const NO_HASHES = new Uint8Array()

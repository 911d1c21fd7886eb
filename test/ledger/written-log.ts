import { growBundles } from '../../shared/ledger/bundle.ts'
import { emptyFrontier, type Frontier, growTree } from '../../shared/ledger/frontier.ts'
import { leafHashes } from '../../shared/ledger/merkle.ts'
import { type ReadTiles, tilePath } from '../../shared/ledger/tile.ts'

/** The entry at an index of the log that the corpus is of: its decimal digits, index mod 7 times over. */
export function entryAt(index: number): Uint8Array {
  return Buffer.from(String(index).repeat(index % 7))
}

export function entriesBetween(from: number, to: number): readonly Uint8Array[] {
  return Array.from({ length: to - from }, (_, at) => entryAt(from + at))
}

export type WrittenLog = { readonly frontier: Frontier; readonly files: ReadonlyMap<string, Uint8Array> }

/** The log of the corpus, written so that it has each of these sizes in turn, and none between. */
export function writeLog(...sizes: readonly number[]): WrittenLog {
  let frontier = emptyFrontier
  let bundleEnd = { size: 0, last: new Uint8Array() as Uint8Array }
  const files = new Map<string, Uint8Array>()
  for (const size of sizes) {
    const entries = entriesBetween(frontier.size, size)
    const [tree, bundles] = [growTree(frontier, leafHashes(entries)), growBundles(bundleEnd, entries)]
    for (const { tile, body } of [...tree.tiles, ...bundles.bundles]) files.set(tilePath(tile), body)
    frontier = tree.frontier
    bundleEnd = bundles.end
  }
  return { frontier, files }
}

/** Reads tiles as a server does that has dropped partial tiles which full ones replaced. */
export function readFrom(files: ReadonlyMap<string, Uint8Array>): ReadTiles {
  return async (tiles) =>
    tiles.map((tile) => {
      const body = files.get(tilePath(tile)) ?? files.get(tilePath({ ...tile, width: 256 }))
      if (body === undefined) throw new Error(`${tilePath(tile)} was not written`)
      return body
    })
}

import { type Hash, leafHash, nodeHash, type ReadHashes, type Subtree } from '../../shared/ledger/merkle.ts'
import type { ReadTiles } from '../../shared/ledger/tile.ts'

/** A tree too large to be written down: every leaf is of the same entry but those at a few places. */
export type SparseTree = { readonly read: ReadHashes; readonly readTiles: ReadTiles }

const COMMON = leafHash(Buffer.from('common'))
export const RARE = leafHash(Buffer.from('rare'))

export function sparseTree(rare: readonly number[]): SparseTree {
  const uniform: Hash[] = [COMMON]
  const hashOf = ({ height, index }: Subtree): Hash => {
    const [start, end] = [index * 2 ** height, (index + 1) * 2 ** height]
    if (!rare.some((each) => start <= each && each < end)) return uniformAt(uniform, height)
    if (height === 0) return RARE
    return nodeHash(
      hashOf({ height: height - 1, index: 2 * index }),
      hashOf({ height: height - 1, index: 2 * index + 1 }),
    )
  }
  return {
    read: async (subtrees) => subtrees.map(hashOf),
    readTiles: async (tiles) =>
      tiles.map(({ level, index, width }) =>
        Buffer.concat(
          Array.from({ length: width }, (_, at) => hashOf({ height: 8 * level, index: index * 256 + at })),
        ),
      ),
  }
}

function uniformAt(uniform: Hash[], height: number): Hash {
  while (uniform.length <= height) {
    const below = uniform.at(-1)!
    uniform.push(nodeHash(below, below))
  }
  return uniform[height]!
}

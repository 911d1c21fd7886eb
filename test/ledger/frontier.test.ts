import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../shared/base/digest.ts'
import { growBundles, partialBundle } from '../../shared/ledger/bundle.ts'
import {
  emptyFrontier,
  type Frontier,
  frontierTiles,
  growTree,
  readFrontier,
  rootOf,
} from '../../shared/ledger/frontier.ts'
import { foldHashes, leafHashes } from '../../shared/ledger/merkle.ts'
import { tilePath } from '../../shared/ledger/tile.ts'
import corpus from './corpus/log.json' with { type: 'json' }
import { mth } from './definition.ts'
import { entriesBetween, readFrom, writeLog } from './written-log.ts'

const log = writeLog(1, 255, 600, 65_535, 65_537, 70_000)

async function frontierAt(size: number): Promise<Frontier> {
  return readFrontier(size, await readFrom(log.files)(frontierTiles(size)))
}

describe('a tree that grows', () => {
  test.each(corpus.growths)(
    'from $from to $to writes what other tools write',
    async ({ from, to, ...expected }) => {
      const [before, last] = writtenAt(from)
      const entries = entriesBetween(from, to)
      const { tiles } = growTree(before, leafHashes(entries))
      const { bundles } = growBundles({ size: from, last }, entries)
      const lines = [...tiles, ...bundles]
        .map(({ tile, body }) => `${tilePath(tile)} ${sha256(body)}\n`)
        .sort()
      if ('listing' in expected) expect(lines.map((line) => line.trim())).toEqual(expected.listing)
      expect({ files: lines.length, sha256: sha256(lines.join('')) }).toMatchObject({
        files: expected.files,
        sha256: expected.sha256,
      })
    },
  )

  test.each(corpus.roots)('has at $size the root that other tools find', ({ size, root }) => {
    const [frontier] = writtenAt(size)
    expect(Buffer.from(rootOf(frontier)).toString('base64')).toBe(root)
  })

  test.each([0, 1, 255, 256, 257, 65_535, 65_536, 70_000])('has at %i the root of the definition', (size) => {
    expect(rootOf(writtenAt(size)[0])).toEqual(mth(entriesBetween(0, size)))
  })

  test('comes, by whatever steps, to the same root, frontier and full tiles', () => {
    const steps = fc.array(fc.oneof(fc.nat(3), fc.nat(300), fc.constantFrom(255, 256, 257)), { maxLength: 8 })
    fc.assert(
      fc.property(steps, (lengths) => {
        const sizes = lengths.map((_, at) => lengths.slice(0, at + 1).reduce((sum, each) => sum + each, 0))
        const [slowly, atOnce] = [writeLog(...sizes), writeLog(sizes.at(-1) ?? 0)]
        expect(slowly.frontier.size).toBe(atOnce.frontier.size)
        expect(rootOf(slowly.frontier)).toEqual(rootOf(atOnce.frontier))
        for (const [path, body] of atOnce.files) expect(slowly.files.get(path)).toEqual(body)
      }),
      { numRuns: 25 },
    )
  })

  test('answers with its root, and writes no empty tile and none of a size between', () => {
    const { frontier, root, tiles } = growTree(writtenAt(255)[0], leafHashes(entriesBetween(255, 600)))
    expect(root).toEqual(rootOf(frontier))
    expect(tiles.map(({ tile }) => tilePath(tile))).toEqual([
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/88',
      'tile/1/000.p/2',
    ])
    for (const { tile, body } of tiles) expect(body).toHaveLength(tile.width * 32)
  })

  test('by nothing writes nothing', () => {
    const [frontier] = writtenAt(600)
    expect(growTree(frontier, new Uint8Array())).toEqual({ frontier, root: rootOf(frontier), tiles: [] })
    expect(growTree(emptyFrontier, new Uint8Array()).root).toEqual(mth([]))
  })

  test('leaves the frontier it grew from as it was', () => {
    const [frontier] = writtenAt(600)
    const before = frontier.rows.map((row) => Buffer.from(row))
    growTree(frontier, leafHashes(entriesBetween(600, 1200)))
    expect(frontier).toEqual({ size: 600, rows: before })
  })

  test('by half a hash is a fault', () => {
    expect(() => growTree(emptyFrontier, new Uint8Array(48))).toThrow('LEAF_HASHES_MALFORMED')
  })
})

describe('a frontier', () => {
  test('is read from the partial tiles that were written, or from those that took their place', async () => {
    // 290 was never written: its tiles are had from wider ones
    for (const size of [0, 1, 255, 290, 600, 65_535, 65_537, 70_000]) {
      const frontier = await frontierAt(size)
      expect(rootOf(frontier)).toEqual(rootOf(writtenAt(size)[0]))
      const more = leafHashes(entriesBetween(size, size + 300))
      expect(growTree(frontier, more).root).toEqual(growTree(writtenAt(size)[0], more).root)
    }
  })

  test('is a fault when a tile of it is too narrow or missing', () => {
    expect(() => readFrontier(257, [new Uint8Array(32)])).toThrow('TILE_WIDTH_WRONG')
    expect(() => readFrontier(257, [new Uint8Array(31), new Uint8Array(32)])).toThrow('TILE_WIDTH_WRONG')
  })
})

describe('a byte changed', () => {
  test('anywhere in a partial tile changes the root', async () => {
    const bodies = await readFrom(log.files)(frontierTiles(600))
    const root = rootOf(readFrontier(600, bodies))
    bodies.forEach((body, tile) => {
      for (let at = 0; at < body.length; at += 7) {
        const changed = bodies.with(tile, flipped(body, at))
        expect(rootOf(readFrontier(600, changed))).not.toEqual(root)
      }
    })
  })

  test('anywhere in a full tile no longer gives its hash in the tile above', () => {
    const [tile, above] = [log.files.get('tile/0/001')!, log.files.get('tile/1/000.p/2')!]
    expect(foldHashes(tile, 8)).toEqual(Buffer.from(above.subarray(32)))
    for (let at = 0; at < tile.length; at += 61) {
      expect(foldHashes(flipped(tile, at), 8)).not.toEqual(Buffer.from(above.subarray(32)))
    }
  })
})

function flipped(body: Uint8Array, at: number): Uint8Array {
  return Uint8Array.from(body, (byte, place) => (place === at ? byte ^ 1 : byte))
}

/** The frontier and the last, partial bundle of the log grown to a size at once. */
function writtenAt(size: number): readonly [Frontier, Uint8Array] {
  const { frontier, files } = writeLog(size)
  const bundle = partialBundle(size)
  return [frontier, (bundle && files.get(tilePath(bundle))) ?? new Uint8Array()]
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frontierTiles } from '../../shared/ledger/frontier.ts'
import { hashReader, parseTilePath, type Tile, tileOf, tilePath } from '../../shared/ledger/tile.ts'
import paths from './corpus/tile-paths.json' with { type: 'json' }
import { mth } from './definition.ts'
import { entriesBetween, readFrom, writeLog } from './written-log.ts'

describe('the path of a tile', () => {
  test.each(paths as (Tile & { path: string })[])(
    '$path is the one other tools make',
    ({ path, ...tile }) => {
      expect(tilePath(tile)).toBe(path)
      expect(parseTilePath(path)).toEqual(tile)
    },
  )

  test('is read back to the tile it was written of', () => {
    const aTile = fc.record({
      level: fc.oneof(fc.nat(63), fc.constant('entries' as const)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    })
    fc.assert(
      fc.property(aTile, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual(tile)
      }),
    )
  })

  test.each([
    ['a leading zero in the level', 'tile/00/001'],
    ['a level above 63', 'tile/64/001'],
    ['no level', 'tile/001'],
    ['another word for entries', 'tile/data/001'],
    ['a group of two digits', 'tile/0/01'],
    ['a group of four digits', 'tile/0/0001'],
    ['a first group that says nothing', 'tile/0/x000/001'],
    ['an x at the last group', 'tile/0/x001/x002'],
    ['no x at the first group', 'tile/0/001/002'],
    ['an index that is not exact', 'tile/0/x009/x007/x199/x254/x740/992'],
    ['an index of twenty-one digits', `tile/0/${'x999/'.repeat(7)}999`],
    ['a width of 0', 'tile/0/001.p/0'],
    ['a full tile’s width', 'tile/0/001.p/256'],
    ['a width beyond', 'tile/0/001.p/999'],
    ['a leading zero in the width', 'tile/0/001.p/01'],
    ['no width', 'tile/0/001.p'],
    ['something before', '/tile/0/001'],
    ['something behind', 'tile/0/001/'],
    ['a newline behind', 'tile/0/001\n'],
    ['a step out', 'tile/0/../001'],
    ['digits of another script', 'tile/0/００１'],
  ])('with %s is none', (_, path) => {
    expect(parseTilePath(path)).toBeUndefined()
  })

  test('is none for any text that none was written as', () => {
    const nearly = fc.string({
      unit: fc.constantFrom('tile/', 'entries/', '0', '1', 'x', '/', '.p/'),
      maxLength: 9,
    })
    fc.assert(
      fc.property(fc.oneof(nearly, fc.string()), (text) => {
        const tile = parseTilePath(text)
        if (tile !== undefined) expect(tilePath(tile)).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the hash of a full subtree', () => {
  const { files } = writeLog(300, 600, 70_000)

  test('is in one tile, and is that of its leaves', async () => {
    const subtrees = [
      { height: 0, index: 0 },
      { height: 0, index: 69_999 },
      { height: 3, index: 40 },
      { height: 7, index: 1 },
      { height: 8, index: 1 },
      { height: 11, index: 33 },
      { height: 15, index: 1 },
      { height: 16, index: 0 },
    ]
    const hashes = await hashReader(70_000, readFrom(files))(subtrees)
    const expected = subtrees.map(({ height, index }) =>
      mth(entriesBetween(index * 2 ** height, (index + 1) * 2 ** height)),
    )
    expect(hashes).toEqual(expected)
  })

  test('is asked for with each tile once, as wide as the tree has it', async () => {
    const asked: string[] = []
    const read = hashReader(600, async (tiles) => {
      asked.push(...tiles.map(tilePath))
      return readFrom(files)(tiles)
    })
    await read([
      { height: 0, index: 599 },
      { height: 1, index: 256 },
      { height: 2, index: 3 },
      { height: 8, index: 1 },
    ])
    expect(asked).toEqual(['tile/0/002.p/88', 'tile/0/000', 'tile/1/000.p/2'])
  })

  test('is had from a wider tile when the partial one is gone', async () => {
    const subtree = { height: 2, index: 70 }
    const [hash] = await hashReader(290, readFrom(files))([subtree])
    expect(tileOf(subtree, 290).width).toBe(34)
    expect(files.has('tile/0/001.p/34')).toBe(false)
    expect(hash).toEqual(mth(entriesBetween(280, 284)))
  })

  test.each([
    ['too few hashes', 33 * 32],
    ['half a hash', 34 * 32 + 16],
    ['more than a full tile', 257 * 32],
    ['nothing', 0],
  ])('is a fault when its tile holds %s', async (_, sizeBytes) => {
    const read = hashReader(290, async () => [new Uint8Array(sizeBytes)])
    await expect(read([{ height: 2, index: 70 }])).rejects.toMatchObject({
      code: 'TILE_WIDTH_WRONG',
      facts: { tile: 'tile/0/001.p/34', sizeBytes },
    })
  })
})

describe('the partial tiles of a tree', () => {
  test('are those of the specification’s examples', () => {
    expect(frontierTiles(0)).toEqual([])
    expect(frontierTiles(256).map(tilePath)).toEqual(['tile/1/000.p/1'])
    expect(frontierTiles(70_000).map(tilePath)).toEqual([
      'tile/0/273.p/112',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ])
  })
})

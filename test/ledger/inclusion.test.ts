import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proveInclusion, verifyInclusion } from '../../shared/ledger/inclusion.ts'
import { leafHash, leafHashes, parseHash, readSpans } from '../../shared/ledger/merkle.ts'
import { hashReader } from '../../shared/ledger/tile.ts'
import corpus from './corpus/log.json' with { type: 'json' }
import { mth, path } from './definition.ts'
import { RARE, sparseTree } from './sparse-tree.ts'
import { entriesBetween, entryAt, readFrom, writeLog } from './written-log.ts'

const { files } = writeLog(1, 300, 600, 65_535, 70_000)
const prove = (index: number, size: number) =>
  proveInclusion(hashReader(size, readFrom(files)), { index, size })
const rootAt = (size: number) => parseHash(corpus.roots.find((each) => each.size === size)?.root ?? '')!

describe('an inclusion proof', () => {
  test.each(corpus.inclusion)('of leaf $index of $size is the one other tools make', async (vector) => {
    const { index, size } = vector
    const found = await prove(index, size)
    expect(found.map((hash) => Buffer.from(hash).toString('base64'))).toEqual(vector.path)
    expect(
      verifyInclusion({ index, size, leaf: leafHash(entryAt(index)), path: found, root: rootAt(size) }),
    ).toBe(true)
  })

  test('of any leaf at any size is the one of the definition, read in one reading', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 600 }).chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size))),
        async ([index, size]) => {
          let readings = 0
          const read = hashReader(size, async (tiles) => {
            readings++
            return readFrom(files)(tiles)
          })
          expect(await proveInclusion(read, { index, size })).toEqual(path(index, entriesBetween(0, size)))
          expect(readings).toBe(1)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('of a leaf that the tree has not is a fault', async () => {
    for (const [index, size] of [
      [0, 0],
      [1, 1],
      [-1, 3],
      [0.5, 3],
      [0, Number.NaN],
    ] as const) {
      expect(() => prove(index, size)).toThrow('INDEX_OUTSIDE_TREE')
    }
  })
})

describe('in a tree of up to 2^53 - 1 leaves', () => {
  const aPosition = fc
    .integer({ min: 2, max: Number.MAX_SAFE_INTEGER })
    .chain((size) => fc.record({ index: fc.maxSafeNat().map((n) => n % size), size: fc.constant(size) }))

  test('a leaf is proven from tiles, and at its own place alone', async () => {
    await fc.assert(
      fc.asyncProperty(aPosition, async ({ index, size }) => {
        const tree = sparseTree([index])
        const [root] = await readSpans(tree.read, [{ start: 0, end: size }])
        const found = await proveInclusion(hashReader(size, tree.readTiles), { index, size })
        const claim = { index, size, leaf: RARE, path: found, root: root! }
        expect(verifyInclusion(claim)).toBe(true)
        for (const other of [index - 1, index + 1, index + 256, size - 1 - index]) {
          expect(verifyInclusion({ ...claim, index: other })).toBe(other === index)
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('a claim of inclusion is not believed', () => {
  const entries = entriesBetween(0, 13)
  const claims = entries.map((entry, index) => ({
    index,
    size: 13,
    leaf: leafHash(entry),
    path: path(index, entries) as readonly Uint8Array[],
    root: mth(entries) as Uint8Array,
  }))

  test('when it names another index, another size that changes the way up, another leaf or another root', () => {
    for (const claim of claims) {
      expect(verifyInclusion(claim)).toBe(true)
      for (let index = -1; index < 15; index++) {
        expect(verifyInclusion({ ...claim, index })).toBe(index === claim.index)
      }
      expect(verifyInclusion({ ...claim, size: 7 + 13 })).toBe(false)
      expect(verifyInclusion({ ...claim, leaf: leafHash(Buffer.from('other')) })).toBe(false)
      expect(verifyInclusion({ ...claim, root: leafHash(Buffer.from('other')) })).toBe(false)
    }
  })

  test('when a hash is missing, added, exchanged or changed by one bit', () => {
    for (const claim of claims) {
      expect(verifyInclusion({ ...claim, path: claim.path.slice(1) })).toBe(false)
      expect(verifyInclusion({ ...claim, path: claim.path.slice(0, -1) })).toBe(false)
      expect(verifyInclusion({ ...claim, path: [...claim.path, claim.root] })).toBe(false)
      expect(verifyInclusion({ ...claim, path: claim.path.toReversed() })).toBe(claim.path.length < 2)
      claim.path.forEach((hash, at) => {
        const changed = Buffer.from(hash)
        changed[at] = (changed[at] ?? 0) ^ 1
        expect(verifyInclusion({ ...claim, path: claim.path.with(at, changed) })).toBe(false)
      })
    }
  })

  test('when two hashes divide 64 bytes otherwise than in the middle', () => {
    const [left, right] = [leafHashes([entryAt(0)]), leafHashes([entryAt(1)])]
    const both = Buffer.concat([left, right])
    const root = mth([entryAt(0), entryAt(1)])
    const claim = { index: 0, size: 2, leaf: both.subarray(0, 31), path: [both.subarray(31)], root }
    expect(verifyInclusion(claim)).toBe(false)
    expect(verifyInclusion({ ...claim, leaf: left, path: [right] })).toBe(true)
  })
})

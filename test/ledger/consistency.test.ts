import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proveConsistency, verifyConsistency } from '../../shared/ledger/consistency.ts'
import { emptyRoot, leafHash, parseHash, readSpans } from '../../shared/ledger/merkle.ts'
import { hashReader } from '../../shared/ledger/tile.ts'
import corpus from './corpus/log.json' with { type: 'json' }
import { mth, proof } from './definition.ts'
import { sparseTree } from './sparse-tree.ts'
import { entriesBetween, readFrom, writeLog } from './written-log.ts'

const { files } = writeLog(1, 300, 600, 65_535, 70_000)
const prove = (first: number, second: number) =>
  proveConsistency(hashReader(second, readFrom(files)), { first, second })
const rootAt = (size: number) => parseHash(corpus.roots.find((each) => each.size === size)?.root ?? '')!

describe('a consistency proof', () => {
  test.each(corpus.consistency)('from $first to $second is the one other tools make', async (vector) => {
    const { first, second } = vector
    const path = await prove(first, second)
    expect(path.map((hash) => Buffer.from(hash).toString('base64'))).toEqual(vector.path)
    const roots = { firstRoot: rootAt(first), secondRoot: rootAt(second) }
    expect(verifyConsistency({ first, second, ...roots, path })).toBe(true)
  })

  test('between any two sizes is the one of the definition', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 600 }).chain((second) => fc.tuple(fc.nat(second - 2), fc.constant(second))),
        async ([before, second]) => {
          const first = before + 1
          expect(await prove(first, second)).toEqual(proof(first, entriesBetween(0, second)))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('from nothing, or to the same size, is empty', async () => {
    expect(await prove(0, 600)).toEqual([])
    expect(await prove(600, 600)).toEqual([])
    expect(await prove(0, 0)).toEqual([])
  })

  test('from the larger to the smaller tree is a fault', async () => {
    for (const [first, second] of [
      [2, 1],
      [-1, 3],
      [0.5, 3],
      [0, Number.NaN],
    ] as const) {
      await expect(prove(first, second)).rejects.toThrow('SIZES_NOT_IN_ORDER')
    }
  })
})

test('trees of up to 2^53 - 1 leaves are shown to have only grown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.maxSafeNat(), fc.maxSafeNat(), fc.maxSafeNat(), async (one, other, rare) => {
      const [first, second] = [Math.min(one, other) + 1, Math.max(one, other) + 2]
      fc.pre(second <= Number.MAX_SAFE_INTEGER)
      const tree = sparseTree([rare % first])
      const [firstRoot, secondRoot, changed] = [
        ...(await readSpans(tree.read, [
          { start: 0, end: first },
          { start: 0, end: second },
        ])),
        ...(await readSpans(sparseTree([]).read, [{ start: 0, end: first }])),
      ]
      const path = await proveConsistency(hashReader(second, tree.readTiles), { first, second })
      const claim = { first, second, firstRoot: firstRoot!, secondRoot: secondRoot!, path }
      expect(verifyConsistency(claim)).toBe(true)
      expect(verifyConsistency({ ...claim, firstRoot: changed! })).toBe(false)
    }),
    { numRuns: 30 },
  )
})

describe('a claim of consistency is not believed', () => {
  const claimOf = (first: number, second: number) => {
    const [before, after] = [entriesBetween(0, first), entriesBetween(0, second)]
    const path: readonly Uint8Array[] = first === 0 || first === second ? [] : proof(first, after)
    return { first, second, firstRoot: mth(before) as Uint8Array, secondRoot: mth(after) as Uint8Array, path }
  }
  const claims = Array.from({ length: 14 }, (_, second) =>
    Array.from({ length: second + 1 }, (_, first) => claimOf(first, second)),
  ).flat()

  test('when a root is another, though a true one of the same tree', () => {
    for (const claim of claims) {
      expect(verifyConsistency(claim)).toBe(true)
      const other = leafHash(Buffer.from('other'))
      expect(verifyConsistency({ ...claim, firstRoot: other })).toBe(false)
      // From nothing everything grows
      expect(verifyConsistency({ ...claim, secondRoot: other })).toBe(claim.first === 0 && claim.second > 0)
    }
  })

  test('when it names the sizes in the wrong order, or the first as another', () => {
    for (const claim of claims) {
      const swapped = { ...claim, first: claim.second, second: claim.first }
      expect(verifyConsistency(swapped)).toBe(claim.first === claim.second)
      for (let first = -1; first <= claim.second; first++) {
        expect(verifyConsistency({ ...claim, first })).toBe(first === claim.first)
      }
    }
  })

  test('when a hash is missing, added or changed by one bit', () => {
    for (const claim of claims) {
      if (claim.path.length > 0) {
        expect(verifyConsistency({ ...claim, path: claim.path.slice(1) })).toBe(false)
        expect(verifyConsistency({ ...claim, path: claim.path.slice(0, -1) })).toBe(false)
        expect(verifyConsistency({ ...claim, path: [] })).toBe(false)
      }
      expect(verifyConsistency({ ...claim, path: [...claim.path, claim.secondRoot] })).toBe(false)
      claim.path.forEach((hash, at) => {
        const changed = Buffer.from(hash)
        changed[at] = (changed[at] ?? 0) ^ 1
        expect(verifyConsistency({ ...claim, path: claim.path.with(at, changed) })).toBe(false)
      })
    }
  })

  test('when the empty tree is given a root that it has not', () => {
    const claim = { first: 0, second: 3, firstRoot: emptyRoot, secondRoot: emptyRoot, path: [] }
    expect(verifyConsistency(claim)).toBe(true)
    expect(verifyConsistency({ ...claim, firstRoot: leafHash(Buffer.of()) })).toBe(false)
  })
})

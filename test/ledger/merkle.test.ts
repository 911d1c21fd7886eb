import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  emptyRoot,
  foldHashes,
  joinHashes,
  leafHash,
  leafHashes,
  nodeHash,
  parseHash,
  subtreesOf,
} from '../../shared/ledger/merkle.ts'
import { mth } from './definition.ts'

const someEntries = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 40 })

test('a leaf, two leaves and no leaf hash as the definition has them', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (one, other) => {
      expect(leafHash(one)).toEqual(mth([one]))
      expect(nodeHash(leafHash(one), leafHash(other))).toEqual(mth([one, other]))
    }),
  )
  expect(emptyRoot).toEqual(mth([]))
})

test('leaf hashes stand one after another, whatever bytes they are made of', () => {
  fc.assert(
    fc.property(someEntries, (entries) => {
      expect(leafHashes(entries)).toEqual(Buffer.concat(entries.map(leafHash)))
    }),
  )
})

test('folded so many times, hashes become those of the subtrees that much higher', () => {
  fc.assert(
    fc.property(fc.nat(4), fc.integer({ min: 1, max: 5 }), (height, count) => {
      const entries = Array.from({ length: count * 2 ** height }, (_, at) => Buffer.of(at))
      const subtrees = Array.from({ length: count }, (_, at) =>
        mth(entries.slice(at * 2 ** height, (at + 1) * 2 ** height)),
      )
      const hashes = leafHashes(entries)
      const before = Buffer.from(hashes)
      expect(foldHashes(hashes, height)).toEqual(Buffer.concat(subtrees))
      expect(hashes, 'what was folded is left as it was').toEqual(before)
    }),
  )
})

describe('the subtrees of a span', () => {
  test('join to its hash', () => {
    fc.assert(
      fc.property(someEntries, (entries) => {
        const subtrees = subtreesOf({ start: 0, end: entries.length })
        const hashes = subtrees.map(({ height, index }) =>
          mth(entries.slice(index * 2 ** height, (index + 1) * 2 ** height)),
        )
        expect(joinHashes(hashes)).toEqual(mth(entries))
      }),
    )
  })

  test('are one for each bit of its length, the largest first, in a tree of any size', () => {
    expect(subtreesOf({ start: 0, end: 70_000 })).toEqual([
      { height: 16, index: 0 },
      { height: 12, index: 16 },
      { height: 8, index: 272 },
      { height: 6, index: 1092 },
      { height: 5, index: 2186 },
      { height: 4, index: 4374 },
    ])
    expect(subtreesOf({ start: 2 ** 52, end: Number.MAX_SAFE_INTEGER })).toHaveLength(52)
  })
})

test('a hash is read from base64 of 32 bytes, written in the one way there is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 31, maxLength: 33 }), (bytes) => {
      const read = parseHash(Buffer.from(bytes).toString('base64'))
      expect(read).toEqual(bytes.length === 32 ? Buffer.from(bytes) : undefined)
    }),
  )
  const zeroes = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
  expect(parseHash(zeroes)).toEqual(Buffer.alloc(32))
  for (const other of [zeroes.replace(/A=$/, 'B='), zeroes.slice(0, -1), ` ${zeroes}`, `${zeroes}\n`]) {
    expect(parseHash(other)).toBeUndefined()
  }
})

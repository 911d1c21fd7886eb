import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../shared/base/failure.ts'
import { decodeBundle, encodeBundle, growBundles, partialBundle } from '../../shared/ledger/bundle.ts'
import { leafHashes } from '../../shared/ledger/merkle.ts'
import { tilePath } from '../../shared/ledger/tile.ts'
import { entriesBetween, writeLog } from './written-log.ts'

const someEntries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })

describe('a bundle of entries', () => {
  test('is each entry behind its length as a big-endian uint16', () => {
    expect(encodeBundle([Buffer.from('one'), Buffer.of(), Buffer.alloc(258, 7)])).toEqual(
      Buffer.concat([
        Buffer.of(0, 3),
        Buffer.from('one'),
        Buffer.of(0, 0),
        Buffer.of(1, 2),
        Buffer.alloc(258, 7),
      ]),
    )
  })

  test('is decoded to the entries that were encoded', () => {
    fc.assert(
      fc.property(someEntries, (entries) => {
        const decoded = decodeBundle(encodeBundle(entries), entries.length)
        expect(decoded).toEqual(entries.map((each) => Buffer.from(each)))
      }),
    )
  })

  test('takes an entry of 65,535 bytes and none of 65,536', () => {
    const longest = Buffer.alloc(65_535, 1)
    expect(decodeBundle(encodeBundle([longest]), 1)).toEqual([longest])
    expect(failureOf(() => encodeBundle([Buffer.of(), Buffer.alloc(65_536)]))).toEqual({
      code: 'ENTRY_TOO_LONG',
      facts: { entry: 1, sizeBytes: 65_536 },
    })
  })

  test('cut short is refused with the entry and the byte at which it begins', () => {
    const bundle = encodeBundle([Buffer.from('one'), Buffer.from('two')])
    for (const length of [6, 7, 9]) {
      expect(failureOf(() => decodeBundle(bundle.subarray(0, length), 2))).toEqual({
        code: 'BUNDLE_CUT_SHORT',
        facts: { entry: 1, offset: 5 },
      })
    }
  })

  test('of another width than its path says is refused', () => {
    const bundle = encodeBundle([Buffer.from('one'), Buffer.from('two')])
    for (const width of [1, 3]) {
      expect(failureOf(() => decodeBundle(bundle, width))).toEqual({
        code: 'BUNDLE_WIDTH_WRONG',
        facts: { entries: 2, width },
      })
    }
  })

  test('of any bytes is decoded to entries that encode to the same bytes, or refused', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.nat(3)).map((each) => Uint8Array.from(each)),
    )
    fc.assert(
      fc.property(bytes, fc.nat(8), (bundle, width) => {
        try {
          expect(encodeBundle(decodeBundle(bundle, width))).toEqual(Buffer.from(bundle))
        } catch (fault) {
          if (!(fault instanceof Failure)) throw fault
          expect(['BUNDLE_CUT_SHORT', 'BUNDLE_WIDTH_WRONG']).toContain(fault.code)
        }
      }),
    )
  })

  test('with a byte changed does not agree with the tile of its leaf hashes', () => {
    const { files } = writeLog(40)
    const [bundle, tile] = [files.get('tile/entries/000.p/40')!, files.get('tile/0/000.p/40')!]
    expect(leafHashes(decodeBundle(bundle, 40))).toEqual(tile)
    for (let at = 0; at < bundle.length; at++) {
      const changed = Uint8Array.from(bundle, (byte, place) => (place === at ? byte ^ 1 : byte))
      expect(hashesOrNone(changed)).not.toEqual(tile)
    }
  })
})

describe('bundles that grow', () => {
  test('are filled before the next begins', () => {
    const { end } = growBundles({ size: 0, last: new Uint8Array() }, entriesBetween(0, 250))
    const grown = growBundles(end, entriesBetween(250, 600))
    expect(grown.bundles.map(({ tile }) => tilePath(tile))).toEqual([
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/88',
    ])
    const decoded = grown.bundles.flatMap(({ tile, body }) => decodeBundle(body, tile.width))
    expect(decoded).toEqual(entriesBetween(0, 600))
    expect(grown.end).toEqual({ size: 600, last: grown.bundles[2]?.body })
  })

  test('go on from the partial one, where there is one', () => {
    expect(partialBundle(600)).toEqual({ level: 'entries', index: 2, width: 88 })
    expect(partialBundle(255)).toEqual({ level: 'entries', index: 0, width: 255 })
    for (const size of [0, 256, 65_536]) expect(partialBundle(size)).toBeUndefined()
  })

  test('end in nothing when the last is full', () => {
    const { end, bundles } = growBundles({ size: 0, last: new Uint8Array() }, entriesBetween(0, 256))
    expect(end).toEqual({ size: 256, last: new Uint8Array() })
    expect(bundles.map(({ tile }) => tilePath(tile))).toEqual(['tile/entries/000'])
    expect(growBundles(end, [])).toEqual({ end, bundles: [] })
  })
})

function hashesOrNone(bundle: Uint8Array): Uint8Array | undefined {
  try {
    return leafHashes(decodeBundle(bundle, 40))
  } catch {
    return undefined
  }
}

function failureOf(action: () => unknown): { code: string; facts: object } | undefined {
  try {
    action()
  } catch (fault) {
    if (fault instanceof Failure) return { code: fault.code, facts: fault.facts }
    throw fault
  }
  return undefined
}

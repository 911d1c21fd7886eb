import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCheckpoint, type Trust } from '../../shared/ledger/checkpoint.ts'
import type { Cosigner } from '../../shared/ledger/cosignature.ts'
import { rootOf } from '../../shared/ledger/frontier.ts'
import { proveInclusion } from '../../shared/ledger/inclusion.ts'
import { formatNote } from '../../shared/ledger/note.ts'
import { formatProof, parseProof, verifyProof } from '../../shared/ledger/proof.ts'
import { refusalReasons } from '../../shared/ledger/refusal.ts'
import { signText } from '../../shared/ledger/signature.ts'
import { hashReader } from '../../shared/ledger/tile.ts'
import { keyOf, signerOf } from './keys.ts'
import { entryAt, readFrom, writeLog } from './written-log.ts'

const origin = 'log.example/main'
const trust: Trust = {
  origin,
  keys: [keyOf(origin)],
  witnesses: [keyOf('witness.example/one') as Cosigner, keyOf('见证.example/二') as Cosigner],
}

function file(name: string): Buffer {
  return readFileSync(new URL(`corpus/${name}.tlog-proof`, import.meta.url))
}

function parsed(bytes: Uint8Array) {
  const read = parseProof(bytes)
  if (read.outcome === 'refused') throw new Error(read.code)
  return read.proof
}

describe('a proof that another tool wrote', () => {
  test.each([
    { name: 'only', index: 0, size: 1, hashes: 0, witnesses: [] },
    {
      name: 'last',
      index: 69_999,
      size: 70_000,
      hashes: 9,
      witnesses: ['witness.example/one', '见证.example/二'],
    },
    { name: 'extra', index: 54_321, size: 70_000, hashes: 17, witnesses: ['witness.example/one'] },
  ])(
    '$name.tlog-proof proves its entry, and is written alike',
    ({ name, index, size, hashes, witnesses }) => {
      const verified = verifyProof(file(name), entryAt(index), trust)
      expect(verified).toMatchObject({ outcome: 'proven', index, checkpoint: { origin, size } })
      if (verified.outcome === 'proven')
        expect(verified.seen.map((each) => each.witness.name)).toEqual(witnesses)
      expect(parsed(file(name)).path).toHaveLength(hashes)
      expect(formatProof(parsed(file(name)))).toEqual(file(name))
    },
  )

  test('proves no other entry', () => {
    expect(verifyProof(file('last'), entryAt(69_998), trust)).toEqual({
      outcome: 'refused',
      code: 'INCLUSION_NOT_PROVEN',
    })
  })

  test('carries extra data, for which nobody vouches', () => {
    expect(parsed(file('extra')).extra).toEqual(Buffer.from('opaque\0\xff', 'latin1'))
    expect(parsed(file('last'))).not.toHaveProperty('extra')
    const other = formatProof({ ...parsed(file('extra')), extra: Buffer.from('other') })
    expect(verifyProof(other, entryAt(54_321), trust).outcome).toBe('proven')
  })

  test('with any byte changed is refused, or has lost the witness whose name it is in', () => {
    const proof = file('last')
    for (let at = 0; at < proof.length; at++) {
      const changed = Uint8Array.from(proof, (byte, place) => (place === at ? byte ^ 1 : byte))
      const verified = verifyProof(changed, entryAt(69_999), trust)
      expect(verified.outcome === 'refused' || verified.seen.length < 2, `byte ${at}`).toBe(true)
    }
  })
})

describe('a proof', () => {
  test('of any leaf of a log is written, read and believed', async () => {
    const { frontier, files } = writeLog(600)
    const body = formatCheckpoint({ origin, size: 600, root: rootOf(frontier), extensions: [] })
    const signature = await signText(body, { name: origin, signer: signerOf(origin) })
    const checkpoint = formatNote({ text: body, signatures: [signature] })
    for (const index of [0, 1, 255, 256, 511, 512, 599]) {
      const path = await proveInclusion(hashReader(600, readFrom(files)), { index, size: 600 })
      const proof = formatProof({ index, path, checkpoint })
      expect(verifyProof(proof, entryAt(index), trust)).toMatchObject({ outcome: 'proven', index, seen: [] })
      expect(verifyProof(proof, Buffer.from('other'), trust)).toMatchObject({ code: 'INCLUSION_NOT_PROVEN' })
    }
  })

  test('whose checkpoint is not signed by the log proves nothing', () => {
    const others = { ...trust, keys: [keyOf('log.example/next')] }
    expect(verifyProof(file('only'), entryAt(0), others)).toMatchObject({ code: 'SIGNER_UNKNOWN' })
    expect(verifyProof(file('last'), entryAt(69_999), others)).toMatchObject({
      code: 'LOG_SIGNATURE_MISSING',
    })
  })

  const [header, hash] = ['c2sp.org/tlog-proof@v1', 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=']
  test.each([
    ['no hash and no extra data', `${header}\nindex 0\n\n`, 'parsed'],
    ['empty extra data', `${header}\nextra \nindex 0\n\n`, 'parsed'],
    ['63 hashes', `${header}\nindex 0\n${`${hash}\n`.repeat(63)}\n`, 'parsed'],
    ['64 hashes', `${header}\nindex 0\n${`${hash}\n`.repeat(64)}\n`, 'PROOF_MALFORMED'],
    ['nothing', '', 'PROOF_MALFORMED'],
    ['another version', 'c2sp.org/tlog-proof@v2\nindex 0\n\n', 'PROOF_MALFORMED'],
    ['no empty line', `${header}\nindex 0\n${hash}\n`, 'PROOF_MALFORMED'],
    ['no index', `${header}\n${hash}\n\n`, 'PROOF_MALFORMED'],
    ['a leading zero in the index', `${header}\nindex 01\n\n`, 'PROOF_MALFORMED'],
    ['extra data behind the index', `${header}\nindex 0\nextra AA==\n\n`, 'PROOF_MALFORMED'],
    ['extra data twice', `${header}\nextra AA==\nextra AA==\nindex 0\n\n`, 'PROOF_MALFORMED'],
    ['extra data that is not base64', `${header}\nextra A\nindex 0\n\n`, 'PROOF_MALFORMED'],
    [
      'a hash of 31 bytes',
      `${header}\nindex 0\n${Buffer.alloc(31).toString('base64')}\n\n`,
      'PROOF_MALFORMED',
    ],
    ['a carriage return', `${header}\r\nindex 0\r\n\n`, 'PROOF_MALFORMED'],
    ['two million bytes and one', `${header}\nindex 0\n\n`.padEnd(2_000_001), 'PROOF_TOO_LARGE'],
  ])('with %s is %s', (_, text, expected) => {
    const read = parseProof(Buffer.from(text))
    expect(read.outcome === 'refused' ? read.code : read.outcome).toBe(expected)
  })

  test('of any bytes is read, and written alike, or refused with a known code', () => {
    const nearly = fc
      .array(fc.constantFrom(header, '\n', 'index 0', 'index 12', 'extra ', 'AA==', hash, '\n\n', 'é'))
      .map((parts) => Buffer.from(`${header}\n${parts.join('\n')}`))
    const changed = fc
      .tuple(fc.nat(file('last').length - 1), fc.nat(255))
      .map(([at, byte]) => Uint8Array.from(file('last'), (each, place) => (place === at ? byte : each)))
    fc.assert(
      fc.property(fc.oneof(nearly, changed, fc.uint8Array()), (bytes) => {
        const read = parseProof(bytes)
        if (read.outcome === 'refused') expect(Object.keys(refusalReasons)).toContain(read.code)
        else expect(formatProof(read.proof)).toEqual(Buffer.from(bytes))
        const verified = verifyProof(bytes, Buffer.of(), trust)
        expect(verified.outcome).toBe('refused')
      }),
      { numRuns: 1_000 },
    )
  })
})

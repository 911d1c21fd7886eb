import type { Sha256 } from '../base/digest.ts'

export type DigestSet = {
  /** Whether it was not there before. */
  add(digest: Sha256): boolean
}

/** Words of a digest that are kept: two of twenty million records agree in 96 bits once in 10^14 files. */
const WORDS = 3
const FIRST_SLOTS = 2 ** 12

/**
 * Digests in a table of open addressing, at most three quarters full: 16 to 32 bytes a digest where a Set of strings
 * takes 130. Twenty million take 400 MB, and 200 MB more while they are moved.
 */
export function openDigestSet(): DigestSet {
  let table = new Uint32Array(FIRST_SLOTS * WORDS)
  let size = 0
  return {
    add(digest) {
      if (4 * size >= 3 * (table.length / WORDS)) table = grown(table)
      const isNew = insert(table, wordsOf(digest))
      if (isNew) size++
      return isNew
    },
  }
}

type Words = readonly [number, number, number]

function wordsOf(digest: Sha256): Words {
  // A slot of zeros is free
  const first = Number.parseInt(digest.slice(0, 8), 16) || 1
  return [first, Number.parseInt(digest.slice(8, 16), 16), Number.parseInt(digest.slice(16, 24), 16)]
}

function insert(table: Uint32Array, [first, second, third]: Words): boolean {
  const slots = table.length / WORDS
  // The digest's own bits are as good as any hash of them
  for (let slot = second & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    const at = slot * WORDS
    if (table[at] === 0) {
      table[at] = first
      table[at + 1] = second
      table[at + 2] = third
      return true
    }
    if (table[at] === first && table[at + 1] === second && table[at + 2] === third) return false
  }
}

function grown(table: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(table.length * 2)
  for (let at = 0; at < table.length; at += WORDS) {
    const first = table[at] ?? 0
    if (first !== 0) insert(larger, [first, table[at + 1] ?? 0, table[at + 2] ?? 0])
  }
  return larger
}

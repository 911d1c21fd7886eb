import { Failure } from '../base/failure.ts'
import {
  type Hash,
  half,
  isHash,
  isOdd,
  isSameHash,
  nodeHash,
  type ReadHashes,
  readSpans,
  type Span,
  split,
} from './merkle.ts'

/** A leaf of a tree of so many: 0 ≤ index < size. */
export type Position = { readonly index: number; readonly size: number }

/**
 * The hashes that lead from a leaf to the root, the leaf's sibling first (RFC 9162 §2.1.3.1).
 * Throws `INDEX_OUTSIDE_TREE`. Read from storage and not checked: see `verifyInclusion`.
 */
export function proveInclusion(read: ReadHashes, position: Position): Promise<readonly Hash[]> {
  if (!isWithin(position)) throw new Failure('INDEX_OUTSIDE_TREE', { retryable: false, facts: position })
  return readSpans(read, siblings(position))
}

// PATH(m, D_n): at each division the half without the leaf, the smallest first
function siblings({ index, size }: Position): readonly Span[] {
  const spans: Span[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = start + split(end - start)
    if (index < middle) {
      spans.push({ start: middle, end })
      end = middle
    } else {
      spans.push({ start, end: middle })
      start = middle
    }
  }
  return spans.reverse()
}

/** Whether the path leads from the leaf to the root (RFC 9162 §2.1.3.2, whose fn, sn and r these are). */
export function verifyInclusion(
  claim: Position & { readonly leaf: Hash; readonly path: readonly Hash[]; readonly root: Hash },
): boolean {
  const { index, size, leaf, path, root } = claim
  if (!isWithin(claim) || ![leaf, root, ...path].every(isHash)) return false
  let [fn, sn] = [index, size - 1]
  let r = leaf
  for (const p of path) {
    if (sn === 0) return false
    if (isOdd(fn) || fn === sn) {
      r = nodeHash(p, r)
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else r = nodeHash(r, p)
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && isSameHash(r, root)
}

function isWithin({ index, size }: Position): boolean {
  return Number.isSafeInteger(size) && Number.isSafeInteger(index) && 0 <= index && index < size
}

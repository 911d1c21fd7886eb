import { Failure } from '../base/failure.ts'
import {
  emptyRoot,
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

/** A tree and the same tree later: 0 ≤ first ≤ second. */
export type Growth = { readonly first: number; readonly second: number }

/**
 * The hashes that show the first tree to be the beginning of the second (RFC 9162 §2.1.4.1): none when one of them
 * is empty or they are the same. Throws `SIZES_NOT_IN_ORDER`. Read from storage and not checked: see
 * `verifyConsistency`.
 */
export async function proveConsistency(read: ReadHashes, growth: Growth): Promise<readonly Hash[]> {
  if (!isInOrder(growth)) throw new Failure('SIZES_NOT_IN_ORDER', { retryable: false, facts: growth })
  const { first, second } = growth
  return first === 0 || first === second ? [] : readSpans(read, divisions(growth))
}

// SUBPROOF(m, D_n, b): down to where the first tree ends. If nothing stands before that, it is the root known already
function divisions({ first, second }: Growth): readonly Span[] {
  const spans: Span[] = []
  let [start, end] = [0, second]
  while (end !== first) {
    const middle = start + split(end - start)
    if (first <= middle) {
      spans.push({ start: middle, end })
      end = middle
    } else {
      spans.push({ start, end: middle })
      start = middle
    }
  }
  if (start > 0) spans.push({ start, end })
  return spans.reverse()
}

type Claim = Growth & {
  readonly firstRoot: Hash
  readonly secondRoot: Hash
  readonly path: readonly Hash[]
}

/**
 * Whether the path shows the first tree to be the beginning of the second. The empty tree is the beginning of any
 * tree, and each tree that of itself: neither takes a path (tlog-witness, "add-checkpoint").
 */
export function verifyConsistency(claim: Claim): boolean {
  const { first, second, firstRoot, secondRoot, path } = claim
  if (!isInOrder(claim) || ![firstRoot, secondRoot, ...path].every(isHash)) return false
  if (first === second) return path.length === 0 && isSameHash(firstRoot, secondRoot)
  if (first === 0) return path.length === 0 && isSameHash(firstRoot, emptyRoot)
  return leadsToBoth(claim)
}

// RFC 9162 §2.1.4.2, whose fn, sn, fr and sr these are
function leadsToBoth({ first, second, firstRoot, secondRoot, path }: Claim): boolean {
  const [start, ...rest] = isPowerOfTwo(first) ? [firstRoot, ...path] : path
  if (start === undefined) return false
  let [fn, sn] = [first - 1, second - 1]
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)]
  let [fr, sr] = [start, start]
  for (const c of rest) {
    if (sn === 0) return false
    if (isOdd(fn) || fn === sn) {
      ;[fr, sr] = [nodeHash(c, fr), nodeHash(c, sr)]
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else sr = nodeHash(sr, c)
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && isSameHash(fr, firstRoot) && isSameHash(sr, secondRoot)
}

function isInOrder({ first, second }: Growth): boolean {
  return Number.isSafeInteger(first) && Number.isSafeInteger(second) && 0 <= first && first <= second
}

function isPowerOfTwo(number: number): boolean {
  return number === 1 || number === 2 * split(number)
}

import { createHash } from 'node:crypto'

/** RFC 6962 §2.1 as it stands there, for whatever entries D[n]: slow, and plain enough to be seen to be right. */

/** §2.1: the Merkle Tree Hash. */
export function mth(d: readonly Uint8Array[]): Buffer {
  const [first] = d
  if (first === undefined) return sha256()
  if (d.length === 1) return sha256(Buffer.of(0x00), first)
  const k = largestPowerOfTwoBelow(d.length)
  return sha256(Buffer.of(0x01), mth(d.slice(0, k)), mth(d.slice(k)))
}

/** §2.1.1: the audit path of entry m. */
export function path(m: number, d: readonly Uint8Array[]): Buffer[] {
  if (d.length === 1) return []
  const k = largestPowerOfTwoBelow(d.length)
  return m < k
    ? [...path(m, d.slice(0, k)), mth(d.slice(k))]
    : [...path(m - k, d.slice(k)), mth(d.slice(0, k))]
}

/** §2.1.2: the consistency proof from the first m entries, 0 < m < n. */
export function proof(m: number, d: readonly Uint8Array[]): Buffer[] {
  return subproof(m, d, true)
}

function subproof(m: number, d: readonly Uint8Array[], b: boolean): Buffer[] {
  if (m === d.length) return b ? [] : [mth(d)]
  const k = largestPowerOfTwoBelow(d.length)
  return m <= k
    ? [...subproof(m, d.slice(0, k), b), mth(d.slice(k))]
    : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))]
}

function largestPowerOfTwoBelow(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

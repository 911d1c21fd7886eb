/** Which of `count` files a code's row is in: Iceberg's bucket transform of a string (Iceberg spec, appendix B). */
export function bucketOf(code: string, count: number): number {
  return (murmur3(Buffer.from(code, 'utf8')) & 0x7fffffff) % count
}

/** MurmurHash3, x86, 32 bits, seed 0, as a signed number. */
export function murmur3(bytes: Uint8Array): number {
  const whole = bytes.length - (bytes.length % 4)
  let hash = 0
  for (let at = 0; at < whole; at += 4) {
    hash = rotate(hash ^ scramble(wordAt(bytes, at, 4)), 13)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  hash ^= scramble(wordAt(bytes, whole, bytes.length - whole)) ^ bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

// Little-endian; of no bytes 0, which scrambles to 0
function wordAt(bytes: Uint8Array, at: number, length: number): number {
  let word = 0
  for (let index = 0; index < length; index++) word |= (bytes[at + index] ?? 0) << (8 * index)
  return word
}

function scramble(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

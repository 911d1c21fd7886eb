import type { Bytes } from './format.ts'

/** Large enough that a piece's turn of the event loop costs nothing beside its rows; what is made of it is soon gone again. */
const PIECE_BYTES = 64 * 1024

/** The same bytes in pieces of one size, the last shorter: neither a byte at a time nor all at once. */
export async function* piecesOf(bytes: Bytes): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of bytes) {
    waiting.push(chunk)
    sizeBytes += chunk.length
    if (sizeBytes < PIECE_BYTES) continue
    const all = waiting.length === 1 ? chunk : Buffer.concat(waiting)
    const whole = all.length - (all.length % PIECE_BYTES)
    for (let at = 0; at < whole; at += PIECE_BYTES) yield all.subarray(at, at + PIECE_BYTES)
    waiting = [all.subarray(whole)]
    sizeBytes = all.length - whole
  }
  if (sizeBytes > 0) yield Buffer.concat(waiting)
}

/** The first of what comes, and all of it. */
export async function peek<T>(
  items: AsyncGenerator<T>,
): Promise<{ readonly head: T | undefined; readonly all: AsyncGenerator<T> }> {
  const first = await items.next()
  return { head: first.done ? undefined : first.value, all: following(first, items) }
}

async function* following<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return
  yield first.value
  yield* rest
}

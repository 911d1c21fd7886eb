import { createHash } from 'node:crypto'
import type { Sha256 } from '../base/digest.ts'
import { type Bytes, FileRefused } from './formats/format.ts'
import { limits } from './formats/limits.ts'

/** The bytes of a file on their way, and what all of them came to. */
export type MeteredBytes = {
  /** May be left off at any point. */
  readonly bytes: Bytes
  /** Reads on to the end, whatever was read of it. Throws `OBJECT_TOO_LARGE`. */
  readonly finish: () => Promise<{ readonly sha256: Sha256; readonly sizeBytes: number }>
  /** Lets go of the source, wherever that is. */
  readonly close: () => Promise<void>
}

/** Measures bytes as they are read: what names a file is its hash, which nobody knows before the end. */
export function meterBytes(source: Bytes, limitBytes: number = limits.fileBytes): MeteredBytes {
  const iterator = source[Symbol.asyncIterator]()
  const hash = createHash('sha256')
  let sizeBytes = 0
  const read = async (): Promise<IteratorResult<Uint8Array>> => {
    const result = await iterator.next()
    if (result.done) return result
    sizeBytes += result.value.length
    if (sizeBytes > limitBytes) throw new FileRefused('OBJECT_TOO_LARGE')
    hash.update(result.value)
    return result
  }
  // One at a time: a reader that was left off may have asked for bytes that it no longer waits for
  let last: Promise<unknown> = Promise.resolve()
  const next = (): ReturnType<typeof read> => {
    const result = last.then(read)
    last = result
    return result
  }
  return {
    bytes: { [Symbol.asyncIterator]: () => ({ next }) },
    async finish() {
      while (!(await next()).done);
      return { sha256: hash.digest('hex') as Sha256, sizeBytes }
    },
    async close() {
      await iterator.return?.()
    },
  }
}

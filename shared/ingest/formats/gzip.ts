import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Bytes, FileRefused } from './format.ts'
import { limits } from './limits.ts'

export const GZIP_SIGNATURE: readonly number[] = [0x1f, 0x8b]

/** Expands gzip as it is read on. Throws `GZIP_MALFORMED`, and `FILE_EXPANDS_TOO_FAR` long before memory or disk are full. */
export async function* gunzip(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  const source = Readable.from(bytes, { objectMode: true, highWaterMark: 1 })
  source.on('error', (fault) => gunzip.destroy(fault))
  source.pipe(gunzip)
  let expandedBytes = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      expandedBytes += chunk.length
      checkExpansion(expandedBytes, gunzip.bytesWritten)
      yield chunk
    }
  } catch (fault) {
    // What the source throws is its own
    if (isZlibFault(fault)) throw new FileRefused('GZIP_MALFORMED')
    throw fault
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

const CHUNK_BYTES = 256 * 1024

/** Refuses what expands out of all proportion, or to more than a file may be. */
function checkExpansion(expandedBytes: number, bytes: number): void {
  const isOutOfProportion =
    expandedBytes > limits.expansionGraceBytes && expandedBytes > bytes * limits.expansion
  if (isOutOfProportion || expandedBytes > limits.fileBytes) throw new FileRefused('FILE_EXPANDS_TOO_FAR')
}

function isZlibFault(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && String(fault.code).startsWith('Z_')
}

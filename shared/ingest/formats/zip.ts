import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { type Entry, fromBufferPromise } from 'yauzl'
import { FileRefused, WHOLE_FILE } from './format.ts'
import { limits } from './limits.ts'

/** Excel writes some twenty parts, and one for each picture. */
const ENTRY_LIMIT = 10_000

export type Part = { readonly name: string; readonly body: Uint8Array }

/** The names of all parts of a zip, and those that are wanted, expanded. Throws `WORKBOOK_MALFORMED`, `FILE_EXPANDS_TOO_FAR`. */
export async function readZip(
  bytes: Buffer,
  isWanted: (name: string) => boolean,
): Promise<{ readonly names: readonly string[]; readonly parts: readonly Part[] }> {
  try {
    const zip = await fromBufferPromise(bytes)
    const entries: Entry[] = []
    for await (const entry of zip.eachEntry()) {
      if (entries.push(entry) > ENTRY_LIMIT) throw new FileRefused('FILE_EXPANDS_TOO_FAR', WHOLE_FILE)
    }
    if (entries.some((entry) => entry.isEncrypted())) throw new FileRefused('WORKBOOK_ENCRYPTED')
    // Names are the same in whatever case (ECMA-376 part 2): of two parts nobody knows which one its reader would see
    const names = new Set(entries.map(({ fileName }) => fileName.toLowerCase()))
    if (names.size < entries.length) throw new FileRefused('WORKBOOK_MALFORMED')
    const wanted = entries.filter(({ fileName }) => isWanted(fileName))
    // By what the directory says, before anything is expanded; reading on, the library stops where it lied
    const expandedBytes = wanted.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
    if (expandedBytes > limits.workbookExpandedBytes)
      throw new FileRefused('FILE_EXPANDS_TOO_FAR', WHOLE_FILE)
    const parts: Part[] = []
    for (const entry of wanted) {
      const body = await buffer(await zip.openReadStreamPromise(entry))
      if (crc32(body) !== entry.crc32) throw new FileRefused('WORKBOOK_MALFORMED')
      parts.push({ name: entry.fileName, body })
    }
    return { names: entries.map(({ fileName }) => fileName), parts }
  } catch (fault) {
    // The bytes are in memory: there is nothing else that can go wrong
    throw fault instanceof FileRefused ? fault : new FileRefused('WORKBOOK_MALFORMED')
  }
}

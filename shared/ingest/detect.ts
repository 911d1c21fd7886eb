import { readBatches, type SentFile } from './formats/registry.ts'
import { detectLayouts, HEADER_SEARCH_ROWS, memberNames } from './header.ts'
import type { Layout } from './layouts/layout.ts'

/**
 * The layouts that a file is in, as far as its header tells, or the members of its first records: none, one, or several
 * that have the same columns. Throws `FileRefused` where the file cannot be read.
 */
export async function detectFile(file: SentFile): Promise<readonly Layout[]> {
  let rows: readonly (readonly string[])[] = []
  for await (const batch of readBatches(file)) {
    if ('records' in batch) {
      // A first record may be longer than what is read at once
      if (batch.records.length === 0) continue
      return detectLayouts([memberNames(batch.records)])
    }
    rows = rows.concat(batch.rows)
    if (rows.length >= HEADER_SEARCH_ROWS) break
  }
  return detectLayouts(rows)
}

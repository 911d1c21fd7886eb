import { FileRefused } from '../../shared/ingest/formats/format.ts'
import { type FileFormat, readBatches } from '../../shared/ingest/formats/registry.ts'
import { streamOf } from './sample.ts'

/** All that a file has: rows of a table, or records. */
export type FileContent = { readonly rows: string[][]; readonly records: unknown[] }

export async function readFileContent(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  format?: FileFormat,
): Promise<FileContent> {
  const content: FileContent = { rows: [], records: [] }
  const stream = bytes instanceof Uint8Array ? streamOf(bytes) : bytes
  for await (const batch of readBatches({ format, bytes: stream })) {
    if ('rows' in batch) for (const row of batch.rows) content.rows.push([...row])
    else for (const record of batch.records) content.records.push(record)
  }
  return content
}

/** Why a file is refused; what it is thrown for otherwise comes through. Undefined where it is read. */
export async function refusalOf(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  format?: FileFormat,
): Promise<{ readonly code: string; readonly path: string } | undefined> {
  try {
    await readFileContent(bytes, format)
    return undefined
  } catch (fault) {
    if (!(fault instanceof FileRefused)) throw fault
    const { code, path } = fault.refusal
    return { code, path }
  }
}

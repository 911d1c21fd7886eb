import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Sha256 } from '../base/digest.ts'
import { sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { ObjectKey, Objects } from '../ports.ts'

/** Most records of one part: what one message asks to be applied. */
export const PART_RECORD_LIMIT = 2_000

/** One record as the archive keeps it: `text` is the canonical JSON its digest was taken over. */
export type ArchivedRecord = {
  readonly row: number
  readonly partition: string
  readonly sort: string
  readonly text: string
}

/** A part of a submission in the archive; `sha256` is of the compressed body and names the object. */
export type PartReference = { readonly sha256: Sha256; readonly records: number }

/**
 * A part's bytes: zstd of one line per record, `row TAB partition TAB sort TAB canonical JSON LF`.
 * Canonical JSON escapes both separators, so applying a part splits text and parses nothing.
 */
export function encodePart(records: readonly ArchivedRecord[]): {
  body: Uint8Array
  reference: PartReference
} {
  const text = records
    .map(({ row, partition, sort, text }) => `${row}\t${partition}\t${sort}\t${text}\n`)
    .join('')
  const body = zstdCompressSync(text)
  return { body, reference: { sha256: sha256(body), records: records.length } }
}

export function decodePart(body: Uint8Array): readonly ArchivedRecord[] {
  const lines = zstdDecompressSync(body).toString('utf8').split('\n')
  return lines.slice(0, -1).map((line) => {
    const [row, partition = '', sort = ''] = line.split('\t', 3)
    const text = line.slice((row ?? '').length + partition.length + sort.length + 3)
    return { row: Number(row), partition, sort, text }
  })
}

export function partKey(sha: Sha256): ObjectKey {
  return { area: 'archive', path: `parts/${sha.slice(0, 2)}/${sha}` }
}

/** Throws `ARCHIVE_PART_MISSING` or `ARCHIVE_PART_CORRUPT`. */
export async function readPart(
  objects: Objects,
  reference: PartReference,
): Promise<readonly ArchivedRecord[]> {
  const found = await objects.find(partKey(reference.sha256))
  const facts = { sha256: reference.sha256 }
  if (found === undefined) throw new Failure('ARCHIVE_PART_MISSING', { retryable: true, facts })
  if (sha256(found.body) !== reference.sha256) {
    throw new Failure('ARCHIVE_PART_CORRUPT', { retryable: false, facts })
  }
  return decodePart(found.body)
}

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Sha256 } from '../base/digest.ts'
import { sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { ObjectKey, Objects } from '../ports.ts'

/** Most records of one part: what one message asks to be applied. */
export const PART_RECORD_LIMIT = 2_000

/** One record as the archive keeps it. */
export type ArchivedRecord = {
  readonly row: number
  readonly partition: string
  /** Ends in the record's digest. */
  readonly sort: string
  /** The canonical JSON that the digest was taken over; '' once it was erased. */
  readonly text: string
  /** The row that a record was read from, and its digest; '' once it was erased. */
  readonly source?: { readonly digest: string; readonly text: string }
}

/**
 * A part of a submission in the archive. `sha256` names it: it is taken over places, keys and digests of its records
 * and their sources, and so is the same when one of them was erased.
 */
export type PartReference = { readonly sha256: Sha256; readonly records: number }

/**
 * A part's bytes: zstd of one line per record, `row TAB partition TAB sort TAB canonical JSON LF`, with
 * `TAB digest TAB JSON` of its source before the LF where it has one. JSON escapes both separators, so applying a part
 * splits text and parses nothing; and most of a source stands in its record too, so it takes little room beside it.
 */
export function encodePart(records: readonly ArchivedRecord[]): {
  body: Uint8Array
  reference: PartReference
} {
  const text = records.map(lineOf).join('')
  return {
    body: zstdCompressSync(text, FAST),
    reference: { sha256: nameOf(records), records: records.length },
  }
}

// A record repeats much of the one before it: this level finds that as well as higher ones, and is on the way in
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Half a SHA-256 of the row's text: of two thousand whole ones, a part's bytes would be a third. */
export function sourceDigest(text: string): string {
  return sha256(text).slice(0, 32)
}

function lineOf({ row, partition, sort, text, source }: ArchivedRecord): string {
  const place = `${row}\t${partition}\t${sort}\t${text}`
  return source === undefined ? `${place}\n` : `${place}\t${source.digest}\t${source.text}\n`
}

function nameOf(records: readonly ArchivedRecord[]): Sha256 {
  const places = records.map(({ row, partition, sort, source }) =>
    source === undefined
      ? `${row}\t${partition}\t${sort}\n`
      : `${row}\t${partition}\t${sort}\t${source.digest}\n`,
  )
  return sha256(places.join(''))
}

export function decodePart(body: Uint8Array): readonly ArchivedRecord[] {
  const lines = zstdDecompressSync(body).toString('utf8').split('\n')
  return lines.slice(0, -1).map((line) => {
    const [row, partition = '', sort = '', text = '', digest, source = ''] = line.split('\t')
    const record = { row: Number(row), partition, sort, text }
    return digest === undefined ? record : { ...record, source: { digest, text: source } }
  })
}

export function partKey(sha: Sha256): ObjectKey {
  return { area: 'archive', path: `parts/${sha.slice(0, 2)}/${sha}` }
}

/** Throws `ARCHIVE_PART_MISSING` or `ARCHIVE_PART_CORRUPT`. */
export async function readPart(
  objects: Objects,
  { sha256 }: Pick<PartReference, 'sha256'>,
): Promise<readonly ArchivedRecord[]> {
  return (await readTagged(objects, sha256)).records
}

async function readTagged(
  objects: Objects,
  sha: Sha256,
): Promise<{ readonly records: readonly ArchivedRecord[]; readonly tag: string }> {
  const found = await objects.find(partKey(sha))
  const facts = { sha256: sha }
  if (found === undefined) throw new Failure('ARCHIVE_PART_MISSING', { retryable: true, facts })
  const records = decode(found.body)
  const holds = records !== undefined && nameOf(records) === sha && records.every(isOfItsDigest)
  if (!holds) throw new Failure('ARCHIVE_PART_CORRUPT', { retryable: false, facts })
  return { records, tag: found.tag }
}

function decode(body: Uint8Array): readonly ArchivedRecord[] | undefined {
  try {
    return decodePart(body)
  } catch {
    // Whatever zstd has against the bytes, they are no part
    return undefined
  }
}

function isOfItsDigest({ sort, text, source }: ArchivedRecord): boolean {
  const { digest, text: row } = source ?? { digest: '', text: '' }
  return (text === '' || sha256(text) === digestIn(sort)) && (row === '' || sourceDigest(row) === digest)
}

/** The digest of a record, from the end of its key. */
export function digestIn(sort: string): Sha256 {
  return sort.slice(sort.lastIndexOf('#') + 1) as Sha256
}

/**
 * Erases records and sources of some rows, what is left of each being its digest; answers these rows as they are now.
 * Repeatable. Throws what `readPart` throws, and `ARCHIVE_CONTENDED`.
 */
export async function eraseRows(
  objects: Objects,
  sha: Sha256,
  rows: ReadonlySet<number>,
): Promise<readonly ArchivedRecord[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { records, tag } = await readTagged(objects, sha)
    const erased = records.map((record) => (rows.has(record.row) ? withoutTexts(record) : record))
    if ((await objects.put(partKey(sha), encodePart(erased).body, { tag })) === 'stored')
      return erased.filter(({ row }) => rows.has(row))
  }
  throw new Failure('ARCHIVE_CONTENDED', { retryable: true, facts: { sha256: sha } })
}

function withoutTexts({ source, ...record }: ArchivedRecord): ArchivedRecord {
  return { ...record, text: '', ...(source && { source: { ...source, text: '' } }) }
}

// Each attempt is lost to somebody who erased other rows of it; so many in a row are a fault
const ATTEMPTS = 20

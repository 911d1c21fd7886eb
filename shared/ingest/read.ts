import { canonicalJson } from '../base/canonical.ts'
import { type Sha256, sha256 } from '../base/digest.ts'
import { recordKey } from '../records/keys.ts'
import { type ArchivedRecord, encodePart, PART_RECORD_LIMIT, type PartReference } from '../records/part.ts'
import type { FactRecord } from '../records/record.ts'
import { minimiseRow, type RowContext } from './minimise.ts'
import type { RecordOutcome } from './receipt.ts'
import type { Row } from './rows.ts'

export type EncodedPart = { readonly body: Uint8Array; readonly reference: PartReference }

/** What one row came to, and the part it filled up, if it did. */
type Step = { readonly outcome: RecordOutcome; readonly part?: EncodedPart }

/**
 * Reads rows one by one into minimised records, folds those that are equal within the submission, and hands out
 * an archive part whenever one is full; the last, shorter one comes by itself. Holds one part and one digest per
 * record.
 */
export function* readParts(
  rows: Iterable<Row>,
  context: RowContext,
): Iterable<Step | { readonly part: EncodedPart }> {
  const seen = new Set<Sha256>()
  let waiting: ArchivedRecord[] = []
  let index = 0
  for (const row of rows) {
    const read = minimiseRow(row, context)
    if ('code' in read) {
      yield { outcome: { index, outcome: 'refused', code: read.code, path: `/records/${index}${read.path}` } }
    } else {
      const archived = archive(read.record, index)
      const repeated = seen.has(archived.digest)
      seen.add(archived.digest)
      if (!repeated) waiting.push(archived.record)
      yield { outcome: { index, outcome: repeated ? 'repeated' : standing(read.record) } }
    }
    if (waiting.length === PART_RECORD_LIMIT) {
      yield { part: encodePart(waiting) }
      waiting = []
    }
    index++
  }
  if (waiting.length > 0) yield { part: encodePart(waiting) }
}

function standing(record: FactRecord): 'accepted' | 'unresolved' {
  return record.subject.kind === 'uscc' ? 'accepted' : 'unresolved'
}

function archive(record: FactRecord, row: number): { record: ArchivedRecord; digest: Sha256 } {
  const text = canonicalJson(record)
  const digest = sha256(text)
  const { partition, sort } = recordKey(record, digest)
  return { record: { row, partition, sort, text }, digest }
}

import { canonicalJson } from '../base/canonical.ts'
import { type Sha256, sha256 } from '../base/digest.ts'
import { emptyFrontier, growTree, rootOf } from '../ledger/frontier.ts'
import { leafHashes } from '../ledger/merkle.ts'
import { recordKey } from '../records/keys.ts'
import { type ArchivedRecord, digestIn, PART_RECORD_LIMIT, sourceDigest } from '../records/part.ts'
import type { FactRecord } from '../records/record.ts'
import { openDigestSet } from './digest-set.ts'
import { minimiseRow, type RowContext } from './minimise.ts'
import type { RecordResult } from './outcomes.ts'
import type { Row } from './rows.ts'

/**
 * Reads rows one by one into minimised records, folds those that are equal within the submission, and fills archive
 * parts with the others. Holds one part, a few bytes of each record's digest, and the right edge of their tree.
 */
export type RecordReader = {
  read(row: Row): RecordResult
  /** Whether the part has to be taken before another row is read. */
  isFull(): boolean
  /** The records of the part so far, which ends here, for whoever keeps them; undefined where it is empty. */
  takePart(): readonly ArchivedRecord[] | undefined
  /**
   * Of all parts taken: the root of the Merkle tree (RFC 9162 §2.1.1, as RFC 6962 has it) whose leaves are the
   * digests of the records kept, 32 bytes each, in the order of their rows; as hexadecimal digits.
   */
  recordsRoot(): string
}

export function openReader(context: RowContext): RecordReader {
  const seen = openDigestSet()
  let waiting: ArchivedRecord[] = []
  let index = 0
  let tree = emptyFrontier
  return {
    read(row) {
      const at = index++
      const read = minimiseRow(row, context)
      if ('code' in read) return read
      const archived = archive(read.record, at)
      if (!seen.add(archived.digest)) return 'repeated'
      waiting.push({ ...archived.record, source: { digest: sourceDigest(read.source), text: read.source } })
      return read.record.subject.kind === 'uscc' ? 'accepted' : 'unresolved'
    },
    isFull: () => waiting.length === PART_RECORD_LIMIT,
    takePart() {
      if (waiting.length === 0) return undefined
      const part = waiting
      tree = growTree(tree, leafHashes(part.map(digestBytes))).frontier
      waiting = []
      return part
    },
    recordsRoot: () => Buffer.from(rootOf(tree)).toString('hex'),
  }
}

function digestBytes({ sort }: ArchivedRecord): Uint8Array {
  return Buffer.from(digestIn(sort), 'hex')
}

function archive(record: FactRecord, row: number): { record: ArchivedRecord; digest: Sha256 } {
  const text = canonicalJson(record)
  const digest = sha256(text)
  const { partition, sort } = recordKey(record, digest)
  return { record: { row, partition, sort, text }, digest }
}

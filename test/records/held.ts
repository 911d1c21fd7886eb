import { canonicalJson } from '../../shared/base/canonical.ts'
import type { Instant } from '../../shared/base/instant.ts'
import { type SealingWorld, sealPending } from '../../shared/ledger/seal.ts'
import { findNumber } from '../../shared/ledger/sealed.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { SUBMISSION_ENTRY } from '../../shared/records/entry.ts'
import { recordDigest, recordKey } from '../../shared/records/keys.ts'
import { encodePart, type PartReference, partKey } from '../../shared/records/part.ts'
import type { FactRecord } from '../../shared/records/record.ts'

export type RecordSubmission = {
  readonly authority: string
  readonly submissionId: string
  readonly sentAt: Instant
  readonly parts: readonly (readonly FactRecord[])[]
}

/** Archives records and commits their entry, as accepting a submission does. */
export async function commitRecords(
  world: Pick<SealingWorld, 'store' | 'objects' | 'now'>,
  { authority, submissionId, sentAt, parts }: RecordSubmission,
): Promise<void> {
  const references: PartReference[] = []
  for (const records of parts) {
    const { body, reference } = encodePart(
      records.map((record, row) => {
        const { partition, sort } = recordKey(record, recordDigest(record))
        return { row, partition, sort, text: canonicalJson(record) }
      }),
    )
    await world.objects.put(partKey(reference.sha256), body, 'absent')
    references.push(reference)
  }
  const payload = { authority, submissionId, sentAt, parts: references }
  await world.store.commit([], { id: submissionId, kind: SUBMISSION_ENTRY, at: world.now(), payload })
}

/** The same, sealed; answers the number of the entry. */
export async function sealRecords(world: SealingWorld, submission: RecordSubmission): Promise<number> {
  await commitRecords(world, submission)
  await sealPending(world)
  const number = await findNumber(world.store, submission.submissionId)
  if (number === undefined) throw new Error(`${submission.submissionId} is not sealed`)
  return number
}

/** The same, applied: the records are held. */
export async function holdSubmission(world: SealingWorld, submission: RecordSubmission): Promise<void> {
  await applyEntry(world, await sealRecords(world, submission))
}

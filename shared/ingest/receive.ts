import type { Sha256 } from '../base/digest.ts'
import { chinaDate, type Instant } from '../base/instant.ts'
import type { World } from '../ports.ts'
import { putContent } from '../records/content.ts'
import { partKey } from '../records/part.ts'
import { type Authority, findAuthority } from '../settings.ts'
import { type Draft, type DraftHead, entryIdOf, refusedDraft } from './accept.ts'
import { contentSha256, type Envelope, type SubmissionHead } from './envelope.ts'
import type { Layout } from './layouts/layout.ts'
import { findLayout, layoutId } from './layouts/registry.ts'
import { readParts } from './read.ts'
import { encodeOutcomes, findReceipt, outcomesKey, type Receipt, type RecordOutcome } from './receipt.ts'
import type { Refusal } from './refusal.ts'
import { type FileFormat, type Rows, readFile, readRecords } from './rows.ts'

type ReceivingWorld = Pick<World, 'store' | 'objects' | 'queues' | 'now' | 'settings'>

/** What came through a door, which is what says whose it is. */
export type Delivery = { readonly authority: Authority } & (
  | {
      readonly head: SubmissionHead
      readonly file: { readonly format: FileFormat; readonly bytes: Uint8Array }
    }
  | { readonly head: Envelope }
)

export type Received =
  /** Durable in the inbox; the receipt follows. */
  | { readonly outcome: 'received'; readonly draft: Draft }
  /** This content was received under this id before. */
  | { readonly outcome: 'repeated'; readonly receipt: Receipt }
  | { readonly outcome: 'reused'; readonly receipt: Receipt }
  /** Sent ahead of our clock. Nothing is kept: the id is free, and the same content may come again. */
  | { readonly outcome: 'early' }

/** Why nothing of a submission is kept under its id, for the doors to tell. */
export const notTaken = {
  reused: { code: 'SUBMISSION_ID_REUSED', path: '/submissionId' },
  early: { code: 'SENT_AT_IN_FUTURE', path: '/sentAt' },
} as const satisfies Record<string, Refusal>

/**
 * Takes a submission in: reads and minimises it here, before anything of it is stored, archives what is left and
 * puts a draft of the receipt into the inbox. A crash before that leaves objects nobody refers to and no answer;
 * the sender tries again.
 */
export async function receiveSubmission(world: ReceivingWorld, delivery: Delivery): Promise<Received> {
  const content = describeContent(delivery)
  const { authority, head } = delivery
  const stored = await findReceipt(world.store, authority.code, head.submissionId)
  if (stored !== undefined) {
    return { outcome: stored.sha256 === content.sha256 ? 'repeated' : 'reused', receipt: stored }
  }
  if (isEarly(world, head)) return { outcome: 'early' }
  const layout = findLayout(head.layout)
  const refusal =
    layout === undefined ? refuse('LAYOUT_UNKNOWN', '/layout') : checkAdmitted(world, delivery, layout)
  const draft =
    layout === undefined || refusal !== undefined
      ? refusedDraft(draftHead(world, delivery, content), refusal ?? refuse('LAYOUT_UNKNOWN', '/layout'))
      : await readDraft(world, delivery, { layout, head: draftHead(world, delivery, content) })
  await world.queues.inbox.send([draft])
  return { outcome: 'received', draft }
}

function draftHead(world: ReceivingWorld, { authority, head }: Delivery, content: Content): DraftHead {
  const layout = findLayout(head.layout)
  return {
    schemaVersion: '1',
    authority: authority.code,
    submissionId: head.submissionId,
    // A name nobody here knows is the sender's own text: it isn't kept
    layout: layout === undefined ? 'unknown' : layoutId(layout),
    sentAt: head.sentAt,
    receivedAt: world.now(),
    sha256: content.sha256,
    sizeBytes: content.sizeBytes,
    entryId: entryIdOf(authority.code, head.submissionId),
  }
}

type Content = { readonly sha256: Sha256; readonly sizeBytes: number }

function describeContent(delivery: Delivery): Content {
  const { layout } = delivery.head
  if ('file' in delivery) {
    const { bytes } = delivery.file
    return { sha256: contentSha256(layout, bytes), sizeBytes: bytes.length }
  }
  const text = JSON.stringify(delivery.head.records)
  return { sha256: contentSha256(layout, text), sizeBytes: Buffer.byteLength(text) }
}

/** Whether it says it was sent later than our clock is, by more than the policy grants. */
export function isEarly(
  { now, settings }: Pick<World, 'now' | 'settings'>,
  { sentAt }: Pick<SubmissionHead, 'sentAt'>,
): boolean {
  // As numbers: the year 10000, which an offset can reach, sorts before ours as text
  return Date.parse(sentAt) > Date.parse(now()) + settings.policy.clockSkewSeconds * 1_000
}

function checkAdmitted(
  world: ReceivingWorld,
  { authority }: Delivery,
  { recordType }: Layout,
): Refusal | undefined {
  const admitted = findAuthority(world.settings, authority.code)?.recordTypes ?? []
  return admitted.includes(recordType) ? undefined : refuse('RECORD_TYPE_NOT_ADMITTED', '/layout')
}

function refuse(code: Refusal['code'], path: string): Refusal {
  return { code, path }
}

async function readDraft(
  world: ReceivingWorld,
  delivery: Delivery,
  { layout, head }: { readonly layout: Layout; readonly head: DraftHead },
): Promise<Draft> {
  const rows: Rows =
    'file' in delivery
      ? readFile(layout, delivery.file.format, delivery.file.bytes)
      : readRecords(layout, delivery.head.records)
  if ('refusal' in rows) return refusedDraft(head, rows.refusal)
  const { policy } = world.settings
  const today = chinaDate(head.receivedAt as Instant)
  const context = { layout, authority: delivery.authority.code, policy, today }
  const parts: Receipt['parts'] = []
  const list: RecordOutcome[] = []
  for (const step of readParts(rows.rows, context)) {
    if ('outcome' in step) list.push(step.outcome)
    if (step.part === undefined) continue
    const { body, reference } = step.part
    await putContent(world.objects, partKey(reference.sha256), body)
    parts.push(reference)
  }
  if (list.length === 0) return refusedDraft(head, refuse('SUBMISSION_EMPTY', ''))
  const encoded = encodeOutcomes(list)
  await putContent(world.objects, outcomesKey(encoded.sha256), encoded.body)
  return { ...head, ...countOutcomes(list), parts, outcomes: encoded.sha256 }
}

function countOutcomes(list: readonly RecordOutcome[]) {
  const counts = { received: list.length, accepted: 0, repeated: 0, refused: 0, unresolved: 0 }
  for (const { outcome } of list) counts[outcome]++
  return counts
}

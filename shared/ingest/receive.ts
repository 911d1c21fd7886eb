import { type Sha256, sha256 } from '../base/digest.ts'
import type { World } from '../ports.ts'
import { type PartReference, partKey } from '../records/part.ts'
import { type Authority, findAuthority } from '../settings.ts'
import { type Draft, entryIdOf } from './accept.ts'
import { openContent } from './content.ts'
import type { Envelope, SubmissionHead } from './envelope.ts'
import { FileRefused } from './formats/format.ts'
import type { SentFile } from './formats/registry.ts'
import type { Layout } from './layouts/layout.ts'
import { findLayout, layoutId } from './layouts/registry.ts'
import type { RowContext } from './minimise.ts'
import { type OutcomesReference, openOutcomes, outcomesKey } from './outcomes.ts'
import { openReader } from './read.ts'
import { findReceipt, type Receipt } from './receipt.ts'
import { type Refusal, refusalReasons } from './refusal.ts'
import { type Row, readFile, readRecords } from './rows.ts'

type ReceivingWorld = Pick<World, 'store' | 'objects' | 'queues' | 'now' | 'settings'>

/** What came through a door, which is what says whose it is. */
export type Delivery = { readonly authority: Authority } & (
  | { readonly head: SubmissionHead; readonly file: DeliveredFile }
  | { readonly head: Envelope }
)

export type DeliveredFile = SentFile & {
  /** The SHA-256 of its bytes, where the sender stated it. */
  readonly sha256?: string | undefined
}

export type Received =
  /** Durable in the inbox; the receipt follows. */
  | { readonly outcome: 'received'; readonly draft: Draft }
  /** This content was received under this id before. */
  | { readonly outcome: 'repeated'; readonly receipt: Receipt }
  | { readonly outcome: 'reused'; readonly receipt: Receipt }
  /** Not the file that was stated, or larger than one may be; neither is received. */
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'too-large' }

/**
 * Takes a submission in: reads and minimises it here, before anything of it is stored, archives what is left as it
 * goes, and puts a draft of the receipt into the inbox. A crash before that, like the refusal of a file halfway, leaves
 * objects nobody refers to. They stay: parts are named by their content, and may be another submission's by now.
 */
export async function receiveSubmission(world: ReceivingWorld, delivery: Delivery): Promise<Received> {
  const input = openInput(delivery)
  try {
    return await receiveInput(world, delivery, input)
  } catch (fault) {
    if (fault instanceof FileRefused && fault.code === 'OBJECT_TOO_LARGE') return { outcome: 'too-large' }
    throw fault
  } finally {
    await input.close()
  }
}

type Content = { readonly sha256: Sha256; readonly sizeBytes: number }

/** A delivery as it is read, and what names its content: for a file that is known at its end alone. */
type Input = {
  readonly rows: (layout: Layout) => AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>
  /** Undefined where the file is not the one that was stated. */
  readonly finish: () => Promise<Content | undefined>
  readonly close: () => Promise<void>
}

// What the id names. `sentAt` is no part of it: a retry carries a new one
function openInput(delivery: Delivery): Input {
  const { layout } = delivery.head
  const nameOf = (digest: Sha256) => sha256(`${layout}\n${digest}`)
  if ('file' in delivery) {
    const { format, bytes, sha256: stated } = delivery.file
    const content = openContent(bytes)
    return {
      rows: (layout) => readFile(layout, { format, bytes: content.bytes }),
      async finish() {
        const { sha256: digest, sizeBytes } = await content.finish()
        return stated === undefined || stated === digest ? { sha256: nameOf(digest), sizeBytes } : undefined
      },
      close: content.close,
    }
  }
  const { records } = delivery.head
  return {
    rows: (layout) => [readRecords(layout, records)],
    async finish() {
      const text = JSON.stringify(records)
      return { sha256: nameOf(sha256(text)), sizeBytes: Buffer.byteLength(text) }
    },
    close: async () => undefined,
  }
}

async function receiveInput(world: ReceivingWorld, delivery: Delivery, input: Input): Promise<Received> {
  const { authority, head } = delivery
  const receipt = await findReceipt(world.store, authority.code, head.submissionId)
  // Under an id that is taken nothing is read, only measured
  const reading = receipt === undefined ? await readInput(world, delivery, input) : undefined
  const content = await input.finish()
  if (content === undefined) return { outcome: 'changed' }
  if (receipt !== undefined) {
    return { outcome: receipt.sha256 === content.sha256 ? 'repeated' : 'reused', receipt }
  }
  const draft = { ...draftHead(world, delivery, content), ...(reading as Reading) }
  await world.queues.inbox.send([draft])
  return { outcome: 'received', draft }
}

type Reading = Pick<
  Draft,
  'received' | 'accepted' | 'repeated' | 'refused' | 'unresolved' | 'parts' | 'outcomes' | 'refusal'
>

function draftHead(
  world: ReceivingWorld,
  { authority, head }: Delivery,
  content: Content,
): Omit<Draft, keyof Reading> {
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

async function readInput(world: ReceivingWorld, delivery: Delivery, input: Input): Promise<Reading> {
  const layout = findLayout(delivery.head.layout)
  if (layout === undefined) return refusedWhole('LAYOUT_UNKNOWN', '/layout')
  const refusal = checkHead(world, delivery, layout)
  if (refusal !== undefined) return refusedWhole(refusal.code, refusal.path)
  const context = { layout, authority: delivery.authority.code, policy: world.settings.policy }
  try {
    const reading = await archiveRows(world, input.rows(layout), context)
    return reading.received === 0 ? refusedWhole('SUBMISSION_EMPTY', '') : reading
  } catch (fault) {
    if (fault instanceof FileRefused) return refusedWhole(fault.code, fault.path)
    throw fault
  }
}

function checkHead(
  world: ReceivingWorld,
  { authority, head }: Delivery,
  layout: Layout,
): Refusal | undefined {
  const admitted = findAuthority(world.settings, authority.code)?.recordTypes ?? []
  if (!admitted.includes(layout.recordType)) return { code: 'RECORD_TYPE_NOT_ADMITTED', path: '/layout' }
  // As numbers: the year 10000, which an offset can reach, sorts before ours as text
  const latestMs = Date.parse(world.now()) + world.settings.policy.clockSkewSeconds * 1_000
  return Date.parse(head.sentAt) > latestMs ? { code: 'SENT_AT_IN_FUTURE', path: '/sentAt' } : undefined
}

function refusedWhole(code: Refusal['code'], path: string): Reading {
  const none = { received: 0, accepted: 0, repeated: 0, refused: 0, unresolved: 0 }
  return { ...none, parts: [], refusal: { code, path, reason: refusalReasons[code] } }
}

async function archiveRows(
  { objects }: Pick<World, 'objects'>,
  batches: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  context: RowContext,
): Promise<Reading> {
  const reader = openReader(context)
  const list = openOutcomes()
  const parts: PartReference[] = []
  const outcomes: OutcomesReference[] = []
  const putPart = async () => {
    const part = reader.takePart()
    if (part === undefined) return
    await objects.put(partKey(part.reference.sha256), part.body, 'absent')
    parts.push(part.reference)
  }
  const putOutcomes = async () => {
    const chunk = list.take()
    if (chunk === undefined) return
    await objects.put(outcomesKey(chunk.reference.sha256), chunk.body, 'absent')
    outcomes.push(chunk.reference)
  }
  for await (const rows of batches) {
    for (const row of rows) {
      list.add(reader.read(row))
      if (reader.isFull()) await putPart()
    }
    if (list.isFull()) await putOutcomes()
  }
  await putPart()
  await putOutcomes()
  return { ...list.counts, parts, outcomes }
}

import { type Sha256, sha256 } from '../base/digest.ts'
import { chinaDate, type Instant } from '../base/instant.ts'
import type { World } from '../ports.ts'
import { putContent } from '../records/content-addressed.ts'
import { encodePart, type PartReference, partKey } from '../records/part.ts'
import { type Authority, findAuthority } from '../settings.ts'
import { type Draft, draftHead, isOfReceipt, refusedDraft } from './accept.ts'
import { contentSha256, type Envelope, type SubmissionHead } from './envelope.ts'
import { checkFileName } from './file-name.ts'
import { FileRefused } from './formats/format.ts'
import type { SentFile } from './formats/registry.ts'
import type { Layout } from './layouts/layout.ts'
import { findLayout } from './layouts/registry.ts'
import { findMendedPlaces } from './mended-places.ts'
import { meterBytes } from './metered-bytes.ts'
import type { RowContext } from './minimise.ts'
import {
  type Counts,
  type OutcomeList,
  type OutcomesReference,
  openOutcomes,
  outcomesKey,
} from './outcomes.ts'
import { findReceipt, type Receipt } from './receipt.ts'
import { openReader } from './record-reader.ts'
import type { Refusal } from './refusal.ts'
import { envelopeRows, fileRows, type Row } from './rows.ts'
import { checkContent, checkSender, type Sending } from './sender.ts'

type DraftingWorld = Pick<World, 'store' | 'objects' | 'now' | 'settings'>

/** What came through a door, which is what says whose it is. */
export type Delivery = { readonly authority: Authority } & (
  | { readonly head: SubmissionHead; readonly file: DeliveredFile }
  | { readonly head: Envelope }
)

export type DeliveredFile = SentFile & {
  /** The SHA-256 of its bytes, where the sender stated it. */
  readonly sha256?: string | undefined
  readonly signature?: string | undefined
}

export type Received =
  /** Durable in the inbox; the receipt follows. */
  { readonly outcome: 'received'; readonly draft: Draft } | NotDrafted

export type Drafted =
  /** Archived, and so far in no queue. */
  { readonly outcome: 'drafted'; readonly draft: Draft } | NotDrafted

type NotDrafted =
  /** This content was received under this id before. */
  | { readonly outcome: 'repeated'; readonly receipt: Receipt }
  | { readonly outcome: 'reused'; readonly receipt: Receipt }
  /** Sent ahead of our clock. Nothing is kept: the id is free, and the same content may come again. */
  | { readonly outcome: 'early' }
  /** Its sender is suspended, or the signature does not hold. As little is kept: it is no word of the authority's. */
  | { readonly outcome: 'denied'; readonly refusal: Refusal }
  /** Not the file that was stated, or larger than one may be; neither is received. */
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'too-large' }

/** Why nothing of a submission is kept under its id, for the doors to tell. */
export const notTaken = {
  reused: { code: 'SUBMISSION_ID_REUSED', path: '/submissionId' },
  early: { code: 'SENT_AT_IN_FUTURE', path: '/sentAt' },
  changed: { code: 'OBJECT_CHANGED', path: '/object' },
  'too-large': { code: 'OBJECT_TOO_LARGE', path: '/object' },
} as const satisfies Record<string, Refusal>

/** Takes a submission in: drafts its receipt, and puts the draft into the inbox. */
export async function receiveSubmission(
  world: DraftingWorld & Pick<World, 'queues'>,
  delivery: Delivery,
): Promise<Received> {
  const drafted = await draftSubmission(world, delivery)
  if (drafted.outcome !== 'drafted') return drafted
  await world.queues.inbox.send([drafted.draft])
  return { outcome: 'received', draft: drafted.draft }
}

/**
 * Reads and minimises a submission here, before anything of it is stored, archives what is left as it goes, and drafts
 * its receipt. A crash before the draft is durable, like the refusal of a file halfway, leaves objects nobody refers to.
 * They stay: parts are named by their content, and may be another submission's by now.
 */
export async function draftSubmission(world: DraftingWorld, delivery: Delivery): Promise<Drafted> {
  const input = openInput(delivery)
  try {
    return await draftInput(world, delivery, input)
  } catch (fault) {
    if (fault instanceof FileRefused && fault.refusal.code === 'OBJECT_TOO_LARGE')
      return { outcome: 'too-large' }
    throw fault
  } finally {
    await input.close()
  }
}

type ContentDigest = { readonly sha256: Sha256; readonly sizeBytes: number }

/** A delivery as it is read, and what names its content: for a file that is known at its end alone. */
type Input = {
  readonly rows: (layout: Layout) => AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>
  /** The hash that a receipt would state, as far as it is known before anything is read. */
  readonly stated: () => Sha256 | undefined
  /** Undefined where the file is not the one that was stated. */
  readonly finish: () => Promise<ContentDigest | undefined>
  readonly close: () => Promise<void>
}

function openInput(delivery: Delivery): Input {
  const { layout } = delivery.head
  if ('file' in delivery) {
    const { format, bytes, sha256: stated } = delivery.file
    const content = meterBytes(bytes)
    return {
      rows: (layout) => fileRows(layout, { format, bytes: content.bytes }),
      stated: () => (stated === undefined ? undefined : contentSha256(layout, stated)),
      async finish() {
        const { sha256: digest, sizeBytes } = await content.finish()
        return stated === undefined || stated === digest
          ? { sha256: contentSha256(layout, digest), sizeBytes }
          : undefined
      },
      close: content.close,
    }
  }
  const { records } = delivery.head
  const measure = () => {
    const text = JSON.stringify(records)
    return { sha256: contentSha256(layout, sha256(text)), sizeBytes: Buffer.byteLength(text) }
  }
  return {
    rows: (layout) => [envelopeRows(layout, records)],
    stated: () => measure().sha256,
    finish: async () => measure(),
    close: async () => undefined,
  }
}

async function draftInput(world: DraftingWorld, delivery: Delivery, input: Input): Promise<Drafted> {
  const receivedAt = world.now()
  const receipt = await findReceipt(world.store, delivery.authority.code, delivery.head.submissionId)
  if (receipt !== undefined) {
    // Under an id that is taken nothing is read, only measured
    const content = await input.finish()
    if (content === undefined) return { outcome: 'changed' }
    const same = { ...content, mends: delivery.head.mends }
    return { outcome: isOfReceipt(same, receipt) ? 'repeated' : 'reused', receipt }
  }
  if (isEarly(world, delivery.head)) return { outcome: 'early' }
  const sender = await checkSender(world, sendingOf(delivery))
  if ('refusal' in sender) return { outcome: 'denied', refusal: sender.refusal }
  const early = checkContent(sender, input.stated)
  if (early !== undefined) return { outcome: 'denied', refusal: early }
  const reading = await readInput(world, delivery, { input, receivedAt })
  const content = await input.finish()
  if (content === undefined) return { outcome: 'changed' }
  // A body may take minutes to come, and its authority be suspended meanwhile, or its key end
  const still = 'file' in delivery ? await checkSender(world, sendingOf(delivery)) : sender
  if ('refusal' in still) return { outcome: 'denied', refusal: still.refusal }
  const late = checkContent(still, () => content.sha256)
  if (late !== undefined) return { outcome: 'denied', refusal: late }
  const { authority, head: said } = delivery
  const head = draftHead({ authority, ...said, ...content, receivedAt, policy: world.settings.policy })
  const draft = 'refusal' in reading ? refusedDraft(head, reading.refusal) : { ...head, ...reading }
  return { outcome: 'drafted', draft }
}

function sendingOf(delivery: Delivery): Sending {
  const { authority, head } = delivery
  return {
    authority,
    head,
    signature: 'file' in delivery ? delivery.file.signature : delivery.head.signature,
  }
}

/** What the records came to, or why the whole is refused. */
type Reading =
  | (Counts &
      Pick<Draft, 'recordsRoot' | 'refusals' | 'mends'> & {
        parts: PartReference[]
        outcomes: OutcomesReference[]
      })
  | { readonly refusal: Refusal }

async function readInput(
  world: DraftingWorld,
  delivery: Delivery,
  { input, receivedAt }: { readonly input: Input; readonly receivedAt: Instant },
): Promise<Reading> {
  const layout = findLayout(delivery.head.layout)
  if (layout === undefined) return { refusal: { code: 'LAYOUT_UNKNOWN', path: '/layout' } }
  // Most are called after their file
  const named = checkFileName(delivery.head.submissionId)
  if (named !== undefined) return { refusal: { ...named, path: '/submissionId' } }
  const today = chinaDate(receivedAt)
  const refusal = checkAdmitted(world, delivery.authority, layout)
  if (refusal !== undefined) return { refusal }
  const { code: authority } = delivery.authority
  const { mends } = delivery.head
  const mended = mends && (await findMendedPlaces(world, { authority, mends, layout: layout.name, today }))
  if (mended !== undefined && 'refusal' in mended) return mended
  const { policy } = world.settings
  try {
    const reading = await archiveRows(world, input.rows(layout), { layout, authority, policy, today })
    if (mended === undefined || 'refusal' in reading) return reading
    const differs = mended.checkCount(reading.received)
    return differs === undefined ? { ...reading, mends: mended.mends } : { refusal: differs }
  } catch (fault) {
    if (fault instanceof FileRefused) return { refusal: fault.refusal }
    throw fault
  }
}

/** Whether it says it was sent later than our clock is, by more than the policy grants. */
export function isEarly(
  { now, settings }: Pick<World, 'now' | 'settings'>,
  { sentAt }: Pick<SubmissionHead, 'sentAt'>,
): boolean {
  // As numbers: the year 10000, which an offset can reach, sorts before ours as text
  return Date.parse(sentAt) > Date.parse(now()) + settings.policy.clockSkewSeconds * 1_000
}

/** Whether an authority may send what is in a layout. */
export function checkAdmitted(
  { settings }: Pick<World, 'settings'>,
  { code }: Authority,
  { recordType }: Layout,
): Refusal | undefined {
  const admitted = findAuthority(settings, code)?.recordTypes ?? []
  return admitted.includes(recordType) ? undefined : refuse('RECORD_TYPE_NOT_ADMITTED', '/layout')
}

function refuse(code: Refusal['code'], path: string): Refusal {
  return { code, path }
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
    const records = reader.takePart()
    if (records === undefined) return
    const { reference, body } = encodePart(records)
    await putContent(objects, partKey(reference.sha256), body)
    parts.push(reference)
  }
  const putOutcomes = async () => {
    const chunk = list.take()
    if (chunk === undefined) return
    await putContent(objects, outcomesKey(chunk.reference.sha256), chunk.body)
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
  return list.counts.received === 0
    ? { refusal: refuse('SUBMISSION_EMPTY', '') }
    : { ...list.counts, ...refusalsOf(list), recordsRoot: reader.recordsRoot(), parts, outcomes }
}

function refusalsOf({ counts, refusals }: OutcomeList): Pick<Draft, 'refusals'> {
  return counts.refused === 0 ? {} : { refusals: { ...refusals } }
}

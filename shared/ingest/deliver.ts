import { canonicalJson } from '../base/canonical.ts'
import { type Sha256, sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import { findEvidence } from '../ledger/evidence.ts'
import { findSealedEntry, type SealedEntry } from '../ledger/sealed.ts'
import type { Key, ObjectKey, Objects, World } from '../ports.ts'
import { applyEntry, type Share } from '../records/apply.ts'
import { ERASURE_ENTRY, REFUSED_ENTRY, SUBMISSION_ENTRY } from '../records/entry.ts'
import { padEntry } from '../records/keys.ts'
import { findAuthority } from '../settings.ts'
import { parseEntryId } from './accept.ts'
import { deliveredReceipt, type ProvenReceipt } from './delivered-receipt.ts'
import { findReceipt, type Receipt } from './receipt.ts'

/** What an authority's reply queue is told: that a receipt is there, whole, and what it came to. */
export type Reply = Pick<
  Receipt,
  | 'schemaVersion'
  | 'authority'
  | 'submissionId'
  | 'sha256'
  | 'received'
  | 'accepted'
  | 'repeated'
  | 'refused'
  | 'unresolved'
> & {
  /** The code, where the whole is refused. */
  readonly refusal?: string
  /** The number of its entry. */
  readonly entry: number
  /** The delivered receipt: its object's name, and the SHA-256 of its bytes. */
  readonly receipt: { readonly key: string; readonly sha256: string }
}

/** Puts a reply into the reply queue of an authority that has one, at least once. */
export type SendReply = (replyQueueArn: string, reply: Reply) => Promise<void>

export type CarryingOut = Pick<Share, 'handOn'> & { readonly sendReply?: SendReply }

type DeliveringWorld = Pick<World, 'store' | 'objects' | 'settings'>

/**
 * Applies a sealed entry and delivers the receipt that it proves. Both are tried whatever comes of the other: an
 * authority has its receipt though its records wait, and a reply that cannot be sent holds up no record. Repeatable.
 * Throws what either throws.
 */
export async function carryOutEntry(
  world: DeliveringWorld,
  number: number,
  { sendReply, handOn }: CarryingOut = {},
): Promise<void> {
  const tried = [applyEntry(world, number, handOn && { handOn }), deliverReceipt(world, number, sendReply)]
  for (const each of await Promise.allSettled(tried)) if (each.status === 'rejected') throw each.reason
}

/**
 * Puts the receipt of a sealed submission, with its proof, where its authority finds it, and tells its reply queue.
 * The object comes first and the mark last: after a crash between, the reply goes out again, word for word. A whole
 * erasure takes the delivered receipt away, which shows what was erased. Entries of other kinds ask for nothing.
 */
async function deliverReceipt(
  world: DeliveringWorld,
  number: number,
  sendReply: SendReply | undefined,
): Promise<void> {
  const entry = await findSealedEntry(world.store, number)
  if (entry?.kind === ERASURE_ENTRY) return removeErased(world.objects, entry.payload as ErasurePayload)
  const isSubmission = entry?.kind === SUBMISSION_ENTRY || entry?.kind === REFUSED_ENTRY
  // What is erased by now proves nothing any more
  if (!isSubmission || entry.payload === null) return
  const proven = await proveReceipt(world, entry)
  const body = Buffer.from(canonicalJson(deliveredReceipt(proven)))
  await world.objects.put(receiptKey(proven.receipt), body, 'absent')
  if (sendReply !== undefined) await replyOnce(world, { proven, digest: sha256(body) }, sendReply)
}

/** Against the checkpoint that the entry's batch was sealed under: the bytes are the same whenever they are made. */
async function proveReceipt(
  { store, objects }: DeliveringWorld,
  { id, treeSize }: SealedEntry,
): Promise<ProvenReceipt> {
  const named = parseEntryId(id)
  const receipt = named && (await findReceipt(store, named.authority, named.submissionId))
  const evidence = await findEvidence({ store, objects }, id, treeSize)
  if (receipt !== undefined && evidence !== undefined && evidence !== 'pending') return { receipt, evidence }
  throw new Failure('RECEIPT_UNPROVEN', { retryable: true })
}

type Delivered = { readonly proven: ProvenReceipt; readonly digest: Sha256 }

async function replyOnce(
  { store, settings }: DeliveringWorld,
  { proven: { receipt, evidence }, digest }: Delivered,
  sendReply: SendReply,
): Promise<void> {
  const queue = findAuthority(settings, receipt.authority)?.replyQueueArn
  if (queue === undefined) return
  // Or an entry that is tried again and again would tell its authority each time
  const key = repliedKey(evidence.number)
  if ((await store.find(key)) !== undefined) return
  await sendReply(queue, replyOf(receipt, { entry: evidence.number, sha256: digest }))
  await store.add([{ key, value: digest, mark: 'replied' }])
}

function replyOf(receipt: Receipt, { entry, sha256 }: { entry: number; sha256: Sha256 }): Reply {
  const { schemaVersion, authority, submissionId, refusal } = receipt
  const { received, accepted, repeated, refused, unresolved } = receipt
  const { area, path } = receiptKey(receipt)
  return {
    ...{ schemaVersion, authority, submissionId, sha256: receipt.sha256 },
    ...{ received, accepted, repeated, refused, unresolved },
    ...(refusal && { refusal: refusal.code }),
    ...{ entry, receipt: { key: `${area}/${path}`, sha256 } },
  }
}

type ErasurePayload = { readonly entry: string; readonly whole: boolean }

async function removeErased(objects: Objects, { entry, whole }: ErasurePayload): Promise<void> {
  const named = whole ? parseEntryId(entry) : undefined
  if (named !== undefined) await objects.remove(receiptKey(named))
}

/** Where a delivered receipt lies. */
function receiptKey({ authority, submissionId }: Pick<Receipt, 'authority' | 'submissionId'>): ObjectKey {
  return { area: 'receipts', path: `${authority}/${submissionId}.json` }
}

function repliedKey(number: number): Key {
  return { table: 'ledger', partition: `replied#${padEntry(number)}`, sort: 'replied' }
}

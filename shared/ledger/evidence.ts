import { z } from 'zod'
import type { Json } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import type { Store, World } from '../ports.ts'
import { type OpenedCheckpoint, parseCheckpoint, type Trust } from './checkpoint.ts'
import { parseBase64 } from './encoding.ts'
import { proveInclusion } from './inclusion.ts'
import { formatLeaf, isCommittedTo } from './leaf.ts'
import { archivedCheckpointPath, CHECKPOINT_PATH, logKey, readTile } from './log.ts'
import { parseNote } from './note.ts'
import { entryKey } from './outbox.ts'
import { formatProof, verifyProof } from './proof.ts'
import { type Refusal, refuse } from './refusal.ts'
import { findSealedReference } from './sealed.ts'
import { hashReader } from './tile.ts'

export const evidenceSchema = z.strictObject({
  id: z.string(),
  kind: z.string(),
  at: z.string(),
  number: z.int().min(0),
  sealedAt: z.string(),
  /** The public leaf, as the log has it. */
  leaf: z.string(),
  /** What the leaf commits to; absent once it was erased. */
  opening: z.strictObject({ payload: z.unknown(), salt: z.string() }).optional(),
  /** A tlog-proof (c2sp.org/tlog-proof@v1) of the leaf in the log. */
  proof: z.string(),
})
/** One entry with all it takes to prove it to somebody who trusts neither us nor where we run. */
export type Evidence = z.infer<typeof evidenceSchema>

type EvidenceWorld = Pick<World, 'store' | 'objects'>

/**
 * The evidence of an entry; undefined where there is no such entry, 'pending' until a published checkpoint covers it.
 * Against the newest checkpoint, or that of a tree of the size given.
 * Throws `LEDGER_FILE_MISSING` and `CHECKPOINT_UNREADABLE`.
 */
export async function findEvidence(
  { store, objects }: EvidenceWorld,
  id: string,
  treeSize?: number,
): Promise<Evidence | 'pending' | undefined> {
  const stored = await findEntry(store, id)
  if (stored === undefined) return undefined
  const reference = await findSealedReference(store, id)
  const path = treeSize === undefined ? CHECKPOINT_PATH : archivedCheckpointPath(treeSize)
  const checkpoint = await objects.find(logKey(path))
  if (reference === undefined || checkpoint === undefined) return 'pending'
  const size = sizeIn(checkpoint.body)
  if (size <= reference.number) return 'pending'
  const { number, sealedAt, kind, at } = reference
  const read = hashReader(size, async (tiles) =>
    Promise.all(tiles.map(async (tile) => (await readTile(objects, tile)).body)),
  )
  const siblings = await proveInclusion(read, { index: number, size })
  const proof = formatProof({ index: number, path: siblings, checkpoint: checkpoint.body })
  const { opening } = stored
  return {
    ...{ id, kind, at, number, sealedAt },
    leaf: textOf(formatLeaf(Buffer.from(reference.commitment, 'base64'))),
    ...(opening !== undefined && { opening }),
    proof: textOf(proof),
  }
}

async function findEntry(store: Store, id: string): Promise<Pick<Evidence, 'opening'> | undefined> {
  const item = await store.find(entryKey(id))
  if (item === undefined) return undefined
  const { payload, salt } = item.value as Partial<NonNullable<Evidence['opening']>>
  return payload === undefined || salt === undefined ? {} : { opening: { payload, salt } }
}

function sizeIn(checkpoint: Uint8Array): number {
  const note = parseNote(checkpoint)
  const read = note.outcome === 'parsed' ? parseCheckpoint(note.note.text) : note
  if (read.outcome === 'refused') throw new Failure('CHECKPOINT_UNREADABLE', { retryable: false })
  return read.checkpoint.size
}

export type Verified = Pick<OpenedCheckpoint, 'checkpoint' | 'seen'> & {
  readonly outcome: 'verified'
  readonly number: number
  /** Whether what the leaf commits to was shown as well, and is what it commits to. */
  readonly opened: boolean
}

/**
 * Verifies evidence with nothing but whom to trust: the leaf is in the log, at the number stated, and commits to the
 * payload. Refuses as `verifyProof` does, and with `NUMBER_WRONG` or `OPENING_WRONG`.
 */
export function verifyEvidence(evidence: Evidence, trust: Trust): Verified | Refusal {
  const leaf = Buffer.from(evidence.leaf)
  const proven = verifyProof(Buffer.from(evidence.proof), leaf, trust)
  if (proven.outcome === 'refused') return proven
  if (proven.index !== evidence.number) return refuse('NUMBER_WRONG')
  const { opening } = evidence
  const salt = opening === undefined ? undefined : parseBase64(opening.salt)
  if (opening !== undefined) {
    const { id, kind, at } = evidence
    const payload = { id, kind, at, payload: opening.payload as Json }
    const holds = salt !== undefined && isCommittedTo(leaf, { salt, payload })
    if (!holds) return refuse('OPENING_WRONG')
  }
  const { checkpoint, seen, index } = proven
  return { outcome: 'verified', number: index, checkpoint, seen, opened: opening !== undefined }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

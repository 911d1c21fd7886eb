import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import type { EcdsaSigner, Item, Key, World } from '../ports.ts'
import { type Batch, batchName, firstOf, type Numbered, planBatch, readBatch, stageBatch } from './batch.ts'
import { growLog, type LogGrowth, publishCheckpoint, putFiles, type Signing, sweepPartials } from './log.ts'
import { isSameHash } from './merkle.ts'
import { pendingShard } from './outbox.ts'
import {
  findHead,
  HEAD_KEY,
  type Head,
  numberKey,
  rootIn,
  type SealedReference,
  sealedKey,
} from './sealed.ts'

/** What sealing asks of the world; the signers are the ledger's own. */
export type SealingWorld = Pick<World, 'store' | 'objects' | 'queues' | 'signer' | 'now' | 'settings'> & {
  readonly secondSigner?: EcdsaSigner
}

/** Most entries numbered at once. */
const BATCH_LIMIT = 5_000

/**
 * Numbers what waits in the outbox, lets the public log grow by it, and tells the appliers. Safe with several sealers
 * at once and with a crash after any write; answers how many entries it numbered (0: nothing waited, or another sealer
 * was first).
 *
 * The order is what makes it safe: head before outbox (an entry seen as pending under this head has no number
 * yet), staged before swapped (a numbered batch can always be read), swapped before anything of it is shown (only one
 * batch can follow a head, so only one is ever signed), outbox cleared before the head is idle again (no entry is
 * numbered twice).
 *
 * Throws `BATCH_MISSING` or `BATCH_CORRUPT`, with its name, where a numbered batch can be had neither from where it was
 * staged nor from the outbox; `SECOND_SIGNER_MISSING` where the settings want one that is not there.
 */
export async function sealPending(world: SealingWorld): Promise<number> {
  const signing = signingOf(world)
  const { head, revision } = await findHead(world.store)
  if (head.phase === 'committed') {
    await finish(world, { head, revision, signing })
    return sealPending(world)
  }
  const outboxShards = Math.max(head.outboxShards, world.settings.ledger.outboxShards)
  const pending = await firstPending(world, outboxShards)
  if (pending.length === 0) return 0
  const sealedAt = laterOf(world.now(), head.sealedAt)
  const batch = planBatch(pending, { first: head.size, sealedAt })
  const growth = await growLog(
    world.objects,
    { size: head.size, root: rootIn(head) },
    batch.map(commitmentIn),
  )
  const next: Head = {
    size: growth.size,
    root: Buffer.from(growth.root).toString('base64'),
    sealedAt,
    phase: 'committed',
    batch: await stageBatch(world.objects, batch),
    outboxShards,
  }
  const when = revision === 0 ? ('absent' as const) : { revision }
  if (!(await world.store.swap({ key: HEAD_KEY, value: next, when }))) return 0
  await finish(world, { head: next, revision: revision + 1, signing, known: { batch, growth } })
  return batch.length
}

function laterOf(now: Instant, before: Instant): Instant {
  return now > before ? now : before
}

/** Of each partition as many as one batch takes, so that the first of all are among them whichever they are in. */
async function firstPending(world: SealingWorld, outboxShards: number): Promise<readonly Item[]> {
  const items: Item[] = []
  for (let shard = 0; shard < outboxShards; shard++) {
    let listed = 0
    for await (const item of world.store.list(pendingShard(shard))) {
      items.push(item)
      if (++listed === BATCH_LIMIT) break
    }
  }
  return items.sort((left, right) => compareUtf8(left.key.sort, right.key.sort)).slice(0, BATCH_LIMIT)
}

/** A batch, and how the log grows by it. */
type Numbering = { readonly batch: Batch; readonly growth: LogGrowth }

type Committed = {
  readonly head: Head
  readonly revision: number
  readonly signing: Signing
  /** As whoever committed it has them at hand; worked out again from what is staged by whoever comes after a crash. */
  readonly known?: Numbering
}

async function finish(world: SealingWorld, { head, revision, signing, known }: Committed): Promise<void> {
  const { batch, growth } = known ?? (await readCommitted(world, head))
  await putFiles(world.objects, growth.files)
  await publishCheckpoint(world.objects, growth, signing)
  await world.store.add(batch.flatMap((each) => indexAdditions(each, head.size)))
  await world.queues.sealed.send(batch.map(({ number }) => ({ number })))
  await world.store.remove(batch.map(pendingKeyOf))
  await sweepPartials(world.objects, growth)
  await world.store.swap({ key: HEAD_KEY, value: { ...head, phase: 'idle' }, when: { revision } })
}

function signingOf({ settings, signer, secondSigner }: SealingWorld): Signing {
  const { origin, secondSigner: wanted } = settings.ledger
  if (wanted === 'none') return { origin, signer }
  if (secondSigner === undefined) throw new Failure('SECOND_SIGNER_MISSING', { retryable: false })
  return { origin, signer, secondSigner }
}

function indexAdditions({ pending: _, ...numbered }: Numbered, treeSize: number) {
  const value = { ...numbered, treeSize }
  return [
    { key: sealedKey(value.number), value, mark: 'sealed' },
    { key: numberKey(value.id), value, mark: 'sealed' },
  ]
}

function pendingKeyOf({ pending, at, id }: Numbered): Key {
  return { table: 'ledger', partition: pending, sort: `${at}#${id}` }
}

function commitmentIn({ commitment }: SealedReference): Uint8Array {
  return Buffer.from(commitment, 'base64')
}

async function readCommitted(world: SealingWorld, head: Head): Promise<Numbering> {
  const staged = await readBatch(world.objects, head.batch)
  const batch = typeof staged === 'string' ? await stageAgain(world, head, staged) : staged
  const growth = await growLog(world.objects, { size: head.size - batch.length }, batch.map(commitmentIn))
  if (isSameHash(growth.root, rootIn(head))) return { batch, growth }
  throw new Failure('LEDGER_ROOT_DIFFERS', { retryable: false, facts: { size: head.size } })
}

/**
 * All of a batch waits in the outbox until it is finished, and its name tells whether what waits there first is the
 * very batch. Once others have come in between it is not, and nobody may number anything else in its place.
 */
async function stageAgain(world: SealingWorld, head: Head, fault: 'missing' | 'corrupt'): Promise<Batch> {
  const first = firstOf(head.batch)
  const pending = await firstPending(world, head.outboxShards)
  const batch = planBatch(pending.slice(0, head.size - first), { first, sealedAt: head.sealedAt })
  if (batchName(batch) !== head.batch) {
    const facts = { size: head.size, batch: head.batch }
    throw new Failure(fault === 'missing' ? 'BATCH_MISSING' : 'BATCH_CORRUPT', { retryable: false, facts })
  }
  // Before anything is cleared from the outbox: a crash after that would leave it nowhere
  await stageBatch(world.objects, batch)
  return batch
}

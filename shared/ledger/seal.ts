import { canonicalJson } from '../base/canonical.ts'
import { sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import type { Item, Key, ObjectKey, World } from '../ports.ts'
import { growLog, type LogGrowth, publishCheckpoint, putFiles, sweepPartials } from './log.ts'
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

/** What sealing asks of the world; `signer` is the ledger's own. */
export type SealingWorld = Pick<World, 'store' | 'objects' | 'queues' | 'signer' | 'now' | 'settings'>

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
 */
export async function sealPending(world: SealingWorld): Promise<number> {
  const { head, revision } = await findHead(world.store)
  if (head.phase === 'committed') {
    await finish(world, { head, revision })
    return sealPending(world)
  }
  const outboxShards = Math.max(head.outboxShards, world.settings.ledger.outboxShards)
  const pending = await listPending(world, outboxShards)
  const batch = planBatch(head, pending, world.now())
  const last = batch.at(-1)
  if (last === undefined) return 0
  const growth = await growLog(
    world.objects,
    { size: head.size, root: rootIn(head) },
    batch.map(commitmentIn),
  )
  const next: Head = {
    size: growth.size,
    root: Buffer.from(growth.root).toString('base64'),
    sealedAt: last.sealedAt,
    phase: 'committed',
    batch: await stage(world, batch),
    outboxShards,
  }
  const when = revision === 0 ? ('absent' as const) : { revision }
  if (!(await world.store.swap({ key: HEAD_KEY, value: next, when }))) return 0
  await finish(world, { head: next, revision: revision + 1, known: { batch, growth } })
  return batch.length
}

/** Of each partition as many as one batch takes, so that the first of all are among them whichever they are in. */
async function listPending(world: SealingWorld, outboxShards: number): Promise<readonly Item[]> {
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

/** An entry with its number, and where in the outbox it waited. */
type Numbered = SealedReference & { readonly pending: string }

function planBatch(head: Head, pending: readonly Item[], now: Instant): readonly Numbered[] {
  const sealedAt = now > head.sealedAt ? now : head.sealedAt
  return pending.map((item, index) => {
    const { id, kind, at, commitment } = item.value as Omit<SealedReference, 'number' | 'sealedAt'>
    return { number: head.size + index, id, kind, at, sealedAt, commitment, pending: item.key.partition }
  })
}

function commitmentIn({ commitment }: SealedReference): Uint8Array {
  return Buffer.from(commitment, 'base64')
}

// Named by content: two sealers that stage different batches cannot overwrite each other
async function stage(world: SealingWorld, batch: readonly Numbered[]): Promise<string> {
  const text = canonicalJson(batch)
  const path = `${String(batch[0]?.number).padStart(12, '0')}-${sha256(text)}.json`
  await world.objects.put(batchKey(path), Buffer.from(text), 'absent')
  return path
}

type Committed = {
  readonly head: Head
  readonly revision: number
  /** As whoever committed it has them at hand; worked out again from what is staged by whoever comes after a crash. */
  readonly known?: { readonly batch: readonly Numbered[]; readonly growth: LogGrowth }
}

async function finish(world: SealingWorld, { head, revision, known }: Committed): Promise<void> {
  const { batch, growth } = known ?? (await readCommitted(world, head))
  await putFiles(world.objects, growth.files)
  const { origin } = world.settings.ledger
  await publishCheckpoint(world.objects, growth, { origin, signer: world.signer })
  await world.store.add(batch.flatMap(indexAdditions))
  await world.queues.sealed.send(batch.map(({ number }) => ({ number })))
  await world.store.remove(batch.map(pendingKeyOf))
  await sweepPartials(world.objects, growth)
  await world.store.swap({ key: HEAD_KEY, value: { ...head, phase: 'idle' }, when: { revision } })
}

function indexAdditions({ pending: _, ...entry }: Numbered) {
  return [
    { key: sealedKey(entry.number), value: entry, mark: 'sealed' },
    { key: numberKey(entry.id), value: entry, mark: 'sealed' },
  ]
}

function pendingKeyOf({ pending, at, id }: Numbered): Key {
  return { table: 'ledger', partition: pending, sort: `${at}#${id}` }
}

async function readCommitted(
  world: SealingWorld,
  head: Head,
): Promise<{ readonly batch: readonly Numbered[]; readonly growth: LogGrowth }> {
  const facts = { size: head.size }
  const staged = await world.objects.find(batchKey(head.batch))
  if (staged === undefined) throw new Failure('BATCH_MISSING', { retryable: false, facts })
  const batch: readonly Numbered[] = JSON.parse(Buffer.from(staged.body).toString('utf8'))
  const growth = await growLog(world.objects, { size: head.size - batch.length }, batch.map(commitmentIn))
  if (!isSameHash(growth.root, rootIn(head))) throw new Failure('BATCH_CORRUPT', { retryable: false, facts })
  return { batch, growth }
}

function batchKey(path: string): ObjectKey {
  return { area: 'batches', path }
}

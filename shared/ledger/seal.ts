import { canonicalJson } from '../base/canonical.ts'
import { sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import type { Item, ObjectKey, World } from '../ports.ts'
import { PENDING, pendingKey } from './outbox.ts'
import { findHead, HEAD_KEY, type Head, numberKey, type SealedReference, sealedKey } from './sealed.ts'

type SealingWorld = Pick<World, 'store' | 'objects' | 'queues' | 'now'>

/** Most entries numbered at once. */
const BATCH_LIMIT = 5_000

/**
 * Numbers what waits in the outbox and tells the appliers. Safe with several sealers at once and with a crash
 * after any write; answers how many entries it numbered (0: nothing waited, or another sealer was first).
 *
 * The order is what makes it safe: head before outbox (an entry seen as pending under this head has no number
 * yet), staged before swapped (a numbered batch can always be read), swapped before finished (only one batch can
 * follow a head), outbox cleared before the head is idle again (no entry is numbered twice).
 */
export async function sealPending(world: SealingWorld): Promise<number> {
  const { head, revision } = await findHead(world.store)
  if (head.phase === 'committed') {
    await finish(world, head, revision)
    return sealPending(world)
  }
  const batch = planBatch(head, await listPending(world), world.now())
  const last = batch.at(-1)
  if (last === undefined) return 0
  const path = await stage(world, batch)
  const next: Head = { size: last.number + 1, sealedAt: last.sealedAt, phase: 'committed', batch: path }
  const when = revision === 0 ? ('absent' as const) : { revision }
  if (!(await world.store.swap({ key: HEAD_KEY, value: next, when }))) return 0
  await finish(world, next, revision + 1)
  return batch.length
}

async function listPending(world: SealingWorld): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of world.store.list(PENDING)) {
    items.push(item)
    if (items.length === BATCH_LIMIT) break
  }
  return items
}

function planBatch(head: Head, pending: readonly Item[], now: Instant): readonly SealedReference[] {
  const sealedAt = now > head.sealedAt ? now : head.sealedAt
  return pending.map((item, index) => {
    const { id, kind, at } = item.value as { id: string; kind: string; at: Instant }
    return { number: head.size + index, id, kind, at, sealedAt }
  })
}

// Named by content: two sealers that stage different batches cannot overwrite each other
async function stage(world: SealingWorld, batch: readonly SealedReference[]): Promise<string> {
  const text = canonicalJson(batch)
  const path = `${String(batch[0]?.number).padStart(12, '0')}-${sha256(text)}.json`
  await world.objects.put(batchKey(path), Buffer.from(text), 'absent')
  return path
}

async function finish(world: SealingWorld, head: Head, revision: number): Promise<void> {
  const batch = await readBatch(world, head)
  const additions = batch.flatMap((entry) => [
    { key: sealedKey(entry.number), value: entry, mark: 'sealed' },
    { key: numberKey(entry.id), value: entry, mark: 'sealed' },
  ])
  await world.store.add(additions)
  await world.queues.sealed.send(batch.map(({ number }) => ({ number })))
  await world.store.remove(batch.map(pendingKey))
  await world.store.swap({ key: HEAD_KEY, value: { ...head, phase: 'idle' }, when: { revision } })
}

async function readBatch(world: SealingWorld, head: Head): Promise<readonly SealedReference[]> {
  const staged = await world.objects.find(batchKey(head.batch))
  if (staged === undefined)
    throw new Failure('BATCH_MISSING', { retryable: false, facts: { size: head.size } })
  return JSON.parse(Buffer.from(staged.body).toString('utf8'))
}

function batchKey(path: string): ObjectKey {
  return { area: 'batches', path }
}

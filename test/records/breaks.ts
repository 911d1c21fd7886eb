import type { Instant } from '../../shared/base/instant.ts'
import { commitDraft } from '../../shared/ingest/accept.ts'
import { receiptSchema } from '../../shared/ingest/receipt.ts'
import { replayBy } from '../../shared/ingest/replay.ts'
import { pendingShard } from '../../shared/ledger/outbox.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findHead, findLedgerSize } from '../../shared/ledger/sealed.ts'
import type { Addition, Item, Key, Range, SealingStore } from '../../shared/ports.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { standingRecords } from '../../shared/records/as-of.ts'
import { parseSightingMark, sightingMark } from '../../shared/records/keys.ts'
import { readPart } from '../../shared/records/part.ts'
import type { Stages } from './schedule.ts'

/** A mistake one could make, the broken stage it makes, and what the checks say of it. */
export type Break = {
  readonly mistake: string
  readonly stages: Partial<Stages>
  readonly caught: RegExp
}

export const breaks: readonly Break[] = [
  {
    mistake: 'a sighting takes the place of the one before it',
    stages: { apply: (world, number) => applyEntry({ ...world, store: overwriting(world.store) }, number) },
    caught: /the watermark runs ahead of/,
  },
  {
    mistake: 'the head is idle before the outbox is cleared',
    stages: { seal: sealBeforeClearing },
    caught: /numbered twice/,
  },
  {
    mistake: 'the outbox is read before the head',
    stages: { seal: sealWhatWasPending },
    caught: /numbered twice/,
  },
  {
    mistake: 'the head moves before the batch is staged',
    stages: { seal: sealBeforeStaging },
    caught: /BATCH_MISSING/,
  },
  {
    mistake: 'a record counts as new when it was not there a moment before',
    stages: {
      apply: (world, number) => applyEntry({ ...world, store: countingAbsence(world.store) }, number),
    },
    caught: /sum of new records/,
  },
  {
    mistake: 'records are applied before their submission is committed',
    stages: { accept: applyBeforeCommit },
    caught: /without its sealed entry/,
  },
  {
    mistake: 'an entry counts as applied before its records are durable',
    stages: { apply: (world, number) => applyEntry({ ...world, store: markingFirst(world.store) }, number) },
    caught: /the watermark runs ahead of|sum of new records/,
  },
  {
    mistake: 'the watermark is what the ledger holds',
    stages: { watermark: findLedgerSize },
    caught: /the watermark runs ahead/,
  },
  {
    mistake: 'what arrives last stands, whenever it was sent',
    stages: { standing: standingByArrival },
    caught: /what stands as of/,
  },
  {
    mistake: 'a withdrawal takes nothing back',
    stages: {
      standing: (items, size) => [
        ...standingRecords(
          items.filter(({ key }) => !isWithdrawal(key)),
          size,
        ),
        ...standingRecords(
          items.filter(({ key }) => isWithdrawal(key)),
          size,
        ),
      ],
    },
    caught: /what stands as of/,
  },
  {
    mistake: 'what was withdrawn never stands again',
    stages: { standing: withdrawnForGood },
    caught: /what stands as of/,
  },
  {
    mistake: 'what a row was before its replay stands beside what it is now',
    stages: {
      standing: (items, size) => standingRecords(items.map(keeping((mark) => !mark.endsWith('-'))), size),
    },
    caught: /what stands as of/,
  },
  {
    mistake: 'what a replay gained does not stand',
    stages: {
      standing: (items, size) => standingRecords(items.map(keeping((mark) => !mark.endsWith('+'))), size),
    },
    caught: /what stands as of/,
  },
  {
    mistake: 'a replay takes the last place in place of its row’s own',
    stages: { standing: standingByReplay },
    caught: /what stands as of/,
  },
  {
    mistake: 'a replay follows none of those before it',
    stages: {
      replay: (world, order, layout) => replayBy({ ...world, store: forgetting(world.store) }, order, layout),
    },
    caught: /what stands as of|sum of new records/,
  },
]

function isWithdrawal({ sort }: Key): boolean {
  return sort.startsWith('withdrawal#')
}

function keeping(wanted: (mark: string) => boolean): (item: Item) => Item {
  return (item) => ({ ...item, marks: item.marks.filter(wanted) })
}

function standingByReplay(items: readonly Item[], size: number): ReturnType<Stages['standing']> {
  const moved = items.map((item) => ({
    ...item,
    marks: item.marks.map((mark) => {
      const { replay, ...seen } = parseSightingMark(mark)
      return replay?.holds ? sightingMark({ ...seen, entry: replay.entry }) : mark
    }),
  }))
  return standingRecords(moved, size)
}

function forgetting(store: SealingStore): SealingStore {
  const isLast = ({ partition }: Key): boolean => partition.startsWith('replay#')
  return {
    ...store,
    find: async (key) => (isLast(key) ? undefined : store.find(key)),
    commit: async (writes, entry) =>
      store.commit(
        writes.filter(({ key }) => !isLast(key)),
        entry,
      ),
  }
}

function withdrawnForGood(items: readonly Item[], size: number): ReturnType<Stages['standing']> {
  const standing = standingRecords(items, size)
  const withdrawn = new Set(
    standing.map(({ record }) =>
      record.type === 'withdrawal' ? `${record.authority} ${record.document}` : '',
    ),
  )
  return standing.filter(
    ({ record }) => !withdrawn.has(`${record.authority} ${record.type} ${record.document}`),
  )
}

function overwriting(store: SealingStore): SealingStore {
  return {
    ...store,
    add: async (additions) => {
      for (const { key, mark } of additions) {
        const marks = (await store.find(key))?.marks ?? []
        if (marks.length > 0 && !marks.includes(mark)) await store.remove([key])
      }
      return store.add(additions)
    },
  }
}

async function sealBeforeClearing(world: Parameters<Stages['seal']>[0]): Promise<number> {
  const cleared: Key[] = []
  const remove = async (keys: readonly Key[]): Promise<void> => void cleared.push(...keys)
  const sealed = await sealPending({ ...world, store: { ...world.store, remove } })
  await world.store.remove(cleared)
  return sealed
}

async function sealWhatWasPending(world: Parameters<Stages['seal']>[0]): Promise<number> {
  const pending = new Map<string, readonly Item[]>()
  for (let shard = 0; shard < 2; shard++) {
    const range = pendingShard(shard)
    pending.set(range.partition, await Array.fromAsync(world.store.list(range)))
  }
  async function* list({ partition }: Range): AsyncGenerator<Item> {
    yield* pending.get(partition) ?? []
  }
  return sealPending({ ...world, store: { ...world.store, list } })
}

async function sealBeforeStaging(world: Parameters<Stages['seal']>[0]): Promise<number> {
  const { head } = await findHead(world.store)
  let stage: (() => Promise<unknown>) | undefined
  const put: typeof world.objects.put = async (...batch) => {
    if (batch[0].area !== 'batches') return world.objects.put(...batch)
    stage = () => world.objects.put(...batch)
    return 'stored'
  }
  const swap: typeof world.store.swap = async (write) => {
    const swapped = await world.store.swap(write)
    await stage?.()
    return swapped
  }
  const deferring = { ...world, store: { ...world.store, swap }, objects: { ...world.objects, put } }
  return sealPending(head.phase === 'idle' ? deferring : world)
}

function countingAbsence(store: SealingStore): SealingStore {
  return {
    ...store,
    add: async (additions) => {
      const absent: boolean[] = []
      for (const { key } of additions) absent.push((await store.find(key)) === undefined)
      await store.add(additions)
      return absent
    },
  }
}

async function applyBeforeCommit(world: Parameters<Stages['accept']>[0], message: unknown) {
  const { parts, sentAt } = receiptSchema.parse(message)
  const entry = await findLedgerSize(world.store)
  for (const part of parts) {
    const records = await readPart((world as Parameters<Stages['apply']>[0]).objects, part as never)
    await world.store.add(
      records.map(({ row, partition, sort, text }) => ({
        key: { table: 'records', partition, sort },
        value: text,
        mark: sightingMark({ entry, row, sentAt: sentAt as Instant }),
      })),
    )
  }
  return commitDraft(world, message)
}

function markingFirst(store: SealingStore): SealingStore {
  const waiting: Addition[] = []
  return {
    ...store,
    add: async (additions) => {
      if (additions.every(({ mark }) => mark !== 'applied')) {
        waiting.push(...additions)
        return additions.map(() => true)
      }
      const marked = await store.add(additions)
      await store.add(waiting)
      return marked
    },
  }
}

function standingByArrival(items: readonly Item[], size: number): ReturnType<Stages['standing']> {
  const sentAt = new Map<string, Instant>()
  const timeless = items.map((item) => ({
    ...item,
    marks: item.marks.map((mark) => {
      const { entry, row, sentAt: sent } = parseSightingMark(mark)
      sentAt.set(`${entry} ${row}`, sent)
      return sightingMark({ entry, row, sentAt: '' as Instant })
    }),
  }))
  return standingRecords(timeless, size).map((each) => {
    const { entry, row } = each.sighting
    return {
      ...each,
      sighting: { ...each.sighting, sentAt: sentAt.get(`${entry} ${row}`) ?? ('' as Instant) },
    }
  })
}

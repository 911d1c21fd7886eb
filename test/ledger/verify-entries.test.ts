import { describe, expect, test } from 'vitest'
import type { Json } from '../../shared/base/canonical.ts'
import { instantOf } from '../../shared/base/instant.ts'
import type { LogState } from '../../shared/ledger/log.ts'
import { emptyRoot } from '../../shared/ledger/merkle.ts'
import { entryKey, listPending } from '../../shared/ledger/outbox.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { HEAD_KEY, numberKey, sealedKey } from '../../shared/ledger/sealed.ts'
import { verifyLog } from '../../shared/ledger/verify.ts'
import { verifyEntries } from '../../shared/ledger/verify-entries.ts'
import type { Key, Write } from '../../shared/ports.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { openTestWorld, type TestWorld } from '../records/world.ts'
import { filesOf, readFiles, sealEntries, trustIn } from './sealed-log.ts'

/** 260 entries that are sealed, and one that waits. */
async function withEntries(work: (world: TestWorld) => Promise<void>): Promise<void> {
  const world = openTestWorld()
  await sealEntries(world, 0, 258)
  await sealEntries(world, 258, 260)
  await world.store.commit([], { id: 'waiting', kind: 'test', at: instantOf(0), payload: { id: 'waiting' } })
  await work(world).finally(() => world.close())
}

async function look(world: TestWorld) {
  const files = filesOf(await readFiles(world))
  const { opened } = await verifyLog(files, { trust: trustIn(world) })
  const state: LogState = opened?.checkpoint ?? { size: 0, root: emptyRoot }
  return verifyEntries(world.store, files, state)
}

async function rewrite({ store }: TestWorld, key: Key, change: (value: object) => Json): Promise<void> {
  const item = await store.find(key)
  if (item === undefined) throw new Error('no such row')
  await store.swap({ key, value: change(item.value as object), when: { revision: item.revision } })
}

const other = (value: unknown): Json =>
  typeof value === 'number'
    ? value + 1
    : typeof value === 'string'
      ? `${value.slice(0, -1)}~`
      : { id: 'other' }

const entryMembers = ['id', 'kind', 'at', 'payload', 'salt', 'commitment']
const sealedMembers = ['number', 'id', 'kind', 'at', 'sealedAt', 'commitment']
const rows: readonly [string, Key, string, readonly string[]][] = [
  ['an entry', entryKey('entry-0'), 'entry 0', entryMembers],
  ['an entry of the last batch', entryKey('entry-259'), 'entry 259', entryMembers],
  ['a number', sealedKey(258), 'entry 258', sealedMembers],
  ['the number of an entry', numberKey('entry-258'), 'entry 258', sealedMembers],
  ['an entry that waits', entryKey('waiting'), 'outbox 1970-01-01T00:00:00.000Z#waiting', entryMembers],
]

test('a store that is what its log says holds', async () => {
  await withEntries(async (world) => {
    expect(await look(world)).toEqual([])
  })
})

describe.each(rows)('the row of %s', (_, key, place, members) => {
  test.each(members)('whose %s is another is found out, and the place is named', async (member) => {
    await withEntries(async (world) => {
      await rewrite(world, key, (value) => ({ ...value, [member]: other((value as never)[member]) }))
      const findings = await look(world)
      expect(findings.map((finding) => finding.path)).toContain(place)
    })
  })

  test('that is gone is found out', async () => {
    await withEntries(async (world) => {
      await world.store.remove([key])
      expect(await look(world)).toHaveLength(1)
    })
  })
})

describe('the outbox', () => {
  test.each(['id', 'kind', 'at', 'commitment'])(
    'in which a place’s %s is another is found out',
    async (member) => {
      await withEntries(async (world) => {
        const [place] = await Array.fromAsync(listPending(world.store, 2))
        if (place === undefined) throw new Error('nothing waits')
        await rewrite(world, place.key, (value) => ({ ...value, [member]: other((value as never)[member]) }))
        expect(await look(world)).toEqual([{ code: 'OUTBOX_WRONG', path: `outbox ${place.key.sort}` }])
      })
    },
  )

  test('that has a place of no entry is found out', async () => {
    await withEntries(async (world) => {
      const key = { table: 'ledger', partition: 'pending#1', sort: '2026#x' } as const
      const write: Write = { key, value: {}, when: 'absent' }
      await world.store.swap(write)
      expect(await look(world)).toEqual([{ code: 'OUTBOX_WRONG', path: 'outbox 2026#x' }])
    })
  })
})

test.each([
  ['size', 7],
  ['root', Buffer.from(emptyRoot).toString('base64')],
])('a head whose %s is another is found out', async (member, value) => {
  await withEntries(async (world) => {
    await rewrite(world, HEAD_KEY, (head) => ({ ...head, [member]: value }))
    expect(await look(world)).toContainEqual({ code: 'ENTRY_WRONG', path: 'head' })
  })
})

describe('an entry without payload and salt', () => {
  const erase = (erasedBy: object) => async (world: TestWorld) =>
    rewrite(world, entryKey('entry-3'), (value) => {
      const { payload: _, salt: __, ...stub } = value as Record<string, Json>
      return { ...stub, ...erasedBy }
    })

  test('holds where an entry tells of its erasure, and is found out where none does', async () => {
    for (const [erasedBy, count] of [
      [{ erasedBy: 'entry-4' }, 0],
      [{ erasedBy: 'nothing' }, 1],
      [{}, 1],
    ] as const) {
      await withEntries(async (world) => {
        await erase(erasedBy)(world)
        expect(await look(world)).toHaveLength(count)
      })
    }
  })
})

test('a store whose sealer died at any write is found to hold as it is', async () => {
  const faults = faultsFrom()
  await withEntries(async (world) => void (await sealPending(faulty(world, faults))))
  for (let crashAt = 1; crashAt <= faults.writes; crashAt++) {
    for (const mode of ['failed', 'stored', 'partial'] as const) {
      await withEntries(async (world) => {
        await expect(sealPending(faulty(world, faultsFrom({ crashAt, mode })))).rejects.toThrow(Crash)
        expect(await look(world), `at ${crashAt}, ${mode}`).toEqual([])
      })
    }
  }
})

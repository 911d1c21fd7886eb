import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../shared/base/canonical.ts'
import type { Instant } from '../../shared/base/instant.ts'
import { compareUtf8 } from '../../shared/base/order.ts'
import { commitmentOf } from '../../shared/ledger/leaf.ts'
import { entryKey, pendingKey } from '../../shared/ledger/outbox.ts'
import type { Addition, Entry, Item, Key, Range, SealingStore, Write } from '../../shared/ports.ts'

export type OpenedStore = { readonly store: SealingStore; readonly close: () => Promise<void> }

/** What every store does, whatever it runs on. Each test keeps to keys of its own: the store may hold others. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: a store`, () => {
    let opened: OpenedStore
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.close())
    const store = (): SealingStore => opened.store

    describe('commit', () => commitContract(store))
    describe('add', () => addContract(store))
    describe('list', () => listContract(store))
    describe('swap and remove', () => sealingContract(store))
    describe('values', () => valueContract(store))
  })
}

function commitContract(store: () => SealingStore): void {
  test('creates items at revision 1, without marks', async () => {
    const key = freshKey()
    expect(await store().find(key)).toBeUndefined()
    expect(await store().commit([creation(key, { a: 1 })], entry())).toBe('committed')
    expect(await store().find(key)).toEqual({ key, value: { a: 1 }, revision: 1, marks: [] })
  })

  test('replaces the revision it was shown and counts one on', async () => {
    const key = freshKey()
    await store().commit([creation(key, 'first')], entry())
    const change = { key, value: 'second', when: { revision: 1 } }
    expect(await store().commit([change], entry())).toBe('committed')
    expect(await store().find(key)).toEqual({ key, value: 'second', revision: 2, marks: [] })
  })

  test('writes the entry and its place in the outbox beside the change', async () => {
    const told = entry({ what: 'happened' })
    await store().commit([creation(freshKey(), 1)], told)
    const { salt, commitment, ...stored } = await readEntry(store(), told.id)
    expect(stored).toEqual(told)
    expect(Buffer.from(commitment, 'base64')).toEqual(commitmentOf(Buffer.from(salt, 'base64'), { ...told }))
    const { payload: _, ...place } = told
    expect((await store().find(pendingKey(told)))?.value).toEqual({ ...place, commitment })
  })

  test('salts each entry afresh, so that equal payloads show different commitments', async () => {
    const [first, second] = [entry({ what: 'the same' }), entry({ what: 'the same' })]
    await Promise.all([store().commit([], first), store().commit([], second)])
    const [one, other] = [await readEntry(store(), first.id), await readEntry(store(), second.id)]
    expect(one.salt).not.toBe(other.salt)
    expect(one.commitment).not.toBe(other.commitment)
  })

  test('writes an entry that changes nothing else', async () => {
    const told = entry()
    expect(await store().commit([], told)).toBe('committed')
    expect(await store().find(entryKey(told.id))).toBeDefined()
  })

  test.each([
    ['a creation of what is there', 'absent' as const],
    ['a change of a revision long gone', { revision: 1 }],
    ['a change of a revision still to come', { revision: 3 }],
  ])('%s is a conflict and leaves nothing, of the other writes either', async (_, when) => {
    const [key, other, told] = [freshKey(), freshKey(), entry()]
    await store().commit([creation(key, 'first')], entry())
    await store().commit([{ key, value: 'second', when: { revision: 1 } }], entry())
    const writes = [creation(other, 1), { key, value: 'third', when }]
    expect(await store().commit(writes, told)).toBe('conflict')
    expect(await store().find(key)).toEqual({ key, value: 'second', revision: 2, marks: [] })
    await expectNothing(store(), [other, entryKey(told.id), pendingKey(told)])
  })

  test('a change of what is not there is a conflict', async () => {
    const [key, told] = [freshKey(), entry()]
    expect(await store().commit([{ key, value: 1, when: { revision: 1 } }], told)).toBe('conflict')
    await expectNothing(store(), [key, entryKey(told.id), pendingKey(told)])
  })

  test('an entry told already leaves nothing, whatever the writes say', async () => {
    const [key, other, told] = [freshKey(), freshKey(), entry('as told first')]
    await store().commit([creation(key, 'first')], told)
    const again = { ...told, at: '2026-11-24T00:00:00.000Z' as Instant, payload: 'as told later' }
    expect(await store().commit([creation(other, 1)], again)).toBe('repeated')
    await expectNothing(store(), [other, pendingKey(again)])
    expect(await readEntry(store(), told.id)).toMatchObject(told)
  })

  test('a repeated command is told so, though its own first run broke its conditions', async () => {
    const [key, told] = [freshKey(), entry()]
    const writes = [creation(key, 'once')]
    await store().commit(writes, told)
    expect(await store().commit(writes, told)).toBe('repeated')
    expect((await store().find(key))?.revision).toBe(1)
  })

  test('an entry stays told after it has left the outbox', async () => {
    const told = entry()
    await store().commit([], told)
    await store().remove([pendingKey(told)])
    expect(await store().commit([], told)).toBe('repeated')
    await expectNothing(store(), [pendingKey(told)])
  })

  test('two writes to one key are a fault and leave nothing', async () => {
    const [key, told] = [freshKey(), entry()]
    const twice = store().commit([creation(key, 1), creation(key, 2)], told)
    await expect(twice).rejects.toMatchObject({ code: 'WRITE_KEY_TWICE', retryable: false })
    await expectNothing(store(), [key, entryKey(told.id)])
    const onEntry = store().commit([creation(entryKey(told.id), 1)], told)
    await expect(onEntry).rejects.toMatchObject({ code: 'WRITE_KEY_TWICE' })
  })

  test('of 50 commits of one entry at once exactly one is committed, the others are repeated', async () => {
    const [told, keys] = [entry(), Array.from({ length: 50 }, () => freshKey())]
    const answers = await Promise.all(keys.map((key) => store().commit([creation(key, 1)], told)))
    expect(answers.filter((answer) => answer === 'committed')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'repeated')).toHaveLength(49)
    const found = await Promise.all(keys.map((key) => store().find(key)))
    expect(found.map((item) => item !== undefined)).toEqual(answers.map((answer) => answer === 'committed'))
  })

  test('of 50 changes of one revision at once exactly one is committed, the others conflict', async () => {
    const key = freshKey()
    await store().commit([creation(key, 'first')], entry())
    const changes = Array.from({ length: 50 }, (_, n) =>
      store().commit([{ key, value: n, when: { revision: 1 } }], entry()),
    )
    const answers = await Promise.all(changes)
    expect(answers.filter((answer) => answer === 'conflict')).toHaveLength(49)
    const winner = answers.indexOf('committed')
    expect(await store().find(key)).toEqual({ key, value: winner, revision: 2, marks: [] })
  })
}

function addContract(store: () => SealingStore): void {
  test('creates what is absent, and says so at every repeat', async () => {
    const key = freshKey()
    const addition = { key, value: { a: 1 }, mark: 'm1' }
    for (let time = 0; time < 3; time++) {
      expect(await store().add([addition])).toEqual([true])
      expect(await store().find(key)).toEqual({ key, value: { a: 1 }, revision: 1, marks: ['m1'] })
    }
  })

  test('puts a later mark on an item and leaves all else as it is', async () => {
    const key = freshKey()
    await store().add([{ key, value: 'first', mark: 'm2' }])
    for (let time = 0; time < 2; time++) {
      expect(await store().add([{ key, value: 'later', mark: 'm1' }])).toEqual([false])
    }
    expect(await store().find(key)).toEqual({ key, value: 'first', revision: 1, marks: ['m1', 'm2'] })
    expect(await store().add([{ key, value: 'first', mark: 'm2' }])).toEqual([true])
  })

  test('answers in the order given', async () => {
    const [known, fresh, alsoFresh] = [freshKey(), freshKey(), freshKey()]
    await store().add([{ key: known, value: 0, mark: 'old' }])
    const additions = [fresh, known, alsoFresh].map((key) => ({ key, value: 1, mark: 'new' }))
    expect(await store().add(additions)).toEqual([true, false, true])
    expect(await store().add([])).toEqual([])
  })

  test('one key twice in a batch is one item with both marks, created by one of them', async () => {
    const key = freshKey()
    const additions = ['m1', 'm2'].map((mark) => ({ key, value: mark, mark }))
    const answers = await store().add(additions)
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect((await store().find(key))?.marks).toEqual(['m1', 'm2'])
    expect(await store().add(additions)).toEqual(answers)
  })

  test('the same addition twice in a batch is one addition', async () => {
    const addition = { key: freshKey(), value: 1, mark: 'm1' }
    expect(await store().add([addition, addition])).toEqual([true, true])
    expect((await store().find(addition.key))?.marks).toEqual(['m1'])
  })

  test('no mark has created an item that was committed or swapped in', async () => {
    for (const create of [
      (key: Key) => store().commit([creation(key, 'committed')], entry()),
      (key: Key) => store().swap(creation(key, 'committed')),
    ]) {
      const key = freshKey()
      await create(key)
      for (let time = 0; time < 2; time++) {
        expect(await store().add([{ key, value: 'added', mark: 'm1' }])).toEqual([false])
      }
      expect(await store().find(key)).toEqual({ key, value: 'committed', revision: 1, marks: ['m1'] })
    }
  })

  test('a commit over an added item keeps its marks and the one that created it', async () => {
    const key = freshKey()
    await store().add([{ key, value: 'added', mark: 'm1' }])
    await store().commit([{ key, value: 'committed', when: { revision: 1 } }], entry())
    expect(await store().find(key)).toEqual({ key, value: 'committed', revision: 2, marks: ['m1'] })
    expect(await store().add([{ key, value: 'added', mark: 'm1' }])).toEqual([true])
    expect((await store().find(key))?.value).toBe('committed')
  })

  test('lists marks by their UTF-8 bytes', async () => {
    const key = freshKey()
    const marks = ['😀', '！', 'a', 'B', '中']
    for (const mark of marks) await store().add([{ key, value: 1, mark }])
    expect((await store().find(key))?.marks).toEqual(['B', 'a', '中', '！', '😀'])
  })

  test('of 50 additions of one item at once exactly one created it, and always the same one', async () => {
    const key = freshKey()
    const additions = Array.from({ length: 50 }, (_, n) => ({ key, value: n, mark: `m${n}` }))
    const addOne = (each: Addition): Promise<readonly boolean[]> => store().add([each])
    const answers = (await Promise.all(additions.map(addOne))).flat()
    const creator = answers.indexOf(true)
    expect(answers.filter(Boolean)).toHaveLength(1)
    const item = await store().find(key)
    expect(item?.value).toBe(creator)
    expect(item?.marks).toEqual(additions.map(({ mark }) => mark).sort(compareUtf8))
    expect((await Promise.all([...additions].reverse().map(addOne))).flat().reverse()).toEqual(answers)
  })

  test('in any order, batching and number of times it ends with the same marks, one of them the creator', async () => {
    const addition = fc.record({ at: fc.nat(3), mark: fc.constantFrom('m1', 'm2', 'm3', '！', '😀') })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(addition, { maxLength: 8 }), { maxLength: 5 }), async (batches) => {
        const keys = Array.from({ length: 4 }, () => freshKey())
        const created = new Map<number, Set<string>>()
        for (const batch of [...batches, ...batches]) {
          const answers = await store().add(
            batch.map(({ at, mark }) => ({ key: keys[at]!, value: at, mark })),
          )
          for (const [n, { at, mark }] of batch.entries()) {
            if (answers[n]) created.set(at, (created.get(at) ?? new Set()).add(mark))
          }
        }
        for (const [at, key] of keys.entries()) {
          const marks = new Set(batches.flat().flatMap((each) => (each.at === at ? [each.mark] : [])))
          expect((await store().find(key))?.marks ?? []).toEqual([...marks].sort(compareUtf8))
          expect(created.get(at)?.size ?? 0).toBe(marks.size === 0 ? 0 : 1)
        }
      }),
      { numRuns: 20 },
    )
  })
}

function listContract(store: () => SealingStore): void {
  test('goes by the UTF-8 bytes of the sort, where JavaScript would go by UTF-16', async () => {
    const sorts = ['😀', '！', 'a#2', 'a#10', 'Z', '中', 'a', '0']
    const partition = await filled(store(), sorts)
    expect(await sortsOf(store(), { table: 'records', partition })).toEqual([
      '0',
      'Z',
      'a',
      'a#10',
      'a#2',
      '中',
      '！',
      '😀',
    ])
  })

  test.each([
    ['from the first, which is in it', { from: 'b' }, ['b', 'c', 'd']],
    ['up to the last, which is not', { to: 'c' }, ['a', 'b']],
    ['between the two', { from: 'b', to: 'd' }, ['b', 'c']],
    ['between two that are not there', { from: 'aa', to: 'cc' }, ['b', 'c']],
    ['not at all where the ends meet', { from: 'b', to: 'b' }, []],
    ['not at all where the ends cross', { from: 'd', to: 'a' }, []],
    ['the whole partition', {}, ['a', 'b', 'c', 'd']],
  ])('a range reaches %s', async (_, ends, expected) => {
    const partition = await filled(store(), ['d', 'a', 'c', 'b'])
    expect(await sortsOf(store(), { table: 'records', partition, ...ends })).toEqual(expected)
  })

  test('any range is what filtering and sorting by UTF-8 bytes gives', async () => {
    const sort = fc.string({
      unit: fc.constantFrom('a', 'b', '#', '0', '中', '！', '😀'),
      minLength: 1,
      maxLength: 3,
    })
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(sort, { maxLength: 12 }), sort, sort, async (sorts, from, to) => {
        const partition = await filled(store(), sorts)
        const inside = sorts.filter((each) => compareUtf8(each, from) >= 0 && compareUtf8(each, to) < 0)
        const listed = await sortsOf(store(), { table: 'records', partition, from, to })
        expect(listed).toEqual(inside.sort(compareUtf8))
      }),
      { numRuns: 30 },
    )
  })

  test('keeps tables and partitions apart', async () => {
    const partition = randomUUID()
    const keys = (['records', 'cases', 'ledger'] as const).map((table) => ({
      table,
      partition,
      sort: 'same',
    }))
    await store().add(keys.map((key) => ({ key, value: key.table, mark: 'm' })))
    await store().add([
      { key: { table: 'cases', partition: `${partition}0`, sort: 'same' }, value: 0, mark: 'm' },
    ])
    for (const key of keys) expect((await store().find(key))?.value).toBe(key.table)
    const items = await collect(store(), { table: 'cases', partition })
    expect(items).toEqual([{ key: keys[1], value: 'cases', revision: 1, marks: ['m'] }])
  })

  test('reads on over many pages, whatever is written meanwhile', async () => {
    const sorts = Array.from({ length: 2_500 }, (_, n) => String(n).padStart(5, '0'))
    const partition = await filled(store(), sorts)
    const seen: string[] = []
    for await (const { key } of store().list({ table: 'records', partition })) {
      seen.push(key.sort)
      // Behind where the reader stands, so the reader must neither see it nor lose its place
      if (seen.length % 500 === 0) await store().remove([key])
      if (seen.length % 700 === 0)
        await store().add([{ key: { ...key, sort: `${key.sort}-` }, value: 0, mark: 'm' }])
    }
    expect(seen.filter((sort) => !sort.endsWith('-'))).toEqual(sorts)
    expect(new Set(seen).size).toBe(seen.length)
  })
}

function sealingContract(store: () => SealingStore): void {
  test('swap creates what is absent, once', async () => {
    const key = freshKey()
    expect(await store().swap(creation(key, 'first'))).toBe(true)
    expect(await store().swap(creation(key, 'second'))).toBe(false)
    expect(await store().find(key)).toEqual({ key, value: 'first', revision: 1, marks: [] })
  })

  test('swap changes the revision it was shown and no other', async () => {
    const key = freshKey()
    expect(await store().swap({ key, value: 0, when: { revision: 1 } })).toBe(false)
    await store().swap(creation(key, 'first'))
    expect(await store().swap({ key, value: 'second', when: { revision: 1 } })).toBe(true)
    expect(await store().swap({ key, value: 'third', when: { revision: 1 } })).toBe(false)
    expect(await store().find(key)).toEqual({ key, value: 'second', revision: 2, marks: [] })
  })

  test('of 50 swaps of one revision at once exactly one holds', async () => {
    const key = freshKey()
    await store().swap(creation(key, 'first'))
    const swaps = Array.from({ length: 50 }, (_, n) => store().swap({ key, value: n, when: { revision: 1 } }))
    const answers = await Promise.all(swaps)
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(await store().find(key)).toMatchObject({ value: answers.indexOf(true), revision: 2 })
  })

  test('removes what is there; what is not is no fault', async () => {
    const [key, kept, absent] = [freshKey(), freshKey(), freshKey()]
    await store().add([key, kept].map((each) => ({ key: each, value: 1, mark: 'm' })))
    await store().remove([key, absent])
    await store().remove([key])
    await store().remove([])
    await expectNothing(store(), [key, absent])
    expect(await store().find(kept)).toBeDefined()
  })

  test('what comes after a removal is a new item', async () => {
    const key = freshKey()
    await store().add([{ key, value: 'first', mark: 'm1' }])
    await store().swap({ key, value: 'second', when: { revision: 1 } })
    await store().remove([key])
    expect(await store().add([{ key, value: 'third', mark: 'm2' }])).toEqual([true])
    expect(await store().find(key)).toEqual({ key, value: 'third', revision: 1, marks: ['m2'] })
    expect(await store().add([{ key, value: 'first', mark: 'm1' }])).toEqual([false])
  })
}

function valueContract(store: () => SealingStore): void {
  test.each([
    ['a text that is JSON itself', '{"a":"\\"1\\""}'],
    ['a text that begins with =', '=1'],
    ['an empty text', ''],
    ['null', null],
    ['false', false],
    ['a number that is no integer', 0.1],
    ['characters beyond U+FFFF', { 名称: '𠮷野家😀' }],
  ])('keeps %s', async (_, value: Json) => {
    const [added, committed] = [freshKey(), freshKey()]
    await store().add([{ key: added, value, mark: 'm' }])
    await store().commit([creation(committed, value)], entry())
    expect((await store().find(added))?.value).toEqual(value)
    expect((await store().find(committed))?.value).toEqual(value)
  })

  test('keeps any JSON value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: 'grapheme' }), async (value) => {
        const key = freshKey()
        await store().add([{ key, value: value as Json, mark: 'm' }])
        expect(JSON.stringify((await store().find(key))?.value)).toBe(JSON.stringify(value))
      }),
      { numRuns: 50 },
    )
  })

  test('keeps a value of 100,000 characters', async () => {
    const [key, value] = [freshKey(), '行政处罚'.repeat(25_000)]
    await store().add([{ key, value, mark: 'm' }])
    expect((await store().find(key))?.value).toBe(value)
  })
}

function freshKey(): Key {
  return { table: 'records', partition: `contract#${randomUUID()}`, sort: 'item' }
}

function creation(key: Key, value: Json): Write {
  return { key, value, when: 'absent' }
}

type StoredEntry = Entry & { readonly salt: string; readonly commitment: string }

async function readEntry(store: SealingStore, id: string): Promise<StoredEntry> {
  return (await store.find(entryKey(id)))?.value as StoredEntry
}

function entry(payload: Json = null): Entry {
  return { id: randomUUID(), kind: 'contract-tested', at: '2026-11-23T08:00:00.000Z' as Instant, payload }
}

async function filled(store: SealingStore, sorts: readonly string[]): Promise<string> {
  const partition = `contract#${randomUUID()}`
  await store.add(
    sorts.map((sort) => ({ key: { table: 'records', partition, sort }, value: sort, mark: 'm' })),
  )
  return partition
}

async function collect(store: SealingStore, range: Range): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of store.list(range)) items.push(item)
  return items
}

async function sortsOf(store: SealingStore, range: Range): Promise<readonly string[]> {
  return (await collect(store, range)).map((item) => item.key.sort)
}

async function expectNothing(store: SealingStore, keys: readonly Key[]): Promise<void> {
  for (const key of keys) expect(await store.find(key)).toBeUndefined()
}

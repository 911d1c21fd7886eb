import type { Key, Range, Store } from '../ports.ts'
import { padEntry } from './keys.ts'

/** How many records of a submission (or a part of it) were not held before, how many were, and how many are erased. */
export type Applied = { readonly new: number; readonly known: number; readonly erased?: number }

/** A part of an entry. */
type PartOfEntry = { readonly number: number; readonly part: number }

export async function isPartApplied(store: Store, { number, part }: PartOfEntry): Promise<boolean> {
  return (await store.find(appliedKey(number, part))) !== undefined
}

/**
 * The last thing to be done for a part, after all of it is durable: the mark says that it is there to be read.
 * `subjects` are the partitions it touched.
 */
export async function markApplied(
  store: Store,
  { number, part }: PartOfEntry,
  { subjects, counts }: { readonly subjects: readonly string[]; readonly counts: Applied },
): Promise<void> {
  await store.add([
    { key: touchedKey(number, part), value: subjects, mark: 'applied' },
    { key: appliedKey(number, part), value: counts, mark: 'applied' },
  ])
}

/** The sums over a submission's parts; undefined while any part is still to be applied. */
export async function findApplied(store: Store, number: number, parts: number): Promise<Applied | undefined> {
  const { seen, sums } = await sumApplied(store, number)
  return seen === parts ? sums : undefined
}

/** How many parts of an entry are applied, and what these come to. Marks are only added: it never falls. */
export async function sumApplied(
  store: Store,
  number: number,
): Promise<{ readonly seen: number; readonly sums: Applied }> {
  const sum = { new: 0, known: 0 }
  let [seen, erased] = [0, 0]
  for await (const item of store.list({ table: 'ledger', partition: appliedKey(number, 0).partition })) {
    const applied = item.value as Applied
    sum.new += applied.new
    sum.known += applied.known
    erased += applied.erased ?? 0
    seen++
  }
  return { seen, sums: { ...sum, ...(erased > 0 && { erased }) } }
}

/** The partitions that applying the entries from `from` (included) to `to` (left out) touched, each once. */
export async function listTouched(store: Store, from: number, to: number): Promise<ReadonlySet<string>> {
  const touched = new Set<string>()
  const range: Range = { table: 'records', partition: 'touched', from: padEntry(from), to: padEntry(to) }
  for await (const item of store.list(range)) {
    for (const partition of item.value as readonly string[]) touched.add(partition)
  }
  return touched
}

function appliedKey(number: number, part: number): Key {
  return { table: 'ledger', partition: `applied#${padEntry(number)}`, sort: String(part).padStart(6, '0') }
}

function touchedKey(number: number, part: number): Key {
  return {
    table: 'records',
    partition: 'touched',
    sort: `${padEntry(number)}#${String(part).padStart(6, '0')}`,
  }
}

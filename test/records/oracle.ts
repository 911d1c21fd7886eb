import { zstdDecompressSync } from 'node:zlib'
import { findSealedEntry, type SealedEntry } from '../../shared/ledger/sealed.ts'
import type { World } from '../../shared/ports.ts'
import { partKey } from '../../shared/records/part.ts'

type Part = { readonly sha256: Parameters<typeof partKey>[0] }

/** One record of the archive with the entry that tells of it. */
export type Told = {
  /** The submission's entry, whichever tells. */
  readonly entry: number
  readonly teller: number
  /** Whether the row is told to be this record, or not to be it any more. */
  readonly holds: boolean
  readonly row: number
  readonly sentAt: string
  readonly partition: string
  readonly sort: string
  readonly subject: { readonly kind: 'uscc' | 'registration-number'; readonly value: string }
  /** What authority, type and subject call the same document. */
  readonly document: string
  readonly revision: string
  readonly digest: string
  /** The document that is taken back, how, and on which day. */
  readonly withdraws?: { readonly document: string; readonly kind: string; readonly on?: string }
}

export async function readEntries(world: Pick<World, 'store'>): Promise<readonly SealedEntry[]> {
  const entries: SealedEntry[] = []
  for (;;) {
    const entry = await findSealedEntry(world.store, entries.length)
    if (entry === undefined) return entries
    entries.push(entry)
  }
}

/** Reads all records back from the ledger's entries and the archive alone. */
export async function readTold(
  world: Pick<World, 'objects'>,
  entries: readonly SealedEntry[],
): Promise<readonly Told[]> {
  const told: Told[] = []
  for (const entry of entries) {
    for (const { sha256, ...seen } of partsTold(entry)) {
      const body = (await world.objects.find(partKey(sha256)))?.body
      if (body === undefined) throw new Error('the archive has no such part')
      const lines = zstdDecompressSync(body).toString('utf8').split('\n').filter(Boolean)
      for (const line of lines) told.push(parseLine(line, seen))
    }
  }
  return told
}

type Seen = Pick<Told, 'entry' | 'teller' | 'holds' | 'sentAt'>

function partsTold({ number, kind, payload }: SealedEntry): readonly (Part & Seen)[] {
  const told = payload as unknown as { sentAt: string; number: number } & Record<string, readonly Part[]>
  const as = (parts: readonly Part[] | undefined, holds: boolean) =>
    (parts ?? []).map(({ sha256 }) => ({
      ...{ sha256, holds, teller: number, sentAt: told.sentAt },
      entry: kind === 'submission-replayed' ? told.number : number,
    }))
  return [...as(told['parts'], true), ...as(told['gained'], true), ...as(told['lost'], false)]
}

/** A line of an archived part as what it tells. */
export function parseLine(line: string, seen: Seen): Told {
  const [row, partition = '', sort = '', text = ''] = line.split('\t')
  const { type, authority, subject, document, revision, facts } = JSON.parse(text)
  const withdrawn = String(document).slice(String(facts.recordType).length + 1)
  return {
    ...seen,
    row: Number(row),
    partition,
    sort,
    subject,
    document: JSON.stringify([subject, type, authority, document]),
    revision,
    digest: sort.slice(-64),
    ...(type === 'withdrawal' && {
      withdraws: {
        document: JSON.stringify([subject, facts.recordType, authority, withdrawn]),
        kind: facts.kind,
        ...(facts.effectiveOn !== undefined && { on: facts.effectiveOn }),
      },
    }),
  }
}

/**
 * What stands in the first `size` entries, where each row is what the last entry that tells of it says: of each document the last in the order (revision, sent, entry, row). Of one
 * that was withdrawn, the last of those that come after its last withdrawal in that order, where the withdrawal has
 * the greatest revision told before it was sent; where it corrects, of those that were sent after it; where it repairs,
 * of those of a greater revision than any before it, or than its day where there was none.
 */
export function standingByDefinition(told: readonly Told[], size: number): ReadonlyMap<string, Told> {
  const known = lastTold(told.filter(({ teller }) => teller < size))
  const standing = new Map<string, Told>()
  for (const document of new Set(known.map((each) => each.document))) {
    const own = inOrder(known.filter((each) => each.document === document))
    const withdrawal = bySent(known.filter(({ withdraws }) => withdraws?.document === document)).at(-1)
    const last = (withdrawal === undefined ? own : own.filter(outlives(withdrawal, own))).at(-1)
    if (last !== undefined) standing.set(document, last)
  }
  return standing
}

function lastTold(told: readonly Told[]): readonly Told[] {
  const rows = Map.groupBy(told, ({ entry, row }) => `${entry} ${row}`)
  return [...rows.values()].flatMap((own) => {
    const last = Math.max(...own.map(({ teller }) => teller))
    return own.filter(({ teller, holds }) => teller === last && holds)
  })
}

function outlives(withdrawal: Told, own: readonly Told[]): (each: Told) => boolean {
  const isBefore = (each: Told): boolean => bySent([each, withdrawal])[0] === each
  const revision = inOrder(own.filter(isBefore)).at(-1)?.revision ?? ''
  return (each) => {
    if (withdrawal.withdraws?.kind === 'correction') return !isBefore(each)
    if (withdrawal.withdraws?.kind === 'repair') {
      const mark = own.some(isBefore) ? revision : (withdrawal.withdraws.on ?? dayInChina(withdrawal.sentAt))
      return !isBefore(each) && each.revision > mark
    }
    return inOrder([each, { ...withdrawal, revision }]).at(-1) === each
  }
}

function dayInChina(instant: string): string {
  return new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 10)
}

// Sorted by the least weighty part first: JavaScript's sort is stable
function bySent(told: readonly Told[]): readonly Told[] {
  return told
    .toSorted((a, b) => a.row - b.row)
    .toSorted((a, b) => a.entry - b.entry)
    .toSorted((a, b) => (a.sentAt < b.sentAt ? -1 : a.sentAt > b.sentAt ? 1 : 0))
}

function inOrder(told: readonly Told[]): readonly Told[] {
  return bySent(told).toSorted((a, b) => (a.revision < b.revision ? -1 : a.revision > b.revision ? 1 : 0))
}

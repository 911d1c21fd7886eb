import { compareUtf8 } from '../base/order.ts'
import type { Item } from '../ports.ts'
import { parseSightingMark } from './keys.ts'
import { digestIn } from './part.ts'
import type { FactRecord, Sighting, StandingRecord } from './record.ts'

/**
 * The revision of each document that stands in the ledger's first `ledgerSize` entries: of all sightings there,
 * the one with the greatest (revision mark, sent at, entry, row). A value that flips back stands again, and
 * yesterday's file arriving after today's changes nothing.
 */
export function standingRecords(items: Iterable<Item>, ledgerSize: number): readonly StandingRecord[] {
  const standing = new Map<string, StandingRecord>()
  for (const item of items) {
    const candidate = standingCandidate(item, ledgerSize)
    if (candidate === undefined) continue
    const document = item.key.sort.slice(0, item.key.sort.lastIndexOf('#'))
    const rival = standing.get(document)
    if (rival === undefined || comparePrecedence(rival, candidate) < 0) standing.set(document, candidate)
  }
  return [...standing.values()]
}

function standingCandidate(item: Item, ledgerSize: number): StandingRecord | undefined {
  const sightings = item.marks.map(parseSightingMark).filter((sighting) => sighting.entry < ledgerSize)
  const [first, ...rest] = sightings
  if (first === undefined) return undefined
  return {
    // Parsed when it came in, and named by its digest since: checking it again is most of what a full build costs
    record: JSON.parse(String(item.value)) as FactRecord,
    digest: digestIn(item.key.sort),
    sighting: rest.reduce((best, each) => (compareSightings(best, each) < 0 ? each : best), first),
  }
}

function comparePrecedence(left: StandingRecord, right: StandingRecord): number {
  return (
    compareUtf8(left.record.revision, right.record.revision) ||
    compareSightings(left.sighting, right.sighting)
  )
}

function compareSightings(left: Sighting, right: Sighting): number {
  return compareUtf8(left.sentAt, right.sentAt) || left.entry - right.entry || left.row - right.row
}

import { chinaDate } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import type { Item } from '../ports.ts'
import { documentOfSort, parseSightingMark, type SightingMark, withdrawnSort } from './keys.ts'
import { digestIn } from './part.ts'
import type { FactRecord, RecordOf, Sighting, StandingRecord } from './record.ts'

/**
 * The revision of each document that stands in the ledger's first `ledgerSize` entries: of all sightings there,
 * the one with the greatest (revision mark, sent at, entry, row). A value that flips back stands again, and
 * yesterday's file arriving after today's changes nothing. Of a document that was withdrawn only what was sighted
 * after its last withdrawal stands, if anything; the withdrawal itself stands beside it.
 */
export function standingRecords(items: readonly Item[], ledgerSize: number): readonly StandingRecord[] {
  const standing = new Map<string, StandingRecord>()
  for (const item of items) {
    const candidate = standingCandidate(item, ledgerSize)
    if (candidate !== undefined) keepGreater(standing, documentOfSort(item.key.sort), candidate)
  }
  for (const withdrawal of standing.values()) {
    if (isWithdrawal(withdrawal)) withdraw(standing, withdrawal, { items, ledgerSize })
  }
  return [...standing.values()]
}

function keepGreater(
  standing: Map<string, StandingRecord>,
  document: string,
  candidate: StandingRecord,
): void {
  const rival = standing.get(document)
  if (rival === undefined || comparePrecedence(rival, candidate) < 0) standing.set(document, candidate)
}

type StandingWithdrawal = StandingRecord & { readonly record: RecordOf<'withdrawal'> }

function isWithdrawal(standing: StandingRecord): standing is StandingWithdrawal {
  return standing.record.type === 'withdrawal'
}

/**
 * Leaves of the document that was withdrawn what is later by (revision mark, sent at, entry, row), where the
 * withdrawal has the greatest revision mark sighted before it. A correction has none: the mark was wrong as well. What
 * was repaired stays out however often it is sent again, and however it is written then, as whole exports go on doing;
 * only what has a greater mark may stand, which is another decision. Where nothing was sighted before a repair, the mark
 * is the day on which it took effect: whatever was decided until then is what it repaired.
 */
function withdraw(
  standing: Map<string, StandingRecord>,
  { record, sighting }: StandingWithdrawal,
  { items, ledgerSize }: { readonly items: readonly Item[]; readonly ledgerSize: number },
): void {
  const document = withdrawnSort(record)
  if (!standing.delete(document)) return
  const isLater = (each: Sighting): boolean => compareSightings(sighting, each) < 0
  const revisions = items
    .filter(({ key }) => documentOfSort(key.sort) === document)
    .map((item) => ({
      before: standingCandidate(item, ledgerSize, (each) => !isLater(each)),
      after: standingCandidate(item, ledgerSize, isLater),
    }))
  const { kind } = record.facts
  const known = revisions.map(({ before }) => before).filter((before) => before !== undefined)
  const marks = kind === 'correction' ? [] : known.map((before) => before.record.revision)
  if (kind === 'repair' && known.length === 0)
    marks.push(record.facts.effectiveOn ?? chinaDate(sighting.sentAt))
  const mark = marks.reduce((greatest, each) => (compareUtf8(greatest, each) < 0 ? each : greatest), '')
  for (const { after } of revisions) {
    if (after === undefined) continue
    const order = compareUtf8(mark, after.record.revision)
    if (kind === 'repair' ? order < 0 : order <= 0) keepGreater(standing, document, after)
  }
}

/** A revision with its greatest sighting, of those that count. */
function standingCandidate(
  item: Item,
  ledgerSize: number,
  counts: (sighting: Sighting) => boolean = () => true,
): StandingRecord | undefined {
  const sightings = sightingsOf(item, ledgerSize).filter(counts)
  const [first, ...rest] = sightings
  if (first === undefined) return undefined
  return {
    // Parsed when it came in, and named by its digest since: checking it again is most of what a full build costs
    record: JSON.parse(String(item.value)) as FactRecord,
    digest: digestIn(item.key.sort),
    sighting: rest.reduce((best, each) => (compareSightings(best, each) < 0 ? each : best), first),
  }
}

/** Where a record is seen; of a row that was read again, what its last replay says counts, and keeps the row's place. */
function sightingsOf({ marks }: Item, ledgerSize: number): readonly Sighting[] {
  const told = marks.map(parseSightingMark).filter((mark) => tellerOf(mark) < ledgerSize)
  if (told.every(({ replay }) => replay === undefined)) return told
  const last = new Map<string, SightingMark>()
  for (const mark of told) {
    const place = `${mark.entry} ${mark.row}`
    const rival = last.get(place)
    if (rival === undefined || tellerOf(rival) < tellerOf(mark)) last.set(place, mark)
  }
  return [...last.values()]
    .filter(({ replay }) => replay?.holds !== false)
    .map(({ replay: _, ...sighting }) => sighting)
}

function tellerOf({ entry, replay }: SightingMark): number {
  return replay?.entry ?? entry
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

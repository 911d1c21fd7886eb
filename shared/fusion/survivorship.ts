import type { Json } from '../base/canonical.ts'
import type { Instant } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import { publicationState } from '../records/publication.ts'
import type { FactRecord, StandingRecord } from '../records/record.ts'
import type { GoldenField, GoldenMember } from './golden-record.ts'

/** A field's value, the records it came from, and those that lost it. */
export type Survival = {
  readonly value: Json
  readonly won: readonly StandingRecord[]
  readonly lost: readonly { readonly standing: StandingRecord; readonly value: Json; readonly reason: LossReason }[]
}

export const lossReasons = {
  'later-registration': 'A later registration states the field.',
  'later-statement': 'A later statement of the same document stands.',
  'registration-first': 'A registration states the name.',
  'not-yet-valid': 'Its period of validity has not begun.',
  'period-ended': 'Its period of validity or publication has ended.',
  'declared-invalid': 'Its authority declares it invalid.',
} as const

export type LossReason = keyof typeof lossReasons

const NOTHING: Survival = { value: null, won: [], lost: [] }

/** The latest registration that states the field wins it; where it is silent the next one speaks. */
export function surviveRegistration(field: GoldenField, records: readonly StandingRecord[]): Survival {
  return firstStated(ofType(records, 'registration'), field.fact ?? '', 'later-registration')
}

/** The registered name; without a registration, the name in the latest licence or penalty. */
export function surviveName(records: readonly StandingRecord[]): Survival {
  const registered = firstStated(ofType(records, 'registration'), 'name', 'later-registration')
  const others = records.filter(({ record }) => record.type !== 'registration').sort(laterFirst)
  const stated = firstStated(others, 'subjectName', 'later-statement')
  if (registered.value === null) return stated
  const lost = others.map((standing) => ({
    standing,
    value: factOf(standing, 'subjectName'),
    reason: 'registration-first' as const,
  }))
  return { ...registered, lost: [...registered.lost, ...lost] }
}

/** Every document in its period, each once, whoever stated it; ordered by decision date and number. */
export function surviveDocuments(
  field: GoldenField,
  records: readonly StandingRecord[],
  validAt: Instant,
): Survival {
  const members = field.members ?? []
  const won = new Map<string, StandingRecord>()
  const lost: Survival['lost'][number][] = []
  for (const standing of ofType(records, field.rule === 'licences' ? 'licence' : 'penalty')) {
    const reason = lossOf(standing.record, validAt)
    const key = documentIdentity(standing.record)
    if (reason === undefined && !won.has(key)) won.set(key, standing)
    else lost.push({ standing, value: structOf(members, standing), reason: reason ?? 'later-statement' })
  }
  const ordered = [...won.values()].sort(byDecision)
  return { value: ordered.map((standing) => structOf(members, standing)), won: ordered, lost }
}

// The same decision reaches us through more than one authority
function documentIdentity(record: FactRecord): string {
  if (record.type === 'licence') return `${record.document}\n${record.facts.licensingAuthority}`
  return record.type === 'penalty' ? `${record.document}\n${record.facts.penaltyAuthority}` : record.document
}

function lossOf(record: FactRecord, at: Instant): LossReason | undefined {
  switch (publicationState(record, at)) {
    case 'current':
      return undefined
    case 'not-yet':
      return 'not-yet-valid'
    case 'ended':
      return 'period-ended'
    case 'never':
      return 'declared-invalid'
  }
}

function firstStated(ranked: readonly StandingRecord[], fact: string, reason: LossReason): Survival {
  const stating = ranked.filter((standing) => factOf(standing, fact) !== null)
  const [winner, ...rest] = stating
  if (winner === undefined) return NOTHING
  const lost = rest.map((standing) => ({ standing, value: factOf(standing, fact), reason }))
  return { value: factOf(winner, fact), won: [winner], lost }
}

function ofType(records: readonly StandingRecord[], type: FactRecord['type']): readonly StandingRecord[] {
  return records.filter(({ record }) => record.type === type).sort(laterFirst)
}

/** The later revision first; the digest only to make the order total. */
function laterFirst(left: StandingRecord, right: StandingRecord): number {
  return (
    compareUtf8(right.record.revision, left.record.revision) ||
    compareUtf8(right.sighting.sentAt, left.sighting.sentAt) ||
    right.sighting.entry - left.sighting.entry ||
    right.sighting.row - left.sighting.row ||
    compareUtf8(left.digest, right.digest)
  )
}

function byDecision(left: StandingRecord, right: StandingRecord): number {
  return (
    compareUtf8(String(factOf(left, 'decidedOn')), String(factOf(right, 'decidedOn'))) ||
    compareUtf8(left.record.document, right.record.document) ||
    compareUtf8(left.digest, right.digest)
  )
}

function structOf(members: readonly GoldenMember[], standing: StandingRecord): Json {
  return Object.fromEntries(members.map((member) => [member.name, factOf(standing, member.fact)]))
}

function factOf(standing: StandingRecord, fact: string): Json {
  const facts: Readonly<Record<string, Json | undefined>> = standing.record.facts
  return facts[fact] ?? null
}

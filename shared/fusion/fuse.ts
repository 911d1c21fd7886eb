import type { Json } from '../base/canonical.ts'
import type { Instant } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import type { FactRecord, StandingRecord } from '../records/record.ts'
import type { Policy } from '../settings.ts'
import { type GoldenField, type GoldenFieldName, type GoldenRecord, goldenFields } from './golden-record.ts'
import {
  compareSightings,
  isEnded,
  type Judged,
  type LossReason,
  type Survivors,
  survivors,
} from './survivorship.ts'

/**
 * Which records a field's value came from, by which rule, and what lost. What lost is for those who examine a
 * result, never part of an answer about the organisation: it tells of records whose publication has ended (of
 * these the value is left out, and null).
 */
export type Provenance = {
  readonly rule: string
  readonly won: readonly RecordReference[]
  readonly lost: readonly (RecordReference & { readonly value: Json; readonly reason: LossReason })[]
}

export type RecordReference = {
  readonly type: string
  readonly authority: string
  readonly document: string
  readonly digest: string
  readonly entry: number
}

export type Fused = {
  readonly record: GoldenRecord
  /** Of the fields that are chosen among records and have a value or a loser. */
  readonly provenance: Readonly<Partial<Record<GoldenFieldName, Provenance>>>
  /** The instant at which time alone will change the row; null if none will. */
  readonly nextChangeAt: Instant | null
}

export type FuseInput = {
  readonly uscc: string
  readonly records: readonly StandingRecord[]
  readonly policy: Policy
  readonly validAt: Instant
}

/**
 * Raised with every change in what `fuse` answers for the same input: a dataset is built anew under new rules.
 * A test holds it against recorded answers.
 */
export const FUSION_VERSION = 1

/**
 * One organisation's golden record, with where each field came from. The order of the records does not matter.
 * Its `name` is null when nothing stands and nothing will: every record has ended, and there is no row to show.
 */
export function fuse(input: FuseInput): Fused {
  const { record, choices, nextChangeAt } = decide(input)
  const provenance: Partial<Record<GoldenFieldName, Provenance>> = {}
  for (const [name, choice] of choices) {
    const lost = choice.lost()
    if (choice.won.length + lost.length === 0) continue
    provenance[name] = {
      rule: choice.rule,
      won: choice.won.map(referenceTo),
      lost: lost.map(({ standing, reason, value }) => ({ ...referenceTo(standing), value, reason })),
    }
  }
  return { record, provenance, nextChangeAt }
}

/** The golden record alone, for those who make many; null where there is none to show. */
export function fuseRow(input: FuseInput): GoldenRecord | null {
  const { record } = decide(input)
  return record.name === null ? null : record
}

type Loss = { readonly standing: StandingRecord; readonly reason: LossReason; readonly value: Json }

/** `lost` is worked out when asked for: a dataset has no use for it, and it takes longer than the rest. */
type Choice = {
  readonly rule: string
  readonly value: Json
  readonly won: readonly StandingRecord[]
  readonly lost: () => readonly Loss[]
}

function decide(input: FuseInput): {
  readonly record: GoldenRecord
  readonly choices: ReadonlyMap<GoldenFieldName, Choice>
  readonly nextChangeAt: Instant | null
} {
  const standing = survivors(input.records, input.validAt)
  const choices = new Map<GoldenFieldName, Choice>()
  for (const field of goldenFields) {
    const choice = choose(field, standing)
    if (choice !== undefined) choices.set(field.name, choice)
  }
  const derived: Partial<Record<GoldenFieldName, Json>> = {
    uscc: input.uscc,
    organisation_code: input.uscc.slice(8, 17),
    division: input.uscc.slice(2, 8),
    sources: sourcesOf(choices.values()),
    next_change_at: standing.nextChangeAt,
  }
  const values = goldenFields.map(({ name }) => [name, choices.get(name)?.value ?? derived[name] ?? null])
  // Every name of the table is set on the line above, which fromEntries' type cannot tell
  return { record: Object.fromEntries(values) as GoldenRecord, choices, nextChangeAt: standing.nextChangeAt }
}

function choose(field: GoldenField, standing: Survivors): Choice | undefined {
  switch (field.rule) {
    case 'registration':
      return chooseRegistration(field, standing)
    case 'name':
      return chooseName(standing)
    case 'licences':
      return chooseList(field, standing.licences, 'all licences in force')
    case 'penalties':
      return chooseList(field, standing.penalties, 'all penalties in their publication period')
    default:
      return undefined
  }
}

/** The latest registration gives all it states; what it does not state falls to the next one that does. */
function chooseRegistration(field: GoldenField, { registrations }: Survivors): Choice {
  const group = FACTS_TOGETHER.get(field.name) ?? []
  const at = registrations.findIndex(({ record }) => group.some((fact) => factOf(record, fact) !== null))
  const winner = registrations[at]
  const later = registrations.slice(at + 1).filter(({ record }) => factOf(record, field.fact) !== null)
  return {
    rule: at > 0 ? 'earlier registration: the latest does not state it' : 'latest registration',
    value: winner === undefined ? null : factOf(winner.record, field.fact),
    won: winner === undefined ? [] : [winner],
    lost: () =>
      winner === undefined
        ? []
        : later.map((standing) => ({
            standing,
            reason: 'later registration',
            value: factOf(standing.record, field.fact),
          })),
  }
}

/** For each field of a registration, the facts of it and of those it means something together with. */
const FACTS_TOGETHER: ReadonlyMap<string, readonly (string | undefined)[]> = new Map(
  (goldenFields satisfies readonly GoldenField[]).map(
    (field: GoldenField, _, fields: readonly GoldenField[]) => [
      field.name,
      field.together === undefined
        ? [field.fact]
        : fields.filter(({ together }) => together === field.together).map(({ fact }) => fact),
    ],
  ),
)

/** Of what is not yet valid the name counts as well, so an organisation without a row never gets one by time alone. */
function chooseName({ registrations, licences, penalties }: Survivors): Choice {
  const others = [...licences, ...penalties]
    .filter(({ loss }) => !isEnded(loss))
    .map(({ standing }) => standing)
    .sort((left, right) => compareSightings(right, left))
  const [winner, ...rest]: readonly StandingRecord[] = [...registrations, ...others]
  const reason =
    winner?.record.type === 'registration' ? 'registration states the name' : 'later statement of the name'
  return {
    rule: winner?.record.type === 'registration' ? 'latest registration' : 'latest licence or penalty',
    value: winner === undefined ? null : nameIn(winner.record),
    won: winner === undefined ? [] : [winner],
    lost: () =>
      rest.map((standing) => ({
        standing,
        reason: standing.record.type === 'registration' ? 'later registration' : reason,
        value: nameIn(standing.record),
      })),
  }
}

function nameIn(record: FactRecord): string {
  return record.type === 'registration' ? record.facts.name : record.facts.subjectName
}

function chooseList(field: GoldenField, judged: readonly Judged[], rule: string): Choice {
  const won = judged.filter(({ loss }) => loss === undefined).map(({ standing }) => standing)
  return {
    rule,
    value: won.map(({ record }) => structOf(field, record)),
    won,
    lost: () =>
      judged.flatMap(({ standing, loss }) => {
        if (loss === undefined) return []
        const value = loss === 'publication ended' ? null : structOf(field, standing.record)
        return [{ standing, reason: loss, value }]
      }),
  }
}

function structOf(field: GoldenField, record: FactRecord): Json {
  const members = field.members ?? []
  return Object.fromEntries(members.map(({ name, fact }) => [name, factOf(record, fact)]))
}

/** Null where the record does not state it. */
function factOf(record: FactRecord, fact: string | undefined): Json {
  const facts: Readonly<Record<string, Json | undefined>> = record.facts
  return (fact === undefined ? undefined : facts[fact]) ?? null
}

/** The authorities that gave some field its value. */
function sourcesOf(choices: Iterable<Choice>): readonly string[] {
  const authorities = new Set<string>()
  for (const { won } of choices) for (const { record } of won) authorities.add(record.authority)
  return [...authorities].sort(compareUtf8)
}

function referenceTo({ record, digest, sighting }: StandingRecord): RecordReference {
  return {
    type: record.type,
    authority: record.authority,
    document: record.document,
    digest,
    entry: sighting.entry,
  }
}

import type { Json } from '../base/canonical.ts'
import type { Instant } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import { organisationCodeOf } from '../identity/uscc.ts'
import type { FactRecord, StandingRecord } from '../records/record.ts'
import type { Policy } from '../settings.ts'
import {
  type GoldenField,
  type GoldenFieldName,
  type GoldenRecord,
  goldenFieldNames,
  goldenFields,
  LAST_DAY,
} from './golden-record.ts'
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
 * Raised with every change in what `fuse` answers for the same input, or in which records stand (as-of.ts): a dataset is
 * built anew under new rules. A test holds it against recorded answers.
 */
export const FUSION_VERSION = 6

/**
 * One organisation's golden record, with where each field came from. The order of the records does not matter.
 * Its `name` is null when nothing stands and nothing will: every record has ended, and there is no row to show.
 */
export function fuse(input: FuseInput): Fused {
  const decided = decide(input)
  const provenance: Partial<Record<GoldenFieldName, Provenance>> = {}
  for (const [name, choice] of decided.choices) {
    const lost = choice.lost()
    if (choice.won.length + lost.length === 0) continue
    provenance[name] = {
      rule: choice.rule,
      won: choice.won.map(referenceTo),
      lost: lost.map(({ standing, reason, value }) => ({ ...referenceTo(standing), value, reason })),
    }
  }
  // Every name of the table is asked for, which fromEntries' type cannot tell
  const record = Object.fromEntries(valuesOf(decided, goldenFieldNames)) as GoldenRecord
  return { record, provenance, nextChangeAt: decided.nextChangeAt }
}

/** Some fields of the golden record alone, for those who make many; undefined where there is no row to show. */
export function fuseRow(
  input: FuseInput,
  names: readonly GoldenFieldName[],
): Readonly<Partial<Record<GoldenFieldName, Json>>> | undefined {
  const decided = decide(input)
  if (!decided.choices.has('name')) return undefined
  return Object.fromEntries(valuesOf(decided, names))
}

type Loss = { readonly standing: StandingRecord; readonly reason: LossReason; readonly value: Json }

/** Worked out when asked for: a dataset has no use for what lost, nor for the fields of a case. */
type Choice = {
  readonly rule: string
  readonly value: () => Json
  readonly won: readonly StandingRecord[]
  readonly lost: () => readonly Loss[]
}

type Decided = {
  readonly uscc: string
  readonly choices: ReadonlyMap<GoldenFieldName, Choice>
  readonly nextChangeAt: Instant | null
}

function decide({ uscc, records, validAt }: FuseInput): Decided {
  const standing = survivors(records, validAt)
  const choices = new Map<GoldenFieldName, Choice>()
  for (const field of goldenFields) {
    const choice = choose(field, standing)
    if (choice !== undefined) choices.set(field.name, choice)
  }
  return { uscc, choices, nextChangeAt: standing.nextChangeAt }
}

function valuesOf(decided: Decided, names: readonly GoldenFieldName[]): readonly [GoldenFieldName, Json][] {
  return names.map((name) => [name, decided.choices.get(name)?.value() ?? derived(decided, name)])
}

/** The fields that are not chosen among records. */
function derived({ uscc, choices, nextChangeAt }: Decided, name: GoldenFieldName): Json {
  switch (name) {
    case 'uscc':
      return uscc
    case 'organisation_code':
      return organisationCodeOf(uscc)
    case 'division':
      return uscc.slice(2, 8)
    case 'sources':
      return sourcesOf(choices.values())
    case 'next_change_at':
      return nextChangeAt
    default:
      return null
  }
}

function choose(field: GoldenField, standing: Survivors): Choice | undefined {
  switch (field.rule) {
    case 'registration':
      return chooseRegistration(field, standing)
    case 'name':
      return chooseName(standing)
    case 'decisions':
      return chooseList(field, standing)
    default:
      return undefined
  }
}

/** The latest registration gives all it states; what it does not state falls to the next one that does. */
function chooseRegistration(field: GoldenField, { registrations }: Survivors): Choice | undefined {
  const group = FACTS_TOGETHER.get(field.name) ?? []
  const at = registrations.findIndex(({ record }) => group.some((fact) => factOf(record, fact) !== null))
  const winner = registrations[at]
  if (winner === undefined) return undefined
  return {
    rule: at > 0 ? 'earlier registration: the latest does not state it' : 'latest registration',
    value: () => factOf(winner.record, field.fact),
    won: [winner],
    lost: () =>
      registrations.slice(at + 1).flatMap((standing) => {
        const value = factOf(standing.record, field.fact)
        return value === null ? [] : [{ standing, reason: 'later registration' as const, value }]
      }),
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
function chooseName({ registrations, decisions }: Survivors): Choice | undefined {
  const others = [...decisions.values()]
    .flat()
    .filter(({ loss }) => !isEnded(loss))
    .map(({ standing }) => standing)
    .sort((left, right) => compareSightings(right, left))
  const [winner, ...rest]: readonly StandingRecord[] = [...registrations, ...others]
  if (winner === undefined) return undefined
  const isRegistration = winner.record.type === 'registration'
  const reason = isRegistration ? 'registration states the name' : 'later statement of the name'
  return {
    rule: isRegistration ? 'latest registration' : 'latest other record',
    value: () => nameIn(winner.record),
    won: [winner],
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

function chooseList(field: GoldenField, { decisions }: Survivors): Choice {
  const judged = (field.of && decisions.get(field.of)) ?? []
  const won = judged.filter(({ loss }) => loss === undefined)
  return {
    rule: 'all in force that may be published',
    value: () => won.map((each) => structOf(field, each)),
    won: won.map(({ standing }) => standing),
    lost: () =>
      judged.flatMap((each) => {
        const { standing, loss } = each
        if (loss === undefined) return []
        return [{ standing, reason: loss, value: UNSHOWN.has(loss) ? null : structOf(field, each) }]
      }),
  }
}

/** Of what may not be published not even those who examine a result see what it said. */
const UNSHOWN: ReadonlySet<LossReason> = new Set<LossReason>([
  'withdrawn',
  'publication ended',
  'held back from publication',
])

function structOf(field: GoldenField, { standing, lastDay }: Judged): Json {
  const struct: Record<string, Json> = {}
  for (const { name, fact } of field.members ?? []) {
    struct[name] = fact === LAST_DAY ? (lastDay ?? null) : factOf(standing.record, fact)
  }
  return struct
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

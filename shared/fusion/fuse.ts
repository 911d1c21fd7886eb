import { canonicalJson, type Json } from '../base/canonical.ts'
import type { Instant } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import { organisationCodeOf } from '../identity/uscc.ts'
import { publicationState, publicationTurns } from '../records/publication.ts'
import type { StandingRecord } from '../records/record.ts'
import { type FusionRule, type GoldenField, type GoldenFieldName, type GoldenRecord, goldenFields } from './golden-record.ts'
import { type LossReason, type Survival, surviveDocuments, surviveName, surviveRegistration } from './survivorship.ts'

/** Which records a field's value came from, by which rule, and what lost. */
export type Provenance = {
  readonly rule: FusionRule
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
  readonly provenance: Readonly<Partial<Record<GoldenFieldName, Provenance>>>
  /** The instant at which time alone will change the row; null if none will. */
  readonly nextChangeAt: Instant | null
}

export type FuseInput = {
  readonly uscc: string
  readonly records: readonly StandingRecord[]
  readonly validAt: Instant
}

/**
 * Fuses the records that stand for one organisation into its golden record as it is valid at an instant. Pure, and
 * blind to the order of the records. Undefined where nothing may be said: no registration, nothing in its period
 * and nothing whose period is to come.
 */
export function fuse(input: FuseInput): Fused | undefined {
  const nextChangeAt = findNextChange(input)
  const live = input.records.some(
    ({ record }) => record.type === 'registration' || publicationState(record, input.validAt) === 'current',
  )
  if (!live && nextChangeAt === null) return undefined
  const { record, provenance } = fuseAt(input, input.validAt)
  return { record: { ...record, next_change_at: nextChangeAt }, provenance, nextChangeAt }
}

type FusedAt = Pick<Fused, 'record' | 'provenance'>

function fuseAt(input: FuseInput, at: Instant): FusedAt {
  const record: Partial<Record<GoldenFieldName, Json>> = {}
  const provenance: Partial<Record<GoldenFieldName, Provenance>> = {}
  for (const field of goldenFields) {
    const survival = survive(field, input, at)
    record[field.name] = survival.value
    if (survival.won.length + survival.lost.length > 0) provenance[field.name] = trace(field, survival)
  }
  return { record: record as GoldenRecord, provenance }
}

function survive(field: GoldenField, input: FuseInput, at: Instant): Survival {
  const { records, uscc } = input
  switch (field.rule) {
    case 'registration':
      return surviveRegistration(field, records)
    case 'name':
      return surviveName(records)
    case 'licences':
    case 'penalties':
      return surviveDocuments(field, records, at)
    case 'sources':
      return { value: sourcesOf(records, at), won: [], lost: [] }
    case 'code':
      return { value: codePart(field.name, uscc), won: [], lost: [] }
    case 'clock':
      return { value: null, won: [], lost: [] }
  }
}

function codePart(name: string, uscc: string): string {
  if (name === 'organisation_code') return organisationCodeOf(uscc)
  return name === 'division' ? uscc.slice(2, 8) : uscc
}

function sourcesOf(records: readonly StandingRecord[], at: Instant): readonly string[] {
  const current = records.filter(({ record }) => publicationState(record, at) === 'current')
  return [...new Set(current.map(({ record }) => record.authority))].sort(compareUtf8)
}

// A turn of one record need not show: another statement of the same document may take its place
function findNextChange(input: FuseInput): Instant | null {
  const turns = [...new Set(input.records.flatMap(({ record }) => publicationTurns(record)))]
  const ahead = turns.filter((turn) => turn > input.validAt).sort()
  if (ahead.length === 0) return null
  const now = canonicalJson(fuseAt(input, input.validAt).record)
  return ahead.find((turn) => canonicalJson(fuseAt(input, turn).record) !== now) ?? null
}

function trace(field: GoldenField, survival: Survival): Provenance {
  return {
    rule: field.rule,
    won: survival.won.map(reference),
    lost: survival.lost.map(({ standing, value, reason }) => ({ ...reference(standing), value, reason })),
  }
}

function reference({ record, digest, sighting }: StandingRecord): RecordReference {
  return {
    type: record.type,
    authority: record.authority,
    document: record.document,
    digest,
    entry: sighting.entry,
  }
}

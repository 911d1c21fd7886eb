import type { Json } from '../base/canonical.ts'
import type { Instant } from '../base/instant.ts'
import type { StandingRecord } from '../records/record.ts'
import type { Policy } from '../settings.ts'
import type { GoldenFieldName, GoldenRecord } from './golden-record.ts'

/** Which records a field's value came from, by which rule, and what lost. */
export type Provenance = {
  readonly rule: string
  readonly won: readonly RecordReference[]
  readonly lost: readonly (RecordReference & { readonly value: Json; readonly reason: string })[]
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
  readonly policy: Policy
  readonly validAt: Instant
}

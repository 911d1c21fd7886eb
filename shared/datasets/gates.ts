import type { CheckedFile } from './checked-file.ts'
import type { DataFile } from './manifest.ts'
import type { Check, Quality } from './quality.ts'
import { type QualityRule, type QualityRuleId, qualityRules } from './quality-rules.ts'

/** A gate that keeps a version from being published. */
export type GateFinding = { readonly id: string; readonly failing: number }

export type CheckInput = {
  readonly built: readonly CheckedFile[]
  readonly files: readonly DataFile[]
  /** The parent's quality and rows, for the files that are still the parent's. */
  readonly parent: { readonly quality: Quality; readonly rows: number } | undefined
  /** How many days the clock is ahead of what is known to have been, where that is too many to be believed. */
  readonly daysAhead: number
  readonly accept: Acceptance
}

/** Which gates whoever asks for a version has let it through. */
export type Acceptance = {
  /** It may have far fewer rows than the one before. */
  readonly acceptDrop?: boolean
  /** Its clock may be far ahead of all there was before. */
  readonly acceptClock?: boolean
}

/** What fails each rule: counted now in the files built now, in the others when they were built. */
export function checkFiles(input: CheckInput): readonly Check[] {
  return qualityRules.map((rule: QualityRule & { readonly id: QualityRuleId }) => {
    if (rule.id === 'rows-fallen') return checkRows(rule, input)
    if (rule.id === 'clock-ahead') return checkClock(rule, input)
    const buckets = input.files.flatMap(({ bucket }) => {
      const failing = countIn(bucket, rule, input)
      return failing === 0 ? [] : [{ bucket, failing }]
    })
    const failing = buckets.reduce((sum, each) => sum + each.failing, 0)
    return { ...described(rule), failing, accepted: false, buckets }
  })
}

/** The gates that failed and were not let through. */
export function closedGates(checks: readonly Check[]): readonly GateFinding[] {
  return checks
    .filter(({ severity, failing, accepted }) => severity === 'gate' && failing > 0 && !accepted)
    .map(({ id, failing }) => ({ id, failing }))
}

function described({ id, zh, en, severity }: QualityRule) {
  return { id, zh, en, severity }
}

function countIn(bucket: number, rule: QualityRule, { built, parent }: CheckInput): number {
  const now = built.find(({ file }) => file.bucket === bucket)
  if (now !== undefined) return now.failing.get(rule.id) ?? 0
  const check = parent?.quality.checks.find(({ id }) => id === rule.id)
  return check?.buckets.find((each) => each.bucket === bucket)?.failing ?? 0
}

function checkRows(rule: QualityRule, { files, parent, accept }: CheckInput): Check {
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  const before = parent?.rows ?? 0
  const failing = rows < before * (1 - LARGEST_DROP) ? before - rows : 0
  return { ...described(rule), failing, accepted: failing > 0 && accept.acceptDrop === true, buckets: [] }
}

function checkClock(rule: QualityRule, { daysAhead: failing, accept }: CheckInput): Check {
  return { ...described(rule), failing, accepted: failing > 0 && accept.acceptClock === true, buckets: [] }
}

const LARGEST_DROP = 0.2

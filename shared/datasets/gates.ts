import { chinaDate, type Instant } from '../base/instant.ts'
import type { BuiltFile } from './build.ts'
import { columnTypes } from './columns.ts'
import { type Engine, literal } from './engine.ts'
import type { DataFile } from './manifest.ts'
import type { Check, Quality } from './quality.ts'
import { type QualityRule, type QualityRuleId, qualityRules } from './quality-rules.ts'

/** A gate that keeps a version from being published. */
export type GateFinding = { readonly id: string; readonly failing: number }

export type CheckInput = {
  readonly built: readonly BuiltFile[]
  readonly files: readonly DataFile[]
  /** The parent's quality and rows, for the files that are still the parent's. */
  readonly parent: { readonly quality: Quality; readonly rows: number } | undefined
  readonly validAt: Instant
  /** Lets a version through that has far fewer rows than the one before. */
  readonly acceptDrop: boolean
}

type Counts = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Counts what fails each rule: in the new files afresh, in the others as when they were built. */
export async function checkFiles(engine: Engine, input: CheckInput): Promise<readonly Check[]> {
  const fresh = await countFailing(engine, input)
  return qualityRules.map((rule: QualityRule & { readonly id: QualityRuleId }) => {
    if (rule.id === 'rows-fallen') return checkRows(rule, input)
    const buckets = input.files.flatMap(({ bucket }) => {
      const failing = fresh.get(rule.id)?.get(bucket) ?? carried(rule, bucket, input)
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

function carried(rule: QualityRule, bucket: number, { parent }: CheckInput): number {
  const check = parent?.quality.checks.find(({ id }) => id === rule.id)
  return check?.buckets.find((each) => each.bucket === bucket)?.failing ?? 0
}

function checkRows(rule: QualityRule, { files, parent, acceptDrop }: CheckInput): Check {
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  const before = parent?.rows ?? 0
  const failing = rows < before * (1 - LARGEST_DROP) ? before - rows : 0
  return { ...described(rule), failing, accepted: failing > 0 && acceptDrop, buckets: [] }
}

const LARGEST_DROP = 0.2

async function countFailing(engine: Engine, { built, validAt }: CheckInput): Promise<Counts> {
  const rules: readonly QualityRule[] = qualityRules
  const counts = new Map(rules.map(({ id }) => [id, new Map<number, number>()]))
  for (const { local, file } of built) {
    const differ = await haveOtherColumns(engine, local)
    counts.get('columns-differ' satisfies QualityRuleId)?.set(file.bucket, differ ? 1 : 0)
    // The other rules name columns, which are not there to be counted
    if (differ) continue
    const select = rules.flatMap(({ id, failing }) =>
      failing === undefined ? [] : [`(${failing(chinaDate(validAt))})::INTEGER AS "${id}"`],
    )
    const [row] = await engine.query(`SELECT ${select.join(', ')} FROM read_parquet(${literal(local)})`)
    for (const [id, failing] of Object.entries(row ?? {})) counts.get(id)?.set(file.bucket, Number(failing))
  }
  return counts
}

async function haveOtherColumns(engine: Engine, local: string): Promise<boolean> {
  const found = await engine.query(`DESCRIBE SELECT * FROM read_parquet(${literal(local)})`)
  const described = found.map((column) => `${column['column_name']} ${column['column_type']}`)
  return described.join('\n') !== columnTypes.map((column) => column.join(' ')).join('\n')
}

import { z } from 'zod'
import type { CalendarDate } from '../base/instant.ts'
import { columnTypes } from './columns.ts'
import { type Engine, literal } from './engine.ts'
import { instantSchema } from './manifest.ts'
import { type QualityRule, type QualityRuleId, qualityRules } from './quality-rules.ts'

export const checkSchema = z.strictObject({
  id: z.string(),
  zh: z.string(),
  en: z.string(),
  severity: z.enum(['gate', 'report']),
  failing: z.int().min(0),
  /** A gate that failed and was let through, by whoever asked for the version. */
  accepted: z.boolean(),
  /** Where the failing rows are; each file was checked when it was built. */
  buckets: z.array(z.strictObject({ bucket: z.int().min(0), failing: z.int().min(1) })),
})
/** One check of the table and how many rows (or files, or rows too few) fail it. */
export type Check = z.infer<typeof checkSchema>

export const qualitySchema = z.strictObject({
  dataset: z.string(),
  version: z.int().min(1),
  validAt: instantSchema,
  rows: z.int().min(0),
  checks: z.array(checkSchema),
})
/** What `quality.json` says: failing counts, never a mean alone. */
export type Quality = z.infer<typeof qualitySchema>

/** How many rows of a file fail each rule that is counted by file, on a day in China. */
export async function countFailing(
  engine: Engine,
  local: string,
  today: CalendarDate,
): Promise<ReadonlyMap<string, number>> {
  const differs: QualityRuleId = 'columns-differ'
  // The other rules name columns, which are not there to be counted
  if (await hasOtherColumns(engine, local)) return new Map([[differs, 1]])
  const select = qualityRules.flatMap(({ id, failing }: QualityRule) =>
    failing === undefined ? [] : [`(${failing(today)})::INTEGER AS "${id}"`],
  )
  const [row] = await engine.query(`SELECT ${select.join(', ')} FROM read_parquet(${literal(local)})`)
  return new Map(Object.entries(row ?? {}).map(([id, failing]) => [id, Number(failing)]))
}

async function hasOtherColumns(engine: Engine, local: string): Promise<boolean> {
  const found = await engine.query(`DESCRIBE SELECT * FROM read_parquet(${literal(local)})`)
  const described = found.map((column) => `${column['column_name']} ${column['column_type']}`)
  return described.join('\n') !== columnTypes.map((column) => column.join(' ')).join('\n')
}

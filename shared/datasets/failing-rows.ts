import type { CalendarDate } from '../base/instant.ts'
import { columnTypes } from './columns.ts'
import { type Engine, literal } from './engine.ts'
import { type QualityRule, type QualityRuleId, qualityRules } from './quality-rules.ts'

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

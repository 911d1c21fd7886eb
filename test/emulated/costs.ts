import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { type Counted, countCosts, FILE_RECORDS, wholeOf } from './counting.ts'
import { type Counts, NOTHING } from './meter.ts'

/** What DynamoDB, S3 and SQS are asked for a submission, by the code that the functions run. */
export function costs(): void {
  let counted: Counted
  beforeAll(async () => {
    counted = await countCosts()
  })

  test('is one write and no read for each record, new or known, with a USCC or without', () => {
    const { table, unresolved, itemBytes } = counted
    const write = (records: number, bytes: number): Counts => ({
      ...NOTHING,
      requests: records,
      writeUnits: records * Math.ceil(bytes / 1024),
    })
    expect(table.get('1,000 records, new')).toEqual(write(1_000, itemBytes.new))
    expect(table.get('1,000 records, known')).toEqual(write(1_000, itemBytes.known))
    expect(unresolved).toMatchObject({ requests: 10, readUnits: 0 })
  })

  test('is to the unit what docs/scale.md says', async () => {
    const text = await readFile(DOCUMENT, 'utf8')
    expect(Object.fromEntries(tableOf(text))).toEqual(Object.fromEntries(counted.table))
    const { itemBytes } = counted
    const [, item, sighting] = /item of (\d+) bytes[\s\S]*sighting adds (\d+) bytes/.exec(text) ?? []
    expect([Number(item), Number(sighting)]).toEqual([itemBytes.new, itemBytes.known - itemBytes.new])
  })

  test('is at the most a twentieth over what writing the records alone would take', () => {
    for (const way of [counted.message, counted.file]) {
      expect(wholeOf(way).writeUnits).toBeLessThan(1.05 * way.floorWriteUnits)
    }
    expect(counted.file.floorWriteUnits).toBe(FILE_RECORDS)
  })
}

const DOCUMENT = fileURLToPath(new URL('../../docs/scale.md', import.meta.url))
const COLUMNS = ['requests', 'writeUnits', 'readUnits', 'puts', 'gets', 'sends'] as const

/** The rows of the document's table of counts, by their names. */
function tableOf(text: string): readonly (readonly [string, Counts])[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', ...cells] = line.split('|').map((cell) => cell.trim())
    const figures = cells.slice(0, COLUMNS.length).map((cell) => Number(cell.replaceAll(',', '')))
    if (figures.length < COLUMNS.length || figures.some(Number.isNaN)) return []
    return [[name, Object.fromEntries(COLUMNS.map((column, at) => [column, figures[at]])) as Counts] as const]
  })
}

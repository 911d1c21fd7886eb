import { readBatches, type SentFile } from './formats/registry.ts'
import { columnFinder, findHeader, HEADER_SEARCH_ROWS } from './header.ts'
import type { Layout } from './layouts/layout.ts'
import { layouts } from './layouts/registry.ts'

export type Detection =
  | { readonly outcome: 'found'; readonly layout: Layout }
  /** Several have the same columns, and what the file means its header does not say. */
  | { readonly outcome: 'tied'; readonly layouts: readonly Layout[] }
  | { readonly outcome: 'none' }

/**
 * Tells a file's layout from its header, or from the members of its first records: of the layouts whose required
 * columns are all there, the one that knows most columns. Throws `FileRefused` where the file cannot be read.
 */
export async function detectLayout(
  file: SentFile,
  candidates: readonly Layout[] = layouts,
): Promise<Detection> {
  const top = await readTop(file)
  const known = candidates.map((layout) => ({ layout, columns: countColumns(layout, top) }))
  const most = Math.max(0, ...known.map(({ columns }) => columns))
  const found = known.filter(({ columns }) => columns === most).map(({ layout }) => layout)
  const [layout, ...rivals] = found
  if (most === 0 || layout === undefined) return { outcome: 'none' }
  return rivals.length === 0 ? { outcome: 'found', layout } : { outcome: 'tied', layouts: found }
}

/** The rows among which a header is looked for; of records, the one row of all their members' names. */
type Top = readonly (readonly string[])[]

async function readTop(file: SentFile): Promise<Top> {
  let rows: Top = []
  for await (const batch of readBatches(file)) {
    if ('records' in batch) return [namesOf(batch.records.slice(0, HEADER_SEARCH_ROWS))]
    rows = rows.concat(batch.rows)
    if (rows.length >= HEADER_SEARCH_ROWS) break
  }
  return rows
}

function namesOf(records: readonly unknown[]): readonly string[] {
  const objects = records.filter((each) => typeof each === 'object' && each !== null)
  return [...new Set(objects.flatMap((each) => Object.keys(each)))]
}

/** How many of a layout's columns a header names; 0 where it is none of the layout's. */
function countColumns(layout: Layout, top: Top): number {
  const header = findHeader(layout, top)
  // Two columns that mean one field are a fault of the file, which is told when it is read
  const isHeader = !('code' in header) || header.code === 'HEADER_AMBIGUOUS'
  if (!isHeader) return 0
  const columnOf = columnFinder(layout)
  return Math.max(...top.map((cells) => new Set(cells.map(columnOf).filter(Boolean)).size))
}

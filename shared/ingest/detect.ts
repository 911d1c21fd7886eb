import { columnFinder, foldHeader, REFUSED_BEFORE } from './columns.ts'
import { readBatches, type SentFile } from './formats/registry.ts'
import { type Column, isKept, type Layout } from './layouts/layout.ts'
import { layouts } from './layouts/registry.ts'

/** Rows searched for the header: titles and 表格说明 stand above it in real files. */
export const HEADER_SEARCH_ROWS = 10

/**
 * The layouts that a file is in, as far as its header tells, or the members of its first records: none, one, or several
 * that have the same columns. Throws `FileRefused` where the file cannot be read.
 */
export async function detectFile(file: SentFile): Promise<readonly Layout[]> {
  let rows: readonly (readonly string[])[] = []
  for await (const batch of readBatches(file)) {
    if ('records' in batch) {
      // A first record may be longer than what is read at once
      if (batch.records.length === 0) continue
      return detectLayouts([memberNames(batch.records)])
    }
    rows = rows.concat(batch.rows)
    if (rows.length >= HEADER_SEARCH_ROWS) break
  }
  return detectLayouts(rows)
}

/** The layouts that a table is in, as far as its header tells: all that they require is there, and they know most of it. */
export function detectLayouts(rows: readonly (readonly string[])[]): readonly Layout[] {
  let [found, most]: [Layout[], number] = [[], 0]
  for (const cells of rows.slice(0, HEADER_SEARCH_ROWS)) {
    for (const layout of layouts) {
      const known = countKnown(layout, cells) + countOwn(layout, cells) / WIDEST
      if (known >= 1 && known > most) [found, most] = [[], known]
      if (known === most && known >= 1) found.push(layout)
    }
  }
  return found
}

/** How many columns that are kept a layout knows in a header; 0 where it lacks one that is required. */
export function countKnown(layout: Layout, cells: readonly string[]): number {
  const known = knownColumns(layout, cells)
  const isComplete = layout.columns.every((column) => !column.required || known.has(column))
  const kept = [...known].filter(isKept)
  return isComplete && kept.some(isTelling) ? kept.length : 0
}

/** How many columns that are kept a layout knows in a header or among members. */
export function countColumns(layout: Layout, names: readonly string[]): number {
  return [...knownColumns(layout, names)].filter(isKept).length
}

function knownColumns(layout: Layout, names: readonly string[]): ReadonlySet<Column> {
  const columns = names.slice(0, WIDEST).map(columnFinder(layout))
  return new Set(columns.filter((column) => column !== undefined))
}

// Lists of every kind name organisations, and what they say of them nobody knows here
function isTelling({ fact, required }: Column): boolean {
  return fact !== undefined && !(required && /^(?:name|subjectName)$/.test(fact))
}

/** How many headers are spelt as the layout itself has them: of two standards' files with the same columns it tells which. */
function countOwn({ columns }: Layout, cells: readonly string[]): number {
  const own = new Set(columns.flatMap(({ code, headers: [first = code] }) => [code, first]).map(foldHeader))
  return cells.slice(0, WIDEST - 1).filter((cell) => own.has(foldHeader(cell))).length
}

// No layout has half as many columns, and a row may have thousands
const WIDEST = 256

/** The names of all members that the first records have. */
export function memberNames(records: readonly unknown[]): readonly string[] {
  const objects = records
    .slice(0, HEADER_SEARCH_ROWS)
    .filter((each) => typeof each === 'object' && each !== null && !Array.isArray(each))
  return [...new Set(objects.flatMap((each) => Object.keys(each as object)))].filter(
    (name) => name !== REFUSED_BEFORE,
  )
}

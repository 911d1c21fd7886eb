import { isPlainCode } from './cell.ts'
import { type Column, isKept } from './layouts/layout.ts'

/**
 * What the archive keeps of a row beside its record, for a later mapping to read: the cells of the layout's columns,
 * under their codes, as JSON. Nothing but what the record's own texts came from and identifiers that hold: in the place
 * of one that does not (`unread`) may stand anything, a person's number too.
 */
export function sourceText(cells: ReadonlyMap<Column, string>, unread: readonly Column[]): string {
  const kept: Record<string, string> = {}
  for (const [column, cell] of cells) {
    if (cell === '' || !isKept(column) || (unread.includes(column) && !isFact(column, cell))) continue
    kept[column.code] = cell
  }
  return JSON.stringify(kept)
}

// A registration number that does not hold is no fact either, nor is a name in the place of a code
function isFact({ fact, kind }: Column, cell: string): boolean {
  if (fact === undefined || kind === 'registration-number') return false
  return kind !== 'identifier' || isPlainCode(cell)
}

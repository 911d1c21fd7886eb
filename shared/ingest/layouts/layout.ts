import type { RecordType } from '../../settings.ts'

/**
 * What a column's cell becomes.
 * `text` is free text; `number` a document or certificate number; `yuan-from-wan` an amount in 万元;
 * `past-date` the date of something that has happened; `end-date` a date where "no end" has many spellings; `coded` one
 * of a closed list; `year` the last day of one; the identifiers name the subject;
 * `identifier` is one of them, told by the shape of the value; `subject-class` says what kind of subject it is;
 * `subject-person` is a natural person's document: a resident ID in it refuses the row. `person-trait` is what only a
 * natural person has, such as an age: anything in it does. Both, `person` and `transport` are dropped before anything is
 * kept; a transport column tells about the export, not about the fact.
 */
export type ColumnKind =
  | 'text'
  | 'number'
  | 'date'
  | 'past-date'
  | 'end-date'
  | 'year'
  | 'yuan-from-wan'
  | 'capital'
  | 'code'
  | 'list'
  | 'coded'
  | 'organisation-type'
  | 'uscc'
  | 'organisation-code'
  | 'registration-number'
  | 'tax-number'
  | 'identifier'
  | 'subject-class'
  | 'subject-person'
  | 'person-trait'
  | 'person'
  | 'transport'

export type Column = {
  /** The standard's field code: how paths in receipts name the column. */
  readonly code: string
  /** Other spellings of the header, folded before they are compared (header.ts). */
  readonly headers: readonly string[]
  readonly kind: ColumnKind
  /** The member of the record's facts it fills. */
  readonly fact?: string
  readonly required?: true
  /** The fact that stands for this one where it is not stated; one of the two must be. */
  readonly orElse?: string
  /**
   * What stands for what, '' for nothing stated: all that a `coded` cell may hold; in a text or a list what is written
   * otherwise stays as it is.
   */
  readonly codes?: Readonly<Record<string, string>>
  /** In UTF-16 units; 4,000 unless said. */
  readonly maxLength?: number
}

/** Whether anything of a column's cells is kept, or leaves the sender's machine. */
export function isKept({ kind }: Column): boolean {
  return !NEVER_KEPT.has(kind)
}

const NEVER_KEPT: ReadonlySet<ColumnKind> = new Set([
  'person',
  'subject-person',
  'person-trait',
  'transport',
] as const)

export type Layout = {
  readonly name: string
  readonly version: number
  readonly recordType: RecordType
  readonly title: { readonly zh: string; readonly en: string }
  readonly source: string
  readonly columns: readonly Column[]
  /**
   * What names the document: the first group of facts that are all stated. None: one document for each subject. A
   * withdrawal is named by those of the type that it takes back.
   */
  readonly documentKeys: readonly (readonly string[])[]
  /** The fact whose text orders revisions before `sentAt` does; absent: `sentAt` alone does. */
  readonly revisionFact?: string
  /** What the layout says by being what it is. */
  readonly fixedFacts?: Readonly<Record<string, string>>
}

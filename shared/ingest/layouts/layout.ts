import type { RecordType } from '../../settings.ts'
import type { RefusalCode } from '../refusal.ts'

const identifierRefusals = [
  'SUBJECT_NATURAL_PERSON',
  'SUBJECT_INDIVIDUAL_BUSINESS',
  'SUBJECT_IDENTIFIER_INVALID',
  'USCC_CHECK_FAILED',
  'USCC_ORGANISATION_CODE_FAILED',
  'USCC_DEPARTMENT_UNKNOWN',
  'USCC_AMBIGUOUS',
] as const

type KindRow = {
  readonly meaning: string
  /** Why a cell of this kind refuses its record, beside what any cell does. */
  readonly refusals: readonly RefusalCode[]
  /** It is dropped before anything is kept, and stays at the sender. */
  readonly dropped?: true
  /** Nor does anybody look at what its cells say. */
  readonly unread?: true
}

/** What becomes of a column's cells. */
// biome-ignore format: a table reads by rows
export const columnKinds = {
  text: { meaning: 'free text', refusals: [] },
  number: { meaning: 'the number of a document or certificate, kept as written and compared folded', refusals: [] },
  date: { meaning: 'a date', refusals: ['DATE_INVALID'] },
  'past-date': { meaning: 'the date of something that has happened', refusals: ['DATE_INVALID', 'DATE_IN_FUTURE'] },
  'end-date': { meaning: 'a date, where “no end” has many spellings', refusals: ['DATE_INVALID'] },
  'end-or-period': { meaning: 'as an end-date, or a period counted from the decision (3年, 六个月), kept as its last day', refusals: ['DATE_INVALID'] },
  year: { meaning: 'a year, kept as its last day', refusals: ['DATE_INVALID'] },
  yuan: { meaning: 'an amount in 元 or the unit it names', refusals: ['AMOUNT_INVALID'] },
  'yuan-from-wan': { meaning: 'an amount in 万元 or the unit it names, kept in yuan', refusals: ['AMOUNT_INVALID'] },
  capital: { meaning: 'an amount in 万元 with its currency, or words', refusals: [] },
  'capital-in-yuan': { meaning: 'an amount in 元 with its currency, or words', refusals: [] },
  code: { meaning: 'a code', refusals: [] },
  list: { meaning: 'one or more of a kind, divided by semicolons or commas; 行政拘留 among them is a person’s', refusals: ['SUBJECT_NATURAL_PERSON'] },
  coded: { meaning: 'one of a closed list', refusals: ['FIELD_VALUE_UNKNOWN'] },
  'organisation-type': { meaning: 'the type of an organisation; that of an individual business refuses', refusals: ['SUBJECT_INDIVIDUAL_BUSINESS'] },
  uscc: { meaning: 'an identifier of the subject, by its shape', refusals: identifierRefusals },
  'organisation-code': { meaning: 'an identifier of the subject, by its shape', refusals: identifierRefusals },
  'registration-number': { meaning: 'an identifier of the subject, by its shape', refusals: identifierRefusals },
  'tax-number': { meaning: 'an identifier of the subject, by its shape', refusals: identifierRefusals },
  identifier: { meaning: 'an identifier of the subject, by its shape', refusals: identifierRefusals },
  'subject-class': { meaning: 'what kind of subject it is', refusals: ['SUBJECT_NATURAL_PERSON', 'SUBJECT_INDIVIDUAL_BUSINESS', 'FIELD_VALUE_UNKNOWN'] },
  'subject-person': { meaning: 'a natural person’s document: a number of one refuses', refusals: ['SUBJECT_NATURAL_PERSON'], dropped: true },
  'person-trait': { meaning: 'what only a natural person has, such as an age: anything refuses', refusals: ['SUBJECT_NATURAL_PERSON'], dropped: true },
  person: { meaning: 'about people', refusals: [], dropped: true, unread: true },
  transport: { meaning: 'about the export, not about the fact', refusals: [], dropped: true, unread: true },
} as const satisfies Readonly<Record<string, KindRow>>

export type ColumnKind = keyof typeof columnKinds

export type Column = {
  /** The standard's field code: how paths in receipts name the column. */
  readonly code: string
  /** Other spellings of the header, folded before they are compared (columns.ts). */
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
  const row: KindRow = columnKinds[kind]
  return row.dropped !== true
}

/** Whether nobody looks at what a column's cells say, so that two of them don't contend. */
export function isUnread({ kind }: Column): boolean {
  const row: KindRow = columnKinds[kind]
  return row.unread === true
}

export type Layout = {
  readonly name: string
  readonly version: number
  readonly recordType: RecordType
  readonly title: { readonly zh: string; readonly en: string }
  /** The standard that its codes are of; absent where no published one was found. */
  readonly standard?: string
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

/** Where a layout's codes and headers are from. */
export function describeStandard({ standard }: Layout): string {
  return standard ?? 'no published schema was found: the codes are ours, the headers the words of the field'
}

/** Why a record in a layout may be refused. */
export function refusalsOf({ columns }: Layout): readonly RefusalCode[] {
  const codes = columns.flatMap(({ kind }): readonly RefusalCode[] => columnKinds[kind].refusals)
  return [...new Set([...RECORD_REFUSALS, ...codes])]
}

const RECORD_REFUSALS = [
  'TEXT_NOT_WELL_FORMED',
  'TEXT_PERSONAL_DATA',
  'FIELD_MISSING',
  'FIELD_TOO_LONG',
  'SUBJECT_IDENTIFIER_MISSING',
  'IDENTIFIERS_DISAGREE',
] as const satisfies readonly RefusalCode[]

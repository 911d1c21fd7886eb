import { z } from 'zod'
import type { CalendarDate } from '../base/instant.ts'
import type { Key, Store, Write } from '../ports.ts'
import type { Receipt } from './receipt.ts'
import { type RefusalCode, refusalCodes } from './refusal.ts'

/**
 * Why records are refused that their sender can mend, in groups by what there is to look at. In none of them is what
 * nobody can mend: a record about a natural person or an individual business.
 */
export const reasonGroups = {
  'subject-code': {
    title: { zh: '主体代码有疑问', en: 'The codes of the organisation' },
    codes: [
      'SUBJECT_IDENTIFIER_MISSING',
      'SUBJECT_IDENTIFIER_INVALID',
      'USCC_CHECK_FAILED',
      'USCC_ORGANISATION_CODE_FAILED',
      'USCC_DEPARTMENT_UNKNOWN',
      'USCC_AMBIGUOUS',
      'IDENTIFIERS_DISAGREE',
    ],
  },
  missing: { title: { zh: '必填项缺失', en: 'A field that is required' }, codes: ['FIELD_MISSING'] },
  value: {
    title: { zh: '取值不合规', en: 'A value of another form' },
    codes: ['FIELD_TOO_LONG', 'FIELD_NOT_TEXT', 'FIELD_VALUE_UNKNOWN', 'AMOUNT_INVALID'],
  },
  date: { title: { zh: '日期有疑问', en: 'A date' }, codes: ['DATE_INVALID', 'DATE_IN_FUTURE'] },
  row: {
    title: { zh: '行格式错误', en: 'The form of the row' },
    codes: ['ROW_NOT_JSON', 'ROW_SHAPE', 'TEXT_NOT_WELL_FORMED', 'HEADER_AMBIGUOUS'],
  },
  'personal-data': {
    title: { zh: '含个人信息', en: 'A number of a person, to be left out' },
    codes: ['TEXT_PERSONAL_DATA', 'HEADER_PERSONAL_DATA'],
  },
} as const satisfies Record<string, Group>

type Group = {
  readonly title: { readonly zh: string; readonly en: string }
  readonly codes: readonly RefusalCode[]
}
export type ReasonGroup = keyof typeof reasonGroups
export const reasonGroupNames = Object.keys(reasonGroups) as [ReasonGroup, ...ReasonGroup[]]

const groupOfCode = new Map<RefusalCode, ReasonGroup>(
  reasonGroupNames.flatMap((name) => reasonGroups[name].codes.map((code) => [code, name] as const)),
)

/** The group of a reason; undefined where the record is not to be mended, and not in quarantine. */
export function groupOf(code: RefusalCode): ReasonGroup | undefined {
  return groupOfCode.get(code)
}

/** Of a submission with records in quarantine: how many for each reason. Which they are, its outcomes tell. */
export const quarantineSchema = z.strictObject({
  layout: z.string(),
  /** The last day in China on which they may be mended. */
  until: z.string(),
  refusals: z.partialRecord(z.enum(refusalCodes), z.int()),
})
export type Quarantine = z.infer<typeof quarantineSchema>

/** Which records of another submission of the authority a submission has in mended form. */
export const mendsSchema = z.strictObject({
  submissionId: z.string().max(100),
  /** Their places there, in the order of the records here; every one that is open where it is left out. */
  places: z.array(z.int().min(0)).min(1).max(10_000).optional(),
})
export type Mends = z.infer<typeof mendsSchema>

/** Places as text, as a query or an option has them: whole numbers with commas between, and nothing else. */
export const placesSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,8})(,(0|[1-9]\d{0,8}))*$/)
  .transform((text) => text.split(',').map(Number))

export function quarantinePartition(authority: string) {
  return { table: 'ledger', partition: `quarantine#${authority}` } as const
}

/** Submissions that mend records of this one, each under its id. */
export function mendedPartition(authority: string, submissionId: string) {
  return { table: 'ledger', partition: `mended#${authority}#${submissionId}` } as const
}

function quarantineKey(authority: string, submissionId: string): Key {
  return { ...quarantinePartition(authority), sort: submissionId }
}

/** What is written with a receipt: which of its records are in quarantine, and which of another's it mends. */
export function quarantineWrites(receipt: Receipt): readonly Write[] {
  const { authority, submissionId, layout, correctionsUntil: until = '', mends } = receipt
  if (receipt.refusal !== undefined) return []
  const refusals = Object.fromEntries(
    Object.entries(receipt.refusals ?? {}).filter(([code]) => groupOf(code as RefusalCode) !== undefined),
  )
  const writes: Write[] = []
  if (Object.keys(refusals).length > 0)
    writes.push({
      key: quarantineKey(authority, submissionId),
      value: { layout, until, refusals },
      when: 'absent',
    })
  if (mends !== undefined) {
    const key = { ...mendedPartition(authority, mends.submissionId), sort: submissionId }
    writes.push({ key, value: { places: mends.places ?? null }, when: 'absent' })
  }
  return writes
}

export async function findQuarantine(
  store: Store,
  authority: string,
  submissionId: string,
): Promise<Quarantine | undefined> {
  const item = await store.find(quarantineKey(authority, submissionId))
  return item && quarantineSchema.parse(item.value)
}

/** Whether the day is past until which records may be mended. */
export function isLapsed({ until }: Pick<Quarantine, 'until'>, today: CalendarDate): boolean {
  return until < today
}

import type { RefusalCode } from './refusal.ts'

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

import type { Column, Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

/** Two entries of one day differ by their reason; a number, where there is one, tells more. */
export const listingKeys: Layout['documentKeys'] = [
  ['documentNumber'],
  ['decidedOn', 'decidedBy', 'reason'],
  ['decidedOn', 'decidedBy'],
]

const REASONS = ['原因', '原因类型', '原因类型名称']

/** The columns of a list that organisations are put on and removed from; both kinds of list have the same ones. */
export function listingColumns(listWords: readonly string[]): readonly Column[] {
  const reasons = (...deeds: readonly string[]): readonly string[] => [
    ...listWords.flatMap((word) => deeds.flatMap((deed) => REASONS.map((reason) => deed + word + reason))),
    ...deeds.map((deed) => `${deed}原因`),
  ]
  const days = (deed: string): readonly string[] => listWords.map((word) => `${deed}${word}日期`)
  const bodies = (deed: string): readonly string[] => listWords.map((word) => `作出决定机关(${deed}${word})`)
  // biome-ignore format: a table reads by rows
  return [
    ...organisationColumns(),
    { code: 'in_doc_no', headers: ['列入决定书文号', '列入文号', '列入决定文书号'], kind: 'number', fact: 'documentNumber', maxLength: 256 },
    { code: 'in_dt', headers: ['列入日期', '列入时间', '设立日期', ...days('列入'), ...days('纳入')], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'in_reason', headers: reasons('列入', '纳入'), kind: 'text', fact: 'reason' },
    { code: 'in_org', headers: ['作出决定机关(列入)', '作出决定机关(列入机关)', '作出决定机关', '列入决定机关', '列入决定机关名称', '列入机关', '列入部门', '作出列入决定机关', ...bodies('列入')], kind: 'text', fact: 'decidedBy', required: true, maxLength: 400 },
    { code: 'out_dt', headers: ['移出日期', '移出时间', '移除日期', ...days('移出')], kind: 'date', fact: 'removedOn' },
    { code: 'out_reason', headers: reasons('移出'), kind: 'person' },
    { code: 'out_org', headers: ['作出决定机关(移出)', '作出决定机关(移出机关)', '移出决定机关', '移除决定机关', '移出决定机关名称', '移出机关', '移出部门', '作出移出决定机关', ...bodies('移出')], kind: 'text', fact: 'removedBy', maxLength: 400 },
    { code: 'public_to', headers: ['公示截止期', '公示截止日期'], kind: 'end-date', fact: 'publishedTo' },
  ]
}

import type { RecordType } from '../../settings.ts'
import type { Column, Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

/** 信息类别: what authorities call the types of records, beside the types themselves. */
const typeWords: Readonly<Record<string, Exclude<RecordType, 'withdrawal'>>> = {
  登记信息: 'registration',
  行政许可: 'licence',
  行政处罚: 'penalty',
  经营异常名录: 'abnormal-listing',
  严重违法失信名单: 'serious-listing',
}

const codes = { ...typeWords, ...Object.fromEntries(Object.values(typeWords).map((type) => [type, type])) }

/** What takes back names the document as it was filed: by its number, or by day, body and, if it has one, reason. */
export const withdrawalKeys: Layout['documentKeys'] = [
  ['documentNumber'],
  ['originalOn', 'decidedBy', 'originalReason'],
  ['originalOn', 'decidedBy'],
]

/**
 * The columns of a notice that takes something back. The subject stands as the record was filed, under the identifier it
 * was filed by.
 */
export function withdrawalColumns(word: string, dateHeaders: readonly string[]): readonly Column[] {
  // biome-ignore format: a table reads by rows
  return [
    ...organisationColumns(['信用主体名称', '行政相对人名称']),
    { code: 'record_type', headers: ['信息类别', '数据类别', `${word}信息类别`], kind: 'coded', codes, fact: 'recordType', required: true },
    { code: 'doc_no', headers: ['文书号', '决定书文号', '原文书号', '行政处罚决定书文号', '行政许可决定文书号'], kind: 'number', fact: 'documentNumber', maxLength: 256 },
    { code: 'original_dt', headers: ['原决定日期', '原认定日期', '列入日期'], kind: 'past-date', fact: 'originalOn' },
    { code: 'original_reason', headers: ['原认定事由', '列入原因'], kind: 'text', fact: 'originalReason' },
    { code: 'original_org', headers: ['原决定机关', '认定单位', '决定机关', '处罚机关', '许可机关', '列入机关'], kind: 'text', fact: 'decidedBy', required: true, maxLength: 400 },
    { code: 'effective_dt', headers: dateHeaders, kind: 'date', fact: 'effectiveOn' },
    { code: 'notes', headers: [`${word}原因`, `${word}说明`, '申请人', '备注'], kind: 'person' },
    { code: 'notice', headers: [`${word}结果`, '受理单位'], kind: 'transport' },
  ]
}

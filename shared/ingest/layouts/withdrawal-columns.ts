import type { RecordType } from '../../settings.ts'
import type { Column } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

/** 信息类别: what authorities call each type of record, beside the type itself. */
const typeWords = {
  registration: ['登记信息'],
  'registration-change': ['变更登记信息'],
  cancellation: ['注销登记信息'],
  licence: ['行政许可'],
  penalty: ['行政处罚'],
  'abnormal-listing': ['经营异常', '经营异常名录'],
  'serious-listing': ['严重违法失信名单', '严重违法失信企业名单'],
  'judgment-default': ['失信被执行人'],
  'taxpayer-grade': ['A级纳税人'],
  'tax-violation': ['重大税收违法', '重大税收违法失信主体'],
  'customs-class': ['海关企业信用等级'],
  qualification: ['资质证书'],
  commitment: ['信用承诺'],
} as const satisfies Readonly<Record<Exclude<RecordType, 'withdrawal'>, readonly [string, ...string[]]>>

const codes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(typeWords).flatMap(([type, words]) => {
    // 行政处罚信息 is 行政处罚
    const withSuffix = words.filter((word) => !word.endsWith('信息')).map((word) => `${word}信息`)
    return [...words, ...withSuffix, type].map((word) => [word, type])
  }),
)

/**
 * The columns of a notice that takes something back. The subject stands as the record was filed, under the identifier it
 * was filed by.
 */
export function withdrawalColumns(word: string, dateHeaders: readonly string[]): readonly Column[] {
  // biome-ignore format: a table reads by rows
  return [
    ...organisationColumns(['信用主体名称', '行政相对人名称']),
    { code: 'record_type', headers: ['信息类别', '信息类型', '数据类别', `${word}信息类别`], kind: 'coded', codes, fact: 'recordType', required: true },
    { code: 'doc_no', headers: ['文书号', '决定书文号', '原文书号', '决定文书号', '行政处罚决定书文号', '行政处罚决定文书号', '处罚决定书文号', '处罚决定文书号', '行政许可决定文书号', '行政许可决定书文号', '许可决定文书号', '许可决定书文号', '案号', '证书编号', '承诺编码'], kind: 'number', fact: 'documentNumber', maxLength: 256 },
    { code: 'original_dt', headers: ['原决定日期', '原认定日期', '列入日期', '变更日期', '注销日期', '公布日期'], kind: 'past-date', fact: 'decidedOn' },
    { code: 'original_reason', headers: ['原认定事由', '列入原因'], kind: 'text', fact: 'reason' },
    { code: 'original_item', headers: ['原变更事项', '变更事项'], kind: 'text', fact: 'item', maxLength: 400 },
    { code: 'original_year', headers: ['评价年度'], kind: 'year', fact: 'evaluatedTo' },
    { code: 'original_org', headers: ['原决定机关', '认定单位', '决定机关', '处罚机关', '原处罚机关', '作出处罚决定机关', '许可机关', '原许可机关', '作出决定机关', '列入机关', '执行法院', '登记机关', '税务机关', '认定海关', '发证机关'], kind: 'text', fact: 'decidedBy', required: true, maxLength: 400 },
    { code: 'effective_dt', headers: dateHeaders, kind: 'date', fact: 'effectiveOn' },
    { code: 'notes', headers: [`${word}原因`, `${word}说明`, '申请人', '备注'], kind: 'person' },
    { code: 'notice', headers: [`${word}结果`, '受理单位'], kind: 'transport' },
  ]
}

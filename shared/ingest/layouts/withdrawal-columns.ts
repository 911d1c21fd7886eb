import type { RecordType } from '../../settings.ts'
import type { Column } from './layout.ts'

/** 信息类别: what authorities call the types of records, beside the types themselves. */
const typeWords: Readonly<Record<string, Exclude<RecordType, 'withdrawal'>>> = {
  登记信息: 'registration',
  行政许可: 'licence',
  行政处罚: 'penalty',
}

const codes = { ...typeWords, ...Object.fromEntries(Object.values(typeWords).map((type) => [type, type])) }

/** A document of another type is named by its number, or by day, body and reason of the decision. */
export const withdrawalKeys = [['documentNumber'], ['originalOn', 'decidedBy', 'originalReason']] as const

/**
 * The columns of a notice that takes something back. No published schema names them: the codes are ours, the headers
 * are those that such notices have. The subject stands as the record was filed, under the identifier it was filed by.
 */
export function withdrawalColumns(word: string, dateHeaders: readonly string[]): readonly Column[] {
  // biome-ignore format: a table reads by rows
  return [
    { code: 'comp_nm', headers: ['主体名称', '信用主体名称', '企业名称', '单位名称', '行政相对人名称'], kind: 'text', fact: 'subjectName', required: true, maxLength: 400 },
    { code: 'subject_class', headers: ['主体类别', '行政相对人类别'], kind: 'subject-class' },
    { code: 'uni_social_crd_cd', headers: ['统一社会信用代码', '主体代码'], kind: 'identifier' },
    { code: 'reg_no', headers: ['注册号', '工商注册号'], kind: 'registration-number' },
    { code: 'org_code', headers: ['组织机构代码'], kind: 'organisation-code' },
    { code: 'tax_no', headers: ['税务登记号', '纳税人识别号'], kind: 'tax-number' },
    { code: 'record_type', headers: ['信息类别', '数据类别', `${word}信息类别`], kind: 'coded', codes, fact: 'recordType', required: true },
    { code: 'doc_no', headers: ['文书号', '决定书文号', '原文书号', '行政处罚决定书文号', '行政许可决定文书号'], kind: 'number', fact: 'documentNumber', maxLength: 256 },
    { code: 'original_dt', headers: ['原决定日期', '原认定日期', '列入日期'], kind: 'date', fact: 'originalOn' },
    { code: 'original_reason', headers: ['原认定事由', '列入原因'], kind: 'text', fact: 'originalReason' },
    { code: 'original_org', headers: ['原决定机关', '认定单位', '决定机关', '处罚机关', '许可机关'], kind: 'text', fact: 'decidedBy', required: true, maxLength: 400 },
    { code: 'effective_dt', headers: dateHeaders, kind: 'date', fact: 'effectiveOn' },
    { code: 'notes', headers: [`${word}原因`, `${word}说明`, '备注'], kind: 'person' },
    { code: 'legal_rep', headers: ['法定代表人', '法定代表人姓名', '法定代表人证件号码', '申请人', '联系人', '联系电话', '经办人', '经办人身份证号'], kind: 'person' },
    { code: 'id_no', headers: ['证件号码', '居民身份证号', '身份证号码'], kind: 'subject-person' },
    { code: 'export_time', headers: ['数据导出时间', '导出时间', '序号', `${word}结果`, '受理单位'], kind: 'transport' },
  ]
}

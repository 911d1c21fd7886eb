import type { Column } from './layout.ts'

/** What files call the name of an organisation. */
export const nameHeaders: readonly string[] = [
  '企业名称',
  '名称',
  '单位名称',
  '公司名称',
  '主体名称',
  '市场主体名称',
  '经营主体名称',
  '企业中文名称',
  '企业(机构)名称',
  '企业全称',
  '企业全称(中文)',
]

/** What files call a column of the USCC, or of whichever identifier there is. */
export const codeHeaders: readonly string[] = [
  '统一社会信用代码',
  '社会统一信用代码',
  '统一信用代码',
  '社会信用代码',
  '信用代码',
  '统一社会信用代码/注册号',
  '统一社会信用代码/工商注册号',
  '统一社会信用代码/组织机构代码',
  '统一社会信用代码/组织机构代码/工商注册号',
  '统一社会信用代码(注册号)',
  '注册号/统一社会信用代码',
  '工商注册号/统一社会信用代码',
  '组织机构代码/统一社会信用代码',
  '社会信用代码/组织机构代码/工商注册号',
  '证件号码/统一社会信用代码',
  '行政相对人代码',
  '行政相对人代码_1',
  '行政相对人代码(统一社会信用代码)',
  '行政相对人代码_1(统一社会信用代码)',
  '行政相对人代码(统一社会信用代码或纳税人识别号)',
  '行政相对人统一社会信用代码',
]

/** What files call 工商注册号. */
export const registrationNumberHeaders: readonly string[] = [
  '工商注册号',
  '工商登记号',
  '工商登记码',
  '注册号',
  '营业执照注册号',
]

const taxNumberHeaders: readonly string[] = [
  '纳税人识别号',
  '纳税人识别码',
  '纳税识别号',
  '社会信用代码(纳税人识别号)',
  '统一社会信用代码(纳税人识别号)',
  '统一社会信用码(纳税人识别号)',
  '统一社会信用代码.纳税人识别号',
  '统一社会信用代码/纳税人识别号',
  '统一社会信用代码或纳税人识别号',
  '纳税人识别号(统一社会信用代码)',
  '纳税人识别号/统一社会信用代码',
  '社会信用代码/纳税人识别号',
  '纳税人识别号/社会信用代码',
  '信用代码或识别号',
  '税务登记号',
]

/**
 * Whom a row is about, in files for which no published schema names the columns: the codes are ours, after those of a
 * market regulator's warehouse, and the headers are the words of the field.
 */
export function organisationColumns(names: readonly string[] = []): readonly Column[] {
  // biome-ignore format: a table reads by rows
  return [
    { code: 'comp_nm', headers: [...nameHeaders, ...names], kind: 'text', fact: 'subjectName', required: true, maxLength: 400 },
    { code: 'subject_class', headers: ['主体类别', '主体类型', '行政相对人类别'], kind: 'subject-class' },
    { code: 'uni_social_crd_cd', headers: [...codeHeaders, '主体代码'], kind: 'identifier' },
    { code: 'subject_no', headers: ['主体身份代码'], kind: 'identifier' },
    { code: 'reg_no', headers: registrationNumberHeaders, kind: 'registration-number' },
    { code: 'org_code', headers: ['组织机构代码'], kind: 'organisation-code' },
    { code: 'tax_no', headers: taxNumberHeaders, kind: 'tax-number' },
    { code: 'legal_rep', headers: ['法定代表人', '法定代表人姓名', '法定代表人证件号码', '负责人', '负责人姓名', '联系人', '联系电话', '经办人', '经办人身份证号'], kind: 'person' },
    { code: 'id_no', headers: ['证件号码', '居民身份证号', '身份证号码'], kind: 'subject-person' },
    { code: 'export_time', headers: ['数据导出时间', '导出时间', '上报时间', '序号', 'etl_time', '数据来源', '最新更新日期'], kind: 'transport' },
  ]
}

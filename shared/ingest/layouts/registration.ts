import type { Layout } from './layout.ts'

/** 登记信息: base information as a market regulator's warehouse exports it, or under its Chinese headers. */
export const registration: Layout = {
  name: 'registration',
  version: 1,
  recordType: 'registration',
  title: { zh: '市场主体登记信息', en: 'Registration of an organisation' },
  source: 'warehouse columns of a market regulator (uni_social_crd_cd, comp_nm …)',
  documentKeys: [],
  revisionFact: 'approvedOn',
  // biome-ignore format: a table reads by rows
  columns: [
    { code: 'comp_nm', headers: ['企业名称', '名称', '单位名称', '机构名称'], kind: 'text', fact: 'name', required: true, maxLength: 400 },
    { code: 'uni_social_crd_cd', headers: ['统一社会信用代码', '统一社会信用代码/注册号', '注册号/统一社会信用代码', '社会统一信用代码', '社会信用代码'], kind: 'identifier' },
    { code: 'reg_no', headers: ['注册号', '工商注册号'], kind: 'registration-number', fact: 'registrationNumber', maxLength: 60 },
    { code: 'org_code', headers: ['组织机构代码'], kind: 'organisation-code' },
    { code: 'reg_org', headers: ['登记机关'], kind: 'text', fact: 'registrationAuthority', maxLength: 400 },
    { code: 'comp_type', headers: ['企业类型', '类型'], kind: 'organisation-type', fact: 'organisationType', maxLength: 400 },
    { code: 'reg_state', headers: ['登记状态', '经营状态'], kind: 'text', fact: 'status', maxLength: 100 },
    { code: 'addr', headers: ['住所', '地址', '注册地址'], kind: 'text', fact: 'address' },
    { code: 'reg_capt', headers: ['注册资本', '注册资金', '注册资本(万元)', '注册资金(万元)'], kind: 'capital', fact: 'registeredCapital', maxLength: 100 },
    { code: 'capt_kind', headers: ['注册资本币种', '币种'], kind: 'text', fact: 'capitalCurrency', maxLength: 40 },
    { code: 'opt_scop', headers: ['经营范围'], kind: 'text', fact: 'businessScope', maxLength: 20_000 },
    { code: 'appr_dt', headers: ['核准日期'], kind: 'past-date', fact: 'approvedOn' },
    { code: 'est_dt', headers: ['成立日期', '注册日期'], kind: 'past-date', fact: 'establishedOn' },
    { code: 'opt_from', headers: ['经营期限自', '营业期限自'], kind: 'date', fact: 'operatingFrom' },
    { code: 'opt_to', headers: ['经营期限至', '营业期限至'], kind: 'end-date', fact: 'operatingTo' },
    { code: 'domdi_strict', headers: ['住所行政区划', '行政区划代码'], kind: 'text', fact: 'division', maxLength: 20 },
    { code: 'id_no', headers: ['证件号码', '居民身份证号', '身份证号码'], kind: 'subject-person' },
    { code: 'legal_rep', headers: ['法人代表', '法定代表人', '法定代表人姓名', '负责人', '投资人', 'indv_nm', 'lega_rep'], kind: 'person' },
    { code: 'export_time', headers: ['数据导出时间', '导出时间', '序号', 'etl_time', 'indv_code', '所在省份', '地区'], kind: 'transport' },
  ],
}

import type { Layout } from './layout.ts'
import { codeHeaders, nameHeaders, registrationNumberHeaders } from './organisation-columns.ts'

/** 登记信息: base information as a market regulator's warehouse exports it, or under its Chinese headers. */
export const registration: Layout = {
  name: 'registration',
  version: 1,
  recordType: 'registration',
  title: { zh: '市场主体登记信息', en: 'Registration of an organisation' },
  standard: 'warehouse columns of a market regulator (uni_social_crd_cd, comp_nm …)',
  documentKeys: [],
  revisionFact: 'approvedOn',
  // biome-ignore format: a table reads by rows
  columns: [
    { code: 'comp_nm', headers: [...nameHeaders, '机构名称', '社会组织名称', 'ENTNAME'], kind: 'text', fact: 'name', required: true, maxLength: 400 },
    { code: 'uni_social_crd_cd', headers: [...codeHeaders, 'UNISCID'], kind: 'identifier' },
    { code: 'reg_no', headers: [...registrationNumberHeaders, 'REGNO'], kind: 'registration-number', fact: 'registrationNumber', maxLength: 60 },
    { code: 'org_code', headers: ['组织机构代码'], kind: 'organisation-code' },
    { code: 'reg_org', headers: ['登记机关', '登记机关名称', '登记管理机关', 'REGORG_CN'], kind: 'text', fact: 'registrationAuthority', maxLength: 400 },
    { code: 'comp_type', headers: ['企业类型', '类型', '公司类型', '市场主体类型', '企业(机构)类型', '社会组织类型', 'ENTTYPE_CN'], kind: 'organisation-type', fact: 'organisationType', maxLength: 400 },
    { code: 'reg_state', headers: ['登记状态', '经营状态', '企业状态', '主体状态', 'REGSTATE_CN'], kind: 'text', fact: 'status', maxLength: 100 },
    { code: 'addr', headers: ['住所', '地址', '注册地址', '企业地址', '企业住所', '住所(经营场所)', '住所(营业场所)', 'DOM'], kind: 'text', fact: 'address' },
    { code: 'reg_capt', headers: ['注册资本', '注册资金', '注册资本(万元)', '注册资金(万元)', '注册资本(金)', '注册资本(金)(万元)', '注册资本(万元人民币)', '开办资金', '开办资金(万元)', 'REGCAP'], kind: 'capital', fact: 'registeredCapital', maxLength: 100 },
    { code: 'reg_capt_yuan', headers: ['注册资本(元)', '注册资金(元)', '注册资本(金)(元)'], kind: 'capital-in-yuan', fact: 'registeredCapital', maxLength: 100 },
    { code: 'capt_kind', headers: ['注册资本币种', '币种', '注册资本(金)币种', '注册资金币种', 'REGCAPCUR_CN'], kind: 'text', fact: 'capitalCurrency', maxLength: 40 },
    { code: 'opt_scop', headers: ['经营范围', '经营(业务)范围', '业务范围', '宗旨和业务范围', 'OPSCOPE'], kind: 'text', fact: 'businessScope', maxLength: 20_000 },
    { code: 'appr_dt', headers: ['核准日期', '核准时间', 'APPRDATE'], kind: 'past-date', fact: 'approvedOn' },
    { code: 'est_dt', headers: ['成立日期', '注册日期', '成立时间', '注册时间', '成立登记日期', 'ESTDATE'], kind: 'past-date', fact: 'establishedOn' },
    { code: 'opt_from', headers: ['经营期限自', '营业期限自', '经营(驻在)期限自', '经营期限起', '营业期限起', 'OPFROM'], kind: 'date', fact: 'operatingFrom' },
    { code: 'opt_to', headers: ['经营期限至', '营业期限至', '经营(驻在)期限至', '经营期限止', '营业期限止', 'OPTO'], kind: 'end-date', fact: 'operatingTo' },
    { code: 'domdi_strict', headers: ['住所行政区划', '住所所在行政区划', '行政区划代码'], kind: 'text', fact: 'division', maxLength: 20 },
    { code: 'id_no', headers: ['证件号码', '居民身份证号', '身份证号码'], kind: 'subject-person' },
    { code: 'legal_rep', headers: ['法人代表', '法定代表人', '法定代表人姓名', '负责人', '投资人', 'indv_nm', 'lega_rep'], kind: 'person' },
    { code: 'export_time', headers: ['数据导出时间', '导出时间', '序号', 'etl_time', 'indv_code', '所在省份', '地区'], kind: 'transport' },
  ],
}

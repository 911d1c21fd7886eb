import type { Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

/** 资质证书: real files state the day of issue (发证日期) or the first day of validity, and seldom both. */
export const qualification: Layout = {
  name: 'qualification',
  version: 1,
  recordType: 'qualification',
  title: { zh: '资质证书', en: 'Qualification certificate' },
  documentKeys: [['documentNumber']],
  // biome-ignore format: a table reads by rows
  columns: [
    ...organisationColumns(),
    { code: 'cert_nm', headers: ['证书名称', '资质证书名称', '资质名称'], kind: 'text', fact: 'certificateName', maxLength: 400 },
    { code: 'cert_no', headers: ['证书编号', '资质证书编号', '资质证书号', '资质证号', '证书号'], kind: 'number', fact: 'documentNumber', required: true, maxLength: 256 },
    { code: 'cert_category', headers: ['资质类别', '证书类别'], kind: 'text', fact: 'category', maxLength: 400 },
    { code: 'cert_grade', headers: ['资质等级', '企业资质等级', '资质级别', '证书等级', '等级'], kind: 'text', fact: 'grade', maxLength: 400 },
    { code: 'valid_from', headers: ['有效期自', '有效期起', '有效期开始日期', '起始日期', '有效期起始日期', '有效期开始时间', '证书有效起始日期', '证书有效期起'], kind: 'date', fact: 'validFrom' },
    { code: 'issue_dt', headers: ['发证日期', '发证时间', '颁发日期', '颁证日期', '批准日期'], kind: 'past-date', fact: 'decidedOn', orElse: 'validFrom' },
    { code: 'valid_to', headers: ['有效期至', '有效期止', '有效期截止日期', '截止日期', '有效期结束时间', '证书有效截止日期', '证书有效期止', '证书有效期至', '证书有效期'], kind: 'end-date', fact: 'validTo' },
    { code: 'cert_org', headers: ['发证机关', '颁证机关', '发证单位', '颁发机关', '发证机关名称', '发证部门'], kind: 'text', fact: 'decidedBy', required: true, maxLength: 400 },
    { code: 'cert_state', headers: ['证书状态', '当前状态'], kind: 'coded', codes: { '1': 'valid', 有效: 'valid', '2': 'invalid', 无效: 'invalid', 注销: 'invalid', 吊销: 'invalid', 撤销: 'invalid', 过期: 'invalid' }, fact: 'status' },
    { code: 'cert_people', headers: ['技术负责人', '企业负责人', '注册人员', '持证人'], kind: 'person' },
  ],
}

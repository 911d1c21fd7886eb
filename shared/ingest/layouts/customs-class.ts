import type { Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

const classes: Readonly<Record<string, string>> = {
  高级认证: 'advanced-certified',
  高级认证企业: 'advanced-certified',
  AEO高级认证: 'advanced-certified',
  AEO高级认证企业: 'advanced-certified',
  '高级认证企业(AEO)': 'advanced-certified',
  'AEO认证企业(高级)': 'advanced-certified',
  一般认证: 'generally-certified',
  一般认证企业: 'generally-certified',
  一般信用: 'registered',
  一般信用企业: 'registered',
  注册登记和备案企业: 'registered',
  失信: 'dishonest',
  失信企业: 'dishonest',
}

/** 海关企业信用等级: an enterprise is in one class at a time, the one decided last. */
export const customsClass: Layout = {
  name: 'customs-class',
  version: 1,
  recordType: 'customs-class',
  title: { zh: '海关企业信用等级', en: 'Customs class (AEO)' },
  documentKeys: [],
  revisionFact: 'decidedOn',
  // biome-ignore format: a table reads by rows
  columns: [
    ...organisationColumns(),
    { code: 'customs_cd', headers: ['海关注册编码', '海关注册登记编码', '海关注册登记代码', '海关备案编码', '海关编码', '海关十位编码', '海关10位编码'], kind: 'identifier', fact: 'customsCode', maxLength: 40 },
    { code: 'first_reg_dt', headers: ['首次注册日期', '海关首次注册日期', '备案日期'], kind: 'past-date', fact: 'registeredOn' },
    { code: 'credit_class', headers: ['信用等级', '企业信用等级', '海关信用等级', '认证等级'], kind: 'coded', codes: classes, fact: 'class', required: true },
    { code: 'class_dt', headers: ['认定日期', '认定时间', '信用等级认定日期', '信用等级认定时间', '等级认定日期', '等级认定时间', '认证日期'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'class_org', headers: ['认定海关', '注册海关', '所在地海关', '主管海关'], kind: 'text', fact: 'decidedBy', maxLength: 400 },
  ],
}

import type { Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

const manners: Readonly<Record<string, string>> = {
  注销: 'cancelled',
  '吊销,已注销': 'cancelled',
  吊销后注销: 'cancelled',
  吊销: 'revoked',
  吊销营业执照: 'revoked',
  '吊销,未注销': 'revoked',
  吊销未注销: 'revoked',
  撤销: 'annulled',
  撤销登记: 'annulled',
}

/** 注销、吊销: how and when a registration ended. */
export const cancellation: Layout = {
  name: 'cancellation',
  version: 1,
  recordType: 'cancellation',
  title: { zh: '注销登记信息', en: 'End of a registration' },
  documentKeys: [['documentNumber'], ['decidedOn', 'decidedBy']],
  // biome-ignore format: a table reads by rows
  columns: [
    ...organisationColumns(),
    { code: 'can_manner', headers: ['注吊销类型', '注销类型', '注吊销类别', '注销方式'], kind: 'coded', codes: manners, fact: 'manner' },
    { code: 'can_dt', headers: ['注销日期', '核准注销日期', '注销核准日期', '注吊销日期', '吊销日期', '注销时间', '注销登记日期', '吊销时间', '注吊销时间'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'can_reason', headers: ['注销原因', '注吊销原因', '吊销原因'], kind: 'person' },
    { code: 'can_doc_no', headers: ['准予注销登记通知书文号', '注销通知书文号', '吊销决定书文号'], kind: 'number', fact: 'documentNumber', maxLength: 256 },
    { code: 'can_liquidators', headers: ['清算组负责人', '清算组成员', '清算负责人', '清算人'], kind: 'person' },
    { code: 'reg_org', headers: ['登记机关', '登记机关名称', '注销机关', '吊销机关', '注销登记机关', '作出决定机关'], kind: 'text', fact: 'decidedBy', required: true, maxLength: 400 },
  ],
}

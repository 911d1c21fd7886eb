import type { Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

/** 变更登记. What stood before and what stands since may name people, and the registration states the latter: neither is kept. */
export const registrationChange: Layout = {
  name: 'registration-change',
  version: 1,
  recordType: 'registration-change',
  title: { zh: '变更登记信息', en: 'Change of a registration' },
  documentKeys: [['decidedOn', 'item']],
  // biome-ignore format: a table reads by rows
  columns: [
    ...organisationColumns(),
    { code: 'alt_item', headers: ['变更事项', '变更项目', '变更内容'], kind: 'text', fact: 'item', required: true, maxLength: 400 },
    { code: 'alt_before', headers: ['变更前', '变更前内容', '变更前信息'], kind: 'person' },
    { code: 'alt_after', headers: ['变更后', '变更后内容', '变更后信息'], kind: 'person' },
    { code: 'alt_dt', headers: ['变更日期', '核准变更日期', '核准变更时间', '变更核准日期', '变更登记日期', '变更时间'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'alt_doc_no', headers: ['准予变更登记通知书文号', '变更通知书文号'], kind: 'number', fact: 'documentNumber', maxLength: 256 },
    { code: 'reg_org', headers: ['登记机关', '变更登记机关'], kind: 'text', fact: 'decidedBy', maxLength: 400 },
  ],
}

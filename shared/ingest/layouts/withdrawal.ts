import type { Layout } from './layout.ts'
import { withdrawalColumns } from './withdrawal-columns.ts'

/** 撤回、撤销: the sender takes back what it filed, or the decision itself was revoked. */
export const withdrawal: Layout = {
  name: 'withdrawal',
  version: 1,
  recordType: 'withdrawal',
  title: { zh: '撤回、撤销信用信息', en: 'Withdrawal of a record' },
  documentKeys: [],
  fixedFacts: { kind: 'withdrawal' },
  columns: withdrawalColumns('撤回', ['撤回日期', '撤销日期']),
}

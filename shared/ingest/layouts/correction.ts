import type { Layout } from './layout.ts'
import { withdrawalColumns } from './withdrawal-columns.ts'

/** 更正: what was filed was wrong in what names it or orders it; the right one is filed after it. */
export const correction: Layout = {
  name: 'correction',
  version: 1,
  recordType: 'withdrawal',
  title: { zh: '更正信用信息', en: 'Correction of a record' },
  documentKeys: [],
  fixedFacts: { kind: 'correction' },
  columns: withdrawalColumns('更正', ['更正日期', '更正时间']),
}

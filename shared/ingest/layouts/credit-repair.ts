import type { Layout } from './layout.ts'
import { withdrawalColumns } from './withdrawal-columns.ts'

/** 信用修复: publication, sharing and use end (信用修复管理办法, NDRC Order 36, art. 3). */
export const creditRepair: Layout = {
  name: 'credit-repair',
  version: 1,
  recordType: 'withdrawal',
  title: { zh: '信用修复', en: 'Credit repair' },
  documentKeys: [],
  fixedFacts: { kind: 'repair' },
  columns: withdrawalColumns('修复', [
    '修复日期',
    '修复时间',
    '修复完成日期',
    '信用修复日期',
    '信用修复时间',
    '信用修复完成日期',
    '终止公示日期',
  ]),
}

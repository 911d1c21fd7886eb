import type { Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

/** A 级纳税人: tax authorities publish the highest grade alone, and nothing else is taken. */
export const taxpayerGrade: Layout = {
  name: 'taxpayer-grade',
  version: 1,
  recordType: 'taxpayer-grade',
  title: { zh: 'A级纳税人名单', en: 'A-grade taxpayer' },
  documentKeys: [['evaluatedTo']],
  fixedFacts: { grade: 'A' },
  // biome-ignore format: a table reads by rows
  columns: [
    ...organisationColumns(['纳税人名称']),
    { code: 'pjnd', headers: ['评价年度', '纳税信用评价年度', '评价年份', '评定年度', '所属年度', '年度', '年份'], kind: 'year', fact: 'evaluatedTo', required: true },
    { code: 'xydj', headers: ['纳税信用等级', '纳税信用级别', '纳税缴费信用级别', '信用等级', '信用级别', '等级'], kind: 'coded', codes: { A: 'A', A级: 'A', A级纳税人: 'A' }, fact: 'grade' },
    { code: 'swjg', headers: ['主管税务机关', '主管税务机关名称', '评价机关', '评价机构', '税务机关', '税务机关名称', '税务管理机关', '纳税人主管税务机关', '主管国税机关'], kind: 'text', fact: 'decidedBy', maxLength: 400 },
  ],
}

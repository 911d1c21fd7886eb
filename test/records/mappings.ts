import type { Column, Layout } from '../../shared/ingest/layouts/layout.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'

type Mapping = (name: string) => Layout | undefined

/** The layouts with other columns in the place of some, as a later version might have them. */
function changed(columns: Readonly<Record<string, Partial<Column>>>): Mapping {
  return (name) => {
    const layout = findLayout(name)
    const change = (column: Column): Column => ({ ...column, ...columns[column.code] })
    return layout && { ...layout, version: 2, columns: layout.columns.map(change) }
  }
}

/** As it is; one that refuses some rows, penalties and what takes them back; one by which some records become equal. */
export const mappings: readonly Mapping[] = [
  findLayout,
  changed({
    CF_NR: { kind: 'coded', codes: { 罚款1: '罚款 1' } },
    record_type: { codes: { 行政处罚: 'penalty' } },
  }),
  changed({
    CF_NR: { codes: { '罚款 0': '罚款', '罚款 1': '罚款' } },
    comp_nm: { codes: { 示例1有限公司: '示例0有限公司' } },
  }),
]

import type { Layout } from './layout.ts'
import { status2015, subject2015Columns } from './subject-2015-columns.ts'

/** 行政许可, the double-publicity standard of 2015/16, still met in old exports. */
export const licence2015: Layout = {
  name: 'licence-2015',
  version: 1,
  recordType: 'licence',
  title: { zh: '双公示行政许可（2015/16 版）', en: 'Double-publicity licence, 2015/16' },
  standard: 'field codes of the 2015/16 double-publicity standard, as exports have them',
  documentKeys: [['documentNumber']],
  // biome-ignore format: a table reads by rows
  columns: [
    { code: 'XK_WSH', headers: ['行政许可决定书文号', '行政许可决定文书号', '许可决定书文号', '许可决定文书号'], kind: 'number', fact: 'documentNumber', required: true, maxLength: 256 },
    { code: 'XK_XMMC', headers: ['项目名称'], kind: 'text', fact: 'documentName' },
    { code: 'XK_SPLB', headers: ['审批类别', '审批类型'], kind: 'text', codes: { '0': '普通', '1': '特许', '2': '认可', '3': '核准', '4': '登记', '5': '其他' }, fact: 'category' },
    { code: 'XK_NR', headers: ['许可内容'], kind: 'text', fact: 'content' },
    ...subject2015Columns('XK', 'XK_XDR'),
    { code: 'XK_JDRQ', headers: ['许可决定日期'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'XK_JZQ', headers: ['许可截止期', '许可截止日期'], kind: 'end-date', fact: 'validTo' },
    { code: 'XK_XZJG', headers: ['许可机关', '许可机关名称'], kind: 'text', fact: 'licensingAuthority', required: true, maxLength: 400 },
    { code: 'XK_ZT', headers: ['当前状态'], kind: 'coded', codes: status2015, fact: 'status' },
    { code: 'BZ', headers: ['备注'], kind: 'text', fact: 'remarks' },
    { code: 'SJC', headers: ['数据更新时间戳', '数据导出时间', '更新时间', '地方编码', 'DFBM', '序号'], kind: 'transport' },
  ],
}

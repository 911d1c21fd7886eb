import type { Layout } from './layout.ts'
import { penaltyKindHeaders } from './penalty-2018.ts'
import { status2015, subject2015Columns } from './subject-2015-columns.ts'

const kinds: Readonly<Record<string, string>> = {
  '0': '警告',
  '1': '罚款',
  '2': '没收违法所得、没收非法财物',
  '3': '责令停产停业',
  '4': '暂扣或者吊销许可证、执照',
  '5': '行政拘留',
  '6': '其他',
}

/** 行政处罚, the double-publicity standard of 2015/16, still met in old exports. 处罚名称 often names the parties. */
export const penalty2015: Layout = {
  name: 'penalty-2015',
  version: 1,
  recordType: 'penalty',
  title: { zh: '双公示行政处罚（2015/16 版）', en: 'Double-publicity penalty, 2015/16' },
  standard: 'field codes of the 2015/16 double-publicity standard, as exports have them',
  documentKeys: [['documentNumber']],
  // biome-ignore format: a table reads by rows
  columns: [
    { code: 'CF_WSH', headers: ['行政处罚决定书文号', '行政处罚决定文书号', '处罚决定书文号', '处罚决定文书号'], kind: 'number', fact: 'documentNumber', required: true, maxLength: 256 },
    { code: 'CF_CFMC', headers: ['处罚名称', '案件名称'], kind: 'person' },
    { code: 'CF_CFLB1', headers: ['处罚类别1', ...penaltyKindHeaders], kind: 'list', codes: kinds, fact: 'kinds', required: true },
    { code: 'CF_CFLB2', headers: ['处罚类别2'], kind: 'list', codes: kinds, fact: 'kinds' },
    { code: 'CF_SY', headers: ['处罚事由'], kind: 'text', fact: 'grounds', maxLength: 20_000 },
    { code: 'CF_YJ', headers: ['处罚依据'], kind: 'text', fact: 'legalBasis' },
    ...subject2015Columns('CF', 'CF_XDR_MC'),
    { code: 'CF_JG', headers: ['处罚结果'], kind: 'text', fact: 'content' },
    { code: 'CF_JDRQ', headers: ['处罚决定日期'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'CF_JZRQ', headers: ['处罚截止期', '处罚截止日期'], kind: 'end-date', fact: 'validTo' },
    { code: 'GSQX', headers: ['公示期限', '公示截止期', '公示截止日期'], kind: 'end-or-period', fact: 'publishedTo' },
    { code: 'CF_XZJG', headers: ['处罚机关', '处罚机关名称'], kind: 'text', fact: 'penaltyAuthority', required: true, maxLength: 400 },
    { code: 'CF_ZT', headers: ['当前状态'], kind: 'coded', codes: status2015, fact: 'status' },
    { code: 'BZ', headers: ['备注'], kind: 'text', fact: 'remarks' },
    { code: 'SJC', headers: ['数据更新时间戳', '数据导出时间', '更新时间', '地方编码', 'DFBM', '序号'], kind: 'transport' },
  ],
}

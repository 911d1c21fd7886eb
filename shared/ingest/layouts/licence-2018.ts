import type { Layout } from './layout.ts'
import { subject2018Columns } from './subject-2018-columns.ts'

/** 行政许可, the 2018 double-publicity standard (发改办财金〔2018〕424号). */
export const licence2018: Layout = {
  name: 'licence-2018',
  version: 1,
  recordType: 'licence',
  title: { zh: '双公示行政许可（2018 版）', en: 'Double-publicity licence, 2018' },
  standard: '发改办财金〔2018〕424号',
  documentKeys: [['documentNumber']],
  // biome-ignore format: a table reads by rows
  columns: [
    ...subject2018Columns('XK'),
    { code: 'XK_XKWS', headers: ['行政许可决定文书名称'], kind: 'text', fact: 'documentName' },
    { code: 'XK_WSH', headers: ['行政许可决定文书号', '行政许可决定书文号', '许可决定文书号', '许可决定书文号'], kind: 'number', fact: 'documentNumber', required: true, maxLength: 256 },
    { code: 'XK_XKLB', headers: ['许可类别', '行政许可类别', '许可类型'], kind: 'text', fact: 'category' },
    { code: 'XK_XKZS', headers: ['许可证书名称', '许可证名称'], kind: 'text', fact: 'certificateName' },
    { code: 'XK_XKBH', headers: ['许可编号', '许可证编号', '许可证书编号', '许可证号'], kind: 'number', fact: 'certificateNumber', maxLength: 256 },
    { code: 'XK_NR', headers: ['许可内容', '行政许可内容'], kind: 'text', fact: 'content' },
    { code: 'XK_JDRQ', headers: ['许可决定日期', '行政许可决定日期'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'XK_YXQZ', headers: ['有效期自', '有效期起', '许可有效期自'], kind: 'date', fact: 'validFrom' },
    { code: 'XK_YXQZI', headers: ['有效期至', '有效期止', '许可有效期至'], kind: 'end-date', fact: 'validTo' },
    { code: 'XK_XKJG', headers: ['许可机关', '许可机关名称', '行政许可机关'], kind: 'text', fact: 'licensingAuthority', required: true, maxLength: 400 },
    { code: 'XK_XKJGDM', headers: ['许可机关统一社会信用代码'], kind: 'code', fact: 'licensingAuthorityCode' },
    { code: 'XK_ZT', headers: ['当前状态'], kind: 'coded', codes: { '1': 'valid', 有效: 'valid', '2': 'invalid', 无效: 'invalid' }, fact: 'status' },
    { code: 'XK_LYDW', headers: ['数据来源单位'], kind: 'text', fact: 'sourceUnit', maxLength: 400 },
    { code: 'XK_LYDWDM', headers: ['数据来源单位统一社会信用代码'], kind: 'code', fact: 'sourceUnitCode' },
    { code: 'BZ', headers: ['备注'], kind: 'text', fact: 'remarks' },
    { code: 'SJDCSJ', headers: ['数据导出时间', '导出时间', '上报时间', '序号', 'SJC'], kind: 'transport' },
  ],
}

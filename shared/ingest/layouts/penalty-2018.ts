import type { Layout } from './layout.ts'
import { subject2018Columns } from './subject-2018-columns.ts'

/** What files call 处罚类别: ministries have 种类, the word of the law (行政处罚法, article 9). */
export const penaltyKindHeaders: readonly string[] = ['处罚类别', '处罚种类', '行政处罚类别', '行政处罚种类']

/** 行政处罚, the 2018 double-publicity standard (发改办财金〔2018〕424号). Amounts come in 万元. */
export const penalty2018: Layout = {
  name: 'penalty-2018',
  version: 1,
  recordType: 'penalty',
  title: { zh: '双公示行政处罚（2018 版）', en: 'Double-publicity penalty, 2018' },
  standard: '发改办财金〔2018〕424号',
  documentKeys: [['documentNumber']],
  // biome-ignore format: a table reads by rows
  columns: [
    ...subject2018Columns('CF'),
    { code: 'CF_WSH', headers: ['行政处罚决定书文号', '行政处罚决定文书号', '处罚决定书文号', '处罚决定文书号'], kind: 'number', fact: 'documentNumber', required: true, maxLength: 256 },
    { code: 'CF_WFXW', headers: ['违法行为类型', '违法类型'], kind: 'text', fact: 'offence' },
    { code: 'CF_SY', headers: ['违法事实'], kind: 'text', fact: 'grounds', maxLength: 20_000 },
    { code: 'CF_YJ', headers: ['处罚依据'], kind: 'text', fact: 'legalBasis' },
    { code: 'CF_CFLB', headers: penaltyKindHeaders, kind: 'list', fact: 'kinds', required: true },
    { code: 'CF_NR', headers: ['处罚内容', '行政处罚内容'], kind: 'text', fact: 'content' },
    { code: 'CF_NR_FK', headers: ['罚款金额(万元)', '罚款金额'], kind: 'yuan-from-wan', fact: 'fineYuan' },
    { code: 'CF_NR_FK_YUAN', headers: ['罚款金额(元)'], kind: 'yuan', fact: 'fineYuan' },
    { code: 'CF_NR_WFFF', headers: ['没收违法所得、没收非法财物的金额(万元)', '没收违法所得、没收非法财物金额(万元)', '没收违法所得、没收非法财物的金额', '没收违法所得、没收非法财物金额'], kind: 'yuan-from-wan', fact: 'confiscatedYuan' },
    { code: 'CF_NR_WFFF_YUAN', headers: ['没收违法所得、没收非法财物的金额(元)', '没收违法所得、没收非法财物金额(元)'], kind: 'yuan', fact: 'confiscatedYuan' },
    { code: 'CF_NR_ZKDX', headers: ['暂扣或吊销证照名称及编号'], kind: 'text', fact: 'revokedCertificates' },
    { code: 'CF_JDRQ', headers: ['处罚决定日期', '行政处罚决定日期', '作出处罚决定日期', '作出行政处罚决定日期'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'CF_YXQ', headers: ['处罚有效期'], kind: 'end-date', fact: 'validTo' },
    { code: 'CF_GSJZQ', headers: ['公示截止期', '公示截止日期'], kind: 'end-date', fact: 'publishedTo' },
    { code: 'CF_CFJG', headers: ['处罚机关', '处罚机关名称', '行政处罚机关', '作出处罚决定机关', '作出行政处罚决定机关'], kind: 'text', fact: 'penaltyAuthority', required: true, maxLength: 400 },
    { code: 'CF_CFJGDM', headers: ['处罚机关统一社会信用代码'], kind: 'code', fact: 'penaltyAuthorityCode' },
    { code: 'CF_SJLY', headers: ['数据来源单位'], kind: 'text', fact: 'sourceUnit', maxLength: 400 },
    { code: 'CF_SJLYDM', headers: ['数据来源单位统一社会信用代码'], kind: 'code', fact: 'sourceUnitCode' },
    { code: 'BZ', headers: ['备注'], kind: 'text', fact: 'remarks' },
    { code: 'SJDCSJ', headers: ['数据导出时间', '导出时间', '上报时间', '序号', 'SJC'], kind: 'transport' },
  ],
}

import type { Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

const people = [
  '法定代表人或者负责人',
  '法定代表人或负责人',
  '负有直接责任的财务负责人',
  '财务负责人',
  '实际责任人',
  '实际负责人',
]
const traits = [
  '姓名',
  '性别',
  '证件名称',
  '证件类型',
  '证件号码',
  '姓名、性别、证件名称及号码',
  '姓名、性别及身份证号码',
  '姓名、性别、身份证号码',
  '姓名、性别及身份证号码(或其他证件号码)',
]
const officers = [
  ...people.flatMap((who) => traits.map((what) => who + what)),
  '法定代表人姓名、性别及身份证号码',
  '负有直接责任的中介机构信息及其从业人员信息',
  '负有直接责任的中介机构信息',
  '负有直接责任的中介机构',
]

/** 重大税收违法失信主体. Without the day of publication (公布日期) nothing tells when its own ends. */
export const taxViolation: Layout = {
  name: 'tax-violation',
  version: 1,
  recordType: 'tax-violation',
  title: { zh: '重大税收违法失信主体', en: 'Major tax violation' },
  documentKeys: [['documentNumber'], ['decidedOn']],
  // biome-ignore format: a table reads by rows
  columns: [
    ...organisationColumns(['纳税人名称', '失信主体名称']),
    { code: 'address', headers: ['注册地址'], kind: 'transport' },
    { code: 'officers', headers: officers, kind: 'person' },
    { code: 'taxpayer_person', headers: ['自然人姓名', '自然人性别', '自然人身份证号码'], kind: 'person-trait' },
    { code: 'case_nature', headers: ['案件性质', '违法性质'], kind: 'text', fact: 'nature', maxLength: 400 },
    { code: 'case_facts', headers: ['主要违法事实', '违法事实', '主要违法事实、相关法律依据及税务处理处罚情况'], kind: 'text', fact: 'offence', maxLength: 20_000 },
    { code: 'case_handling', headers: ['相关法律依据及税务处理处罚情况', '相关法律依据及处理处罚情况', '税务处理处罚情况', '处理处罚情况', '处罚情况'], kind: 'text', fact: 'handling', maxLength: 20_000 },
    { code: 'case_no', headers: ['税务行政处罚决定书文号', '行政处罚决定书文号', '处罚决定书文号', '决定书文号', '文书号'], kind: 'number', fact: 'documentNumber', maxLength: 256 },
    { code: 'case_dt', headers: ['公布日期', '公布时间', '发布日期', '发布时间', '认定日期', '确定日期', '信息公布日期', '首次公布日期'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'case_org', headers: ['公布机关', '公布税务机关', '认定机关', '检查机关', '所属税务机关', '税务机关', '税务机关名称', '主管税务机关'], kind: 'text', fact: 'decidedBy', maxLength: 400 },
    { code: 'public_to', headers: ['公示截止期', '公示截止日期', '公布截止日期'], kind: 'end-date', fact: 'publishedTo' },
    { code: 'case_period', headers: ['案件上报期'], kind: 'transport' },
    { code: 'case_transfer', headers: ['移送公安情况'], kind: 'person' },
  ],
}

import type { Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

/** 失信被执行人, of organisations alone. What a judgment orders, and what of it was done, names the parties. */
export const judgmentDefault: Layout = {
  name: 'judgment-default',
  version: 1,
  recordType: 'judgment-default',
  title: { zh: '失信被执行人', en: 'Judgment defaulter' },
  standard:
    'field names of the Supreme People’s Court’s public inquiry (iname, cardNum, caseCode …), as exports have them',
  documentKeys: [['documentNumber']],
  // biome-ignore format: a table reads by rows
  columns: [
    ...organisationColumns(['被执行人姓名/名称', '被执行人姓名或名称', '被执行人名称', '失信被执行人姓名/名称', '失信被执行人姓名或名称', '失信被执行人名称', '失信被执行人', '失信人名称', 'iname']),
    { code: 'cardNum', headers: ['身份证号码/组织机构代码', '身份证号/组织机构代码', '组织机构代码证号', '证件号码/组织机构代码', '公民身份号码/组织机构代码', '身份证号码/组织机构代码/统一社会信用代码'], kind: 'identifier' },
    { code: 'partyTypeName', headers: ['被执行人性质', '被执行人类型', '失信被执行人类型', '失信被执行人性质', '失信人类型'], kind: 'subject-class' },
    { code: 'sexy', headers: ['性别'], kind: 'person-trait' },
    { code: 'age', headers: ['年龄'], kind: 'person-trait' },
    { code: 'businessEntity', headers: ['法定代表人或者负责人姓名', '法定代表人或负责人姓名', '法定代表人/负责人姓名', '企业法人姓名', '企业法人/负责人姓名'], kind: 'person' },
    { code: 'caseCode', headers: ['案号', '执行案号'], kind: 'number', fact: 'documentNumber', required: true, maxLength: 256 },
    { code: 'gistId', headers: ['执行依据文号'], kind: 'number', fact: 'basisNumber', maxLength: 256 },
    { code: 'gistUnit', headers: ['做出执行依据单位', '作出执行依据单位', '做出依据单位', '作出依据单位', '经办机构(做出执行依据单位)'], kind: 'text', fact: 'basisBody', maxLength: 400 },
    { code: 'courtName', headers: ['执行法院', '执行法院名称'], kind: 'text', fact: 'decidedBy', required: true, maxLength: 400 },
    { code: 'regDate', headers: ['立案时间', '立案日期'], kind: 'past-date', fact: 'filedOn' },
    { code: 'publishDate', headers: ['发布时间', '发布日期', '公布时间', '公布日期'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'duty', headers: ['生效法律文书确定的义务', '法律生效文书确定的义务', '义务'], kind: 'person' },
    { code: 'performance', headers: ['被执行人的履行情况', '履行情况'], kind: 'coded', codes: { 全部未履行: 'none', 未履行: 'none', 部分履行: 'partial', 部分未履行: 'partial', 全部已履行: 'full', 全部履行: 'full', 已履行: 'full', 其他: '' }, fact: 'performance' },
    { code: 'performedPart', headers: ['已履行部分', '已履行'], kind: 'person' },
    { code: 'unperformPart', headers: ['未履行部分', '未履行'], kind: 'person' },
    { code: 'disruptTypeName', headers: ['失信被执行人行为具体情形', '失信行为具体情形', '失信被执行人具体情形', '失信被执行人为具体情形', '失信行为情形'], kind: 'text', fact: 'conduct' },
    { code: 'exitDate', headers: ['退出日期', '移出日期', '删除日期'], kind: 'date', fact: 'removedOn' },
    { code: 'public_to', headers: ['公示截止期', '公示截止日期', '纳入期限届满日'], kind: 'end-date', fact: 'publishedTo' },
    { code: 'areaName', headers: ['省份', '地域名称', '关注次数'], kind: 'transport' },
  ],
}

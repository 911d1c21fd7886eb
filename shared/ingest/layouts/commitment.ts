import type { Layout } from './layout.ts'
import { organisationColumns } from './organisation-columns.ts'

/** 信用承诺. */
export const commitment: Layout = {
  name: 'commitment',
  version: 1,
  recordType: 'commitment',
  title: { zh: '信用承诺', en: 'Credit commitment' },
  documentKeys: [['documentNumber'], ['decidedOn', 'decidedBy'], ['decidedOn']],
  // biome-ignore format: a table reads by rows
  columns: [
    ...organisationColumns(['承诺主体名称', '承诺人名称', '承诺单位']),
    { code: 'promiser_class', headers: ['承诺人类别', '承诺主体类别'], kind: 'subject-class' },
    { code: 'promiser_code', headers: ['承诺人代码', '承诺主体代码'], kind: 'identifier' },
    { code: 'promise_category', headers: ['承诺类型', '承诺种类', '承诺类别'], kind: 'text', fact: 'category', maxLength: 400 },
    { code: 'promise_no', headers: ['承诺编码', '承诺书编号', '承诺编号'], kind: 'number', fact: 'documentNumber', maxLength: 256 },
    { code: 'promise_dt', headers: ['做出承诺日期', '作出承诺日期', '承诺日期', '承诺作出日期', '做出日期', '做出信用承诺时间', '作出信用承诺时间'], kind: 'past-date', fact: 'decidedOn', required: true },
    { code: 'promise_org', headers: ['承诺受理单位', '受理单位'], kind: 'text', fact: 'decidedBy', maxLength: 400 },
    { code: 'promise_org_cd', headers: ['承诺受理单位统一社会信用代码', '受理单位统一社会信用代码', '承诺受理单位代码', '受理单位代码'], kind: 'code', fact: 'decidedByCode', maxLength: 40 },
    { code: 'promise_purpose', headers: ['承诺事由', '承诺事项', '信用承诺事项'], kind: 'text', fact: 'purpose' },
    { code: 'promise_content', headers: ['承诺内容'], kind: 'text', fact: 'content' },
    { code: 'promise_to', headers: ['承诺有效期', '承诺截止日期', '承诺有效期至'], kind: 'end-date', fact: 'validTo' },
    { code: 'promise_state', headers: ['承诺履行状态', '履行状态', '承诺履约状态'], kind: 'coded', codes: { 全部履行: 'kept', 已履行: 'kept', 履行: 'kept', 履约: 'kept', 部分履行: 'partial', 未履行: 'broken', 全部未履行: 'broken', 违诺: 'broken', 违约: 'broken', 履行中: '', 正在履行: '' }, fact: 'performance' },
    { code: 'promise_liability', headers: ['违诺责任', '违约责任', '违诺责任追究内容', '未履行的承诺内容', '承诺人', '签字人'], kind: 'person' },
  ],
}

import type { Column } from './layout.ts'
import { codeHeaders, registrationNumberHeaders } from './organisation-columns.ts'

/**
 * Whom a row of the 2015/16 standard is about. Its 代码_2 is an organisation code and its 代码_3 a registration number,
 * the other way round than in 2018: the words in brackets count, and of a bare number the shape of the value does.
 */
export function subject2015Columns(prefix: 'XK' | 'CF', name: string): readonly Column[] {
  // biome-ignore format: a table reads by rows
  return [
    { code: name, headers: ['行政相对人名称', '行政相对人', '相对人名称'], kind: 'text', fact: 'subjectName', required: true, maxLength: 400 },
    { code: `${prefix}_XDR_SHXYM`, headers: codeHeaders, kind: 'uscc' },
    { code: `${prefix}_XDR_ZDM`, headers: ['行政相对人代码_2(组织机构代码)', '行政相对人代码_3(组织机构代码)', '组织机构代码'], kind: 'organisation-code' },
    { code: `${prefix}_XDR_GSDJ`, headers: ['行政相对人代码_3(工商登记码)', '行政相对人代码_2(工商登记码)', '行政相对人代码_3(工商注册号)', '行政相对人代码_2(工商注册号)', ...registrationNumberHeaders], kind: 'registration-number' },
    { code: `${prefix}_XDR_SWDJ`, headers: ['行政相对人代码_4(税务登记号)', '税务登记号'], kind: 'tax-number' },
    { code: '代码_2', headers: ['行政相对人代码_2'], kind: 'identifier' },
    { code: '代码_3', headers: ['行政相对人代码_3'], kind: 'identifier' },
    { code: '代码_4', headers: ['行政相对人代码_4'], kind: 'identifier' },
    { code: `${prefix}_XDR_SFZ`, headers: ['行政相对人代码_5(居民身份证号)', '行政相对人代码_5', '居民身份证号', '证件号码'], kind: 'subject-person' },
    { code: `${prefix}_FR`, headers: ['法定代表人', '法定代表人姓名'], kind: 'person' },
  ]
}

/** 当前状态. What is disputed (异议) or 其他 is neither said to hold nor not to. */
export const status2015: Readonly<Record<string, string>> = {
  '0': 'valid',
  正常: 'valid',
  '1': 'invalid',
  撤销: 'invalid',
  '2': '',
  异议: '',
  '3': '',
  其他: '',
}

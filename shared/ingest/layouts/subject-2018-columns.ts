import type { Column } from './layout.ts'
import { codeHeaders, registrationNumberHeaders } from './organisation-columns.ts'

/** Whom a row of the 2018 standard is about. Files of 2018 number 代码_2 and 代码_3 either way, so the words count here too. */
export function subject2018Columns(prefix: 'XK' | 'CF'): readonly Column[] {
  // biome-ignore format: a table reads by rows
  return [
    { code: `${prefix}_XDR_MC`, headers: ['行政相对人名称', '行政相对人', '相对人名称'], kind: 'text', fact: 'subjectName', required: true, maxLength: 400 },
    { code: `${prefix}_XDR_LB`, headers: ['行政相对人类别', '行政相对人类型'], kind: 'subject-class' },
    { code: `${prefix}_XDR_SHXYM`, headers: codeHeaders, kind: 'uscc' },
    { code: `${prefix}_XDR_GSZC`, headers: ['行政相对人代码_2(工商注册号)', '行政相对人代码_3(工商注册号)', '行政相对人代码_2(工商登记码)', '行政相对人代码_3(工商登记码)', ...registrationNumberHeaders], kind: 'registration-number' },
    { code: `${prefix}_XDR_ZZJG`, headers: ['行政相对人代码_3(组织机构代码)', '行政相对人代码_2(组织机构代码)', '组织机构代码'], kind: 'organisation-code' },
    { code: `${prefix}_XDR_SWDJ`, headers: ['行政相对人代码_4(税务登记号)', '税务登记号'], kind: 'tax-number' },
    { code: '代码_2', headers: ['行政相对人代码_2'], kind: 'identifier' },
    { code: '代码_3', headers: ['行政相对人代码_3'], kind: 'identifier' },
    { code: '代码_4', headers: ['行政相对人代码_4'], kind: 'identifier' },
    { code: `${prefix}_XDR_SYDW`, headers: ['行政相对人代码_5(事业单位证书号)'], kind: 'transport' },
    { code: `${prefix}_XDR_SHZZ`, headers: ['行政相对人代码_6(社会组织登记证号)'], kind: 'transport' },
    { code: '代码_5', headers: ['行政相对人代码_5'], kind: 'subject-person' },
    { code: '代码_6', headers: ['行政相对人代码_6'], kind: 'subject-person' },
    { code: `${prefix}_FRDB`, headers: [`${prefix}_FDDB`, `${prefix}_FR`, '法定代表人', '法定代表人姓名'], kind: 'person' },
    { code: `${prefix}_FR_ZJLX`, headers: ['法定代表人证件类型'], kind: 'person' },
    { code: `${prefix}_FR_ZJHM`, headers: [`${prefix}_FR_SFZH`, '法定代表人证件号码', '法定代表人身份证号'], kind: 'person' },
    { code: `${prefix}_XDR_ZJLX`, headers: ['证件类型', '自然人证件类型'], kind: 'person' },
    { code: `${prefix}_XDR_ZJHM`, headers: [`${prefix}_XDR_SFZ`, '证件号码', '自然人证件号码', '居民身份证号'], kind: 'subject-person' },
  ]
}

/** What can be said about an identifier. An error makes it invalid; a warning does not. */
// biome-ignore format: a table reads by rows
export const findings = {
  ABSENT: { severity: 'error', zh: '无代码或为占位符', en: 'There is no identifier, or a placeholder for one.' },
  FORM_UNKNOWN: { severity: 'error', zh: '格式无法识别', en: 'The value has the form of no identifier that is known.' },
  CHARACTER_INVALID: { severity: 'error', zh: '含有不允许的字符', en: 'A character outside the alphabet (I, O, S, V and Z are not in it).' },
  DEPARTMENT_UNKNOWN: { severity: 'error', zh: '登记管理部门代码未知', en: 'The first character names no registering department.' },
  CATEGORY_UNKNOWN: { severity: 'warning', zh: '机构类别代码未知', en: 'The second character names no category of the department.' },
  DIVISION_UNKNOWN: { severity: 'warning', zh: '行政区划代码从未列入 GB/T 2260', en: 'The division code was never in GB/T 2260.' },
  USCC_CHECK_FAILED: { severity: 'error', zh: '统一社会信用代码校验码错误', en: 'The check character fails (GB 32100, modulo 31).' },
  ORGANISATION_CODE_CHECK_FAILED: { severity: 'error', zh: '组织机构代码校验码错误', en: "The organisation code's check character fails (GB 11714, modulo 11)." },
  REGISTRATION_NUMBER_CHECK_FAILED: { severity: 'error', zh: '注册号校验码错误', en: 'The check digit fails (ISO 7064, MOD 11,10).' },
  USCC_AMBIGUOUS_WITH_RESIDENT_ID: { severity: 'error', zh: '既符合统一社会信用代码又符合居民身份号码', en: 'The value passes as a USCC and as a resident ID.' },
  RESIDENT_ID: { severity: 'error', zh: '居民身份号码', en: "The value is, or holds, a person's resident ID (GB 11643)." },
  RESIDENT_ID_POSSIBLE: { severity: 'error', zh: '疑似居民身份号码', en: 'The value is, or holds, what may be a resident ID; its check fails or its ends are unclear.' },
  MOBILE_NUMBER: { severity: 'error', zh: '手机号码', en: "The value is, or holds, a person's mobile number." },
  TAX_NUMBER_ALSO_POSSIBLE: { severity: 'warning', zh: '也可能是税务登记号', en: 'The value passes as a tax number too.' },
  INDIVIDUAL_BUSINESS: { severity: 'warning', zh: '个体工商户', en: 'The identifier is that of an individual business.' },
} as const satisfies Record<string, { severity: 'error' | 'warning'; zh: string; en: string }>

export type Finding = keyof typeof findings

export function isError(finding: Finding): boolean {
  return findings[finding].severity === 'error'
}

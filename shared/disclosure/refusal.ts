/** An expected no. `path` is the JSON Pointer (RFC 6901) of the fault in what was sent; no member quotes what was sent. */
export type Refusal<Code extends string> = {
  readonly outcome: 'refused'
  readonly code: Code
  readonly reason: string
  readonly path?: string
}

/** On which ground an officer may refuse a case; closed. */
export const refusalGrounds = [
  { code: 'RC-IDENTITY', zh: '请求机关身份未核实', en: 'The requester is not verified' },
  {
    code: 'RC-INSTRUMENT',
    zh: '法律文书不真实、过期、未签署或者不指向本机构',
    en: 'The instrument is not authentic, expired, unsigned or names another holder',
  },
  { code: 'RC-AUTHORITY', zh: '签发机关无权', en: 'The issuer is not competent' },
  { code: 'RC-BASIS', zh: '法律依据不涵盖所请求的数据', en: 'The legal basis does not cover this data' },
  { code: 'RC-INCOMPLETE', zh: '请求不完整', en: 'The request is incomplete' },
  { code: 'RC-MANIFEST-ERROR', zh: '请求有明显错误', en: 'The request contains a manifest error' },
  { code: 'RC-INSUFFICIENT-INFO', zh: '信息不足', en: 'The request does not say enough to be carried out' },
  { code: 'RC-SCOPE', zh: '范围过宽或者不相称', en: 'The scope is overbroad or disproportionate' },
  { code: 'RC-NOT-HELD', zh: '不掌握该数据', en: 'The data is not held' },
  { code: 'RC-NO-CONTROL', zh: '不控制该数据', en: 'The data is not under our control' },
  { code: 'RC-IMPOSSIBLE', zh: '事实上不可能', en: 'De facto impossible' },
  { code: 'RC-PRIVILEGE', zh: '受特权或者豁免保护', en: 'Immunity or privilege' },
  { code: 'RC-RIGHTS', zh: '明显侵害基本权利', en: 'Manifest breach of a fundamental right' },
  { code: 'RC-NE-BIS', zh: '一事不再理', en: 'Ne bis in idem' },
  { code: 'RC-OFFENCE', zh: '行为不构成违法', en: 'The conduct is no offence' },
  { code: 'RC-CONFLICT', zh: '与其他法律义务冲突', en: 'Conflict with another legal duty' },
  { code: 'RC-DUPLICATE', zh: '重复请求', en: 'The same data was given for the same purpose' },
  { code: 'RC-EMERGENCY-UNMET', zh: '不符合紧急情形', en: 'The conditions of an emergency are not met' },
  { code: 'RC-FORGERY-SUSPECTED', zh: '疑似伪造', en: 'Forgery is suspected' },
] as const satisfies readonly { code: string; zh: string; en: string }[]

export type RefusalGround = (typeof refusalGrounds)[number]['code']

export const refusalGroundCodes: readonly RefusalGround[] = refusalGrounds.map((ground) => ground.code)

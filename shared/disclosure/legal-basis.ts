/** A ground in law on which an authority may ask. */
export type LegalBasis = {
  readonly code: string
  readonly zh: string
  readonly en: string
  /** The article, so that whoever decides can read it. */
  readonly source: string
  /** `conflict-review`: stands only once the competent authority has approved (a state this service does not have yet). */
  readonly gate: 'none' | 'conflict-review'
}

/** Closed: a case rests on one of these. Rows are added, never reworded, since old cases cite them. */
export const legalBases = [
  {
    code: 'CN-DSL-35',
    zh: '数据安全法第三十五条：公安机关、国家安全机关依法调取数据',
    en: 'Data Security Law, article 35: police and state-security organs obtaining data under strict approval procedures',
    source: '《中华人民共和国数据安全法》第三十五条',
    gate: 'none',
  },
  {
    code: 'CN-DSL-36',
    zh: '数据安全法第三十六条：外国司法或者执法机构提供数据的请求',
    en: 'Data Security Law, article 36: request of a foreign judicial or law-enforcement body',
    source: '《中华人民共和国数据安全法》第三十六条',
    gate: 'conflict-review',
  },
  {
    code: 'CN-CEL-26',
    zh: '反间谍法第二十六条：查阅、调取有关的文件、数据、资料、物品',
    en: 'Counter-Espionage Law (2023), article 26: consulting and obtaining what the task needs and no more',
    source: '《中华人民共和国反间谍法》（2023）第二十六条',
    gate: 'none',
  },
  {
    code: 'CN-EED-2016-13',
    zh: '电子数据规定第十三条：调取证据通知书',
    en: 'Rules on electronic data in criminal cases (2016), article 13: notice to obtain evidence',
    source: '《关于办理刑事案件收集提取和审查判断电子数据若干问题的规定》（2016）第十二条至第十四条',
    gate: 'none',
  },
  {
    code: 'CN-NCP-2022-14',
    zh: '信息网络犯罪案件程序意见第十四条：电子方式调取证据',
    en: 'Opinion on procedure in network-crime cases (2022), item 14: obtaining evidence by electronic means',
    source: '《关于办理信息网络犯罪案件适用刑事诉讼程序若干问题的意见》（2022）第十四条',
    gate: 'none',
  },
] as const satisfies readonly LegalBasis[]

export function findLegalBasis(code: string): LegalBasis | undefined {
  return legalBases.find((basis) => basis.code === code)
}

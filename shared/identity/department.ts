/** Registering departments and their categories: GB 32100-2015 with Amendment 1 (2016), table 1. */
// biome-ignore format: a table reads by rows
export const departments: Readonly<Record<string, Department>> = {
  '1': { zh: '机构编制', en: 'Institutional establishment', categories: { '1': ['机关', 'State organ'], '2': ['事业单位', 'Public institution'], '3': ['群众团体', 'Mass organisation under the central establishment office'], '9': ['其他', 'Other'] } },
  '2': { zh: '外交', en: 'Foreign affairs', categories: { '1': ['外国常驻新闻机构', 'Resident foreign news agency'], '9': ['其他', 'Other'] } },
  '3': { zh: '司法行政', en: 'Judicial administration', categories: { '1': ['律师执业机构', 'Law firm'], '2': ['公证处', 'Notary office'], '3': ['基层法律服务所', 'Grass-roots legal service'], '4': ['司法鉴定机构', 'Forensic institution'], '5': ['仲裁委员会', 'Arbitration commission'], '9': ['其他', 'Other'] } },
  '4': { zh: '文化', en: 'Culture', categories: { '1': ['外国在华文化中心', 'Foreign cultural centre'], '9': ['其他', 'Other'] } },
  '5': { zh: '民政', en: 'Civil affairs', categories: { '1': ['社会团体', 'Social organisation'], '2': ['民办非企业单位', 'Private non-enterprise unit'], '3': ['基金会', 'Foundation'], '9': ['其他', 'Other'] } },
  '6': { zh: '旅游', en: 'Tourism', categories: { '1': ['外国旅游部门常驻代表机构', 'Foreign tourism office'], '2': ['港澳台旅游部门常驻代表机构', 'Hong Kong, Macao or Taiwan tourism office'], '9': ['其他', 'Other'] } },
  '7': { zh: '宗教', en: 'Religion', categories: { '1': ['宗教活动场所', 'Place of religious activity'], '2': ['宗教院校', 'Religious school'], '9': ['其他', 'Other'] } },
  '8': { zh: '工会', en: 'Trade unions', categories: { '1': ['基层工会', 'Grass-roots union'], '9': ['其他', 'Other'] } },
  '9': { zh: '市场监管', en: 'Market regulation', categories: { '1': ['企业', 'Enterprise'], '2': ['个体工商户', 'Individual business'], '3': ['农民专业合作社', "Farmers' cooperative"] } },
  A: { zh: '中央军委改革和编制办公室', en: 'Central Military Commission establishment office', categories: { '1': ['军队事业单位', 'Military institution'], '9': ['其他', 'Other'] } },
  N: { zh: '农业', en: 'Agriculture', categories: { '1': ['组级集体经济组织', 'Group-level collective'], '2': ['村级集体经济组织', 'Village-level collective'], '3': ['乡镇级集体经济组织', 'Township-level collective'], '9': ['其他', 'Other'] } },
  Y: { zh: '其他', en: 'Other', categories: { '1': ['其他', 'Other'] } },
}

export type Department = {
  readonly zh: string
  readonly en: string
  readonly categories: Readonly<Record<string, readonly [zh: string, en: string]>>
}

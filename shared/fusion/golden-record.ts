import type { Json } from '../base/canonical.ts'
import type { DecisionType } from '../records/decision.ts'

/** Who may read a field: `published` in dataset versions (and through the API), `disclosed` in an approved case alone. */
export type Edition = 'published' | 'disclosed'

/**
 * Scalars, or a list of structs (`members`). Dates and instants are text in ISO 8601; money is a decimal text in yuan,
 * so that it is exact whatever the number of digits.
 */
export type FieldType = 'text' | 'date' | 'instant' | 'money' | 'text-list' | 'struct-list'

/**
 * How the value is chosen among an organisation's records:
 * `code`: read off the USCC; `registration`: the latest registration that states it; `name`: as registration, else the
 * latest other record's subject name; `decisions`: all of one type that are in force and may be published;
 * `sources`: the authorities whose records take part; `clock`: when time alone will change the row.
 */
export type FusionRule = 'code' | 'registration' | 'name' | 'decisions' | 'sources' | 'clock'

export type GoldenField = {
  readonly name: string
  readonly zh: string
  readonly en: string
  readonly type: FieldType
  /** Iceberg field id: never changed, never used again. */
  readonly id: number
  /** Iceberg field id of a list's element. */
  readonly elementId?: number
  readonly rule: FusionRule
  readonly editions: readonly Edition[]
  /** The type of record that the rule `decisions` reads. */
  readonly of?: DecisionType
  /** The member of the winning record's facts, for rules that read one. */
  readonly fact?: string
  /**
   * Fields that mean something only together: the record that states any of them gives them all. An amount has its
   * own currency, and a period without an end is not to get the end of an older one.
   */
  readonly together?: 'capital' | 'operating-period'
  readonly members?: readonly GoldenMember[]
}

export type GoldenMember = {
  readonly name: string
  readonly zh: string
  readonly en: string
  readonly type: 'text' | 'date' | 'money' | 'text-list'
  readonly id: number
  readonly elementId?: number
  /** The member of the record's facts, or, of none, the last day on which the record is shown. */
  readonly fact: string | typeof LAST_DAY
}

/** No fact has this name. */
export const LAST_DAY = '#last-day'

const both = ['published', 'disclosed'] as const
const caseOnly = ['disclosed'] as const

/**
 * The field table: one row per field of a golden record. Narrative free text (许可内容, 违法事实, 处罚内容 …) may
 * name people that no pattern finds, so it is never in the published edition.
 */
// biome-ignore format: a table reads by rows
export const goldenFields = [
  { name: 'uscc', zh: '统一社会信用代码', en: 'Unified social credit code', type: 'text', id: 1, rule: 'code', editions: both },
  { name: 'organisation_code', zh: '组织机构代码', en: 'Organisation code', type: 'text', id: 2, rule: 'code', editions: both },
  { name: 'division', zh: '登记管理机关行政区划码', en: 'Division of the registering authority', type: 'text', id: 3, rule: 'code', editions: both },
  { name: 'name', zh: '名称', en: 'Name', type: 'text', id: 4, rule: 'name', editions: both, fact: 'name' },
  { name: 'registration_number', zh: '工商注册号', en: 'Registration number', type: 'text', id: 5, rule: 'registration', editions: both, fact: 'registrationNumber' },
  { name: 'organisation_type', zh: '企业类型', en: 'Type of organisation', type: 'text', id: 6, rule: 'registration', editions: both, fact: 'organisationType' },
  { name: 'registration_status', zh: '登记状态', en: 'Registration status', type: 'text', id: 7, rule: 'registration', editions: both, fact: 'status' },
  { name: 'registration_authority', zh: '登记机关', en: 'Registering authority', type: 'text', id: 8, rule: 'registration', editions: both, fact: 'registrationAuthority' },
  { name: 'address', zh: '住所', en: 'Registered address', type: 'text', id: 9, rule: 'registration', editions: caseOnly, fact: 'address' },
  { name: 'registered_capital', zh: '注册资本', en: 'Registered capital', type: 'money', id: 10, rule: 'registration', editions: both, fact: 'registeredCapital', together: 'capital' },
  { name: 'capital_currency', zh: '注册资本币种', en: 'Currency of the registered capital', type: 'text', id: 11, rule: 'registration', editions: both, fact: 'capitalCurrency', together: 'capital' },
  { name: 'business_scope', zh: '经营范围', en: 'Business scope', type: 'text', id: 12, rule: 'registration', editions: caseOnly, fact: 'businessScope' },
  { name: 'approved_on', zh: '核准日期', en: 'Approved on', type: 'date', id: 13, rule: 'registration', editions: both, fact: 'approvedOn' },
  { name: 'established_on', zh: '成立日期', en: 'Established on', type: 'date', id: 14, rule: 'registration', editions: both, fact: 'establishedOn' },
  { name: 'operating_from', zh: '经营期限自', en: 'Operating period from', type: 'date', id: 15, rule: 'registration', editions: both, fact: 'operatingFrom', together: 'operating-period' },
  { name: 'operating_to', zh: '经营期限至', en: 'Operating period to', type: 'date', id: 16, rule: 'registration', editions: both, fact: 'operatingTo', together: 'operating-period' },
  { name: 'licences', zh: '行政许可', en: 'Administrative licences', type: 'struct-list', id: 17, elementId: 50, rule: 'decisions', of: 'licence', editions: both, members: [
    { name: 'document_number', zh: '行政许可决定文书号', en: 'Decision number', type: 'text', id: 18, fact: 'documentNumber' },
    { name: 'category', zh: '许可类别', en: 'Category', type: 'text', id: 19, fact: 'category' },
    { name: 'certificate_name', zh: '许可证书名称', en: 'Certificate', type: 'text', id: 20, fact: 'certificateName' },
    { name: 'certificate_number', zh: '许可编号', en: 'Certificate number', type: 'text', id: 21, fact: 'certificateNumber' },
    { name: 'decided_on', zh: '许可决定日期', en: 'Decided on', type: 'date', id: 22, fact: 'decidedOn' },
    { name: 'valid_from', zh: '有效期自', en: 'Valid from', type: 'date', id: 23, fact: 'validFrom' },
    { name: 'valid_to', zh: '有效期至', en: 'Valid to', type: 'date', id: 24, fact: 'validTo' },
    { name: 'authority', zh: '许可机关', en: 'Licensing authority', type: 'text', id: 25, fact: 'licensingAuthority' },
    { name: 'status', zh: '当前状态', en: 'Status', type: 'text', id: 26, fact: 'status' },
  ] },
  { name: 'penalties', zh: '行政处罚', en: 'Administrative penalties', type: 'struct-list', id: 27, elementId: 51, rule: 'decisions', of: 'penalty', editions: both, members: [
    { name: 'document_number', zh: '行政处罚决定书文号', en: 'Decision number', type: 'text', id: 28, fact: 'documentNumber' },
    { name: 'kinds', zh: '处罚类别', en: 'Kinds of penalty', type: 'text-list', id: 29, elementId: 30, fact: 'kinds' },
    { name: 'fine_yuan', zh: '罚款金额（元）', en: 'Fine in yuan', type: 'money', id: 31, fact: 'fineYuan' },
    { name: 'confiscated_yuan', zh: '没收金额（元）', en: 'Confiscated, in yuan', type: 'money', id: 32, fact: 'confiscatedYuan' },
    { name: 'decided_on', zh: '处罚决定日期', en: 'Decided on', type: 'date', id: 33, fact: 'decidedOn' },
    { name: 'valid_to', zh: '处罚有效期', en: 'In force to', type: 'date', id: 34, fact: 'validTo' },
    { name: 'published_to', zh: '公示截止期', en: 'Last day of publication', type: 'date', id: 35, fact: LAST_DAY },
    { name: 'authority', zh: '处罚机关', en: 'Penalising authority', type: 'text', id: 36, fact: 'penaltyAuthority' },
  ] },
  { name: 'licence_contents', zh: '许可内容', en: 'What the licences allow', type: 'struct-list', id: 37, elementId: 52, rule: 'decisions', of: 'licence', editions: caseOnly, members: [
    { name: 'document_number', zh: '行政许可决定文书号', en: 'Decision number', type: 'text', id: 38, fact: 'documentNumber' },
    { name: 'content', zh: '许可内容', en: 'Content', type: 'text', id: 39, fact: 'content' },
  ] },
  { name: 'penalty_grounds', zh: '违法事实与处罚内容', en: 'Grounds and content of the penalties', type: 'struct-list', id: 40, elementId: 53, rule: 'decisions', of: 'penalty', editions: caseOnly, members: [
    { name: 'document_number', zh: '行政处罚决定书文号', en: 'Decision number', type: 'text', id: 41, fact: 'documentNumber' },
    { name: 'offence', zh: '违法行为类型', en: 'Offence', type: 'text', id: 42, fact: 'offence' },
    { name: 'grounds', zh: '违法事实', en: 'Grounds', type: 'text', id: 43, fact: 'grounds' },
    { name: 'legal_basis', zh: '处罚依据', en: 'Legal basis', type: 'text', id: 44, fact: 'legalBasis' },
    { name: 'content', zh: '处罚内容', en: 'Content', type: 'text', id: 45, fact: 'content' },
    { name: 'revoked_certificates', zh: '暂扣或吊销证照名称及编号', en: 'Certificates suspended or revoked', type: 'text', id: 46, fact: 'revokedCertificates' },
  ] },
  { name: 'sources', zh: '数据来源', en: 'Authorities whose records take part', type: 'text-list', id: 47, elementId: 48, rule: 'sources', editions: both },
  { name: 'next_change_at', zh: '下次变更时间', en: 'When time alone will change the row', type: 'instant', id: 49, rule: 'clock', editions: ['published'] },
  { name: 'abnormal_listings', zh: '经营异常名录', en: 'Entries of the list of abnormal operations', type: 'struct-list', id: 54, elementId: 55, rule: 'decisions', of: 'abnormal-listing', editions: both, members: [
    { name: 'document_number', zh: '列入决定书文号', en: 'Decision number', type: 'text', id: 56, fact: 'documentNumber' },
    { name: 'listed_on', zh: '列入日期', en: 'Listed on', type: 'date', id: 57, fact: 'decidedOn' },
    { name: 'published_to', zh: '公示截止期', en: 'Last day of publication', type: 'date', id: 58, fact: LAST_DAY },
    { name: 'authority', zh: '列入机关', en: 'Listing authority', type: 'text', id: 59, fact: 'decidedBy' },
  ] },
  { name: 'serious_listings', zh: '严重违法失信名单', en: 'Entries of the list of serious violations', type: 'struct-list', id: 60, elementId: 61, rule: 'decisions', of: 'serious-listing', editions: both, members: [
    { name: 'document_number', zh: '列入决定书文号', en: 'Decision number', type: 'text', id: 62, fact: 'documentNumber' },
    { name: 'listed_on', zh: '列入日期', en: 'Listed on', type: 'date', id: 63, fact: 'decidedOn' },
    { name: 'published_to', zh: '公示截止期', en: 'Last day of publication', type: 'date', id: 64, fact: LAST_DAY },
    { name: 'authority', zh: '列入机关', en: 'Listing authority', type: 'text', id: 65, fact: 'decidedBy' },
  ] },
  { name: 'abnormal_listing_reasons', zh: '列入经营异常名录原因', en: 'Reasons of the abnormal listings', type: 'struct-list', id: 66, elementId: 67, rule: 'decisions', of: 'abnormal-listing', editions: caseOnly, members: [
    { name: 'document_number', zh: '列入决定书文号', en: 'Decision number', type: 'text', id: 68, fact: 'documentNumber' },
    { name: 'listed_on', zh: '列入日期', en: 'Listed on', type: 'date', id: 69, fact: 'decidedOn' },
    { name: 'reason', zh: '列入原因', en: 'Reason', type: 'text', id: 70, fact: 'reason' },
  ] },
  { name: 'serious_listing_reasons', zh: '列入严重违法失信名单原因', en: 'Reasons of the serious listings', type: 'struct-list', id: 71, elementId: 72, rule: 'decisions', of: 'serious-listing', editions: caseOnly, members: [
    { name: 'document_number', zh: '列入决定书文号', en: 'Decision number', type: 'text', id: 73, fact: 'documentNumber' },
    { name: 'listed_on', zh: '列入日期', en: 'Listed on', type: 'date', id: 74, fact: 'decidedOn' },
    { name: 'reason', zh: '列入原因', en: 'Reason', type: 'text', id: 75, fact: 'reason' },
  ] },
  { name: 'registration_changes', zh: '变更登记', en: 'Changes of the registration', type: 'struct-list', id: 76, elementId: 77, rule: 'decisions', of: 'registration-change', editions: both, members: [
    { name: 'document_number', zh: '变更通知书文号', en: 'Decision number', type: 'text', id: 78, fact: 'documentNumber' },
    { name: 'decided_on', zh: '变更日期', en: 'Decided on', type: 'date', id: 79, fact: 'decidedOn' },
    { name: 'authority', zh: '登记机关', en: 'Registering authority', type: 'text', id: 80, fact: 'decidedBy' },
  ] },
  { name: 'registration_change_items', zh: '变更事项', en: 'What was changed in the registration', type: 'struct-list', id: 81, elementId: 82, rule: 'decisions', of: 'registration-change', editions: caseOnly, members: [
    { name: 'decided_on', zh: '变更日期', en: 'Decided on', type: 'date', id: 83, fact: 'decidedOn' },
    { name: 'item', zh: '变更事项', en: 'Item', type: 'text', id: 84, fact: 'item' },
  ] },
  { name: 'cancellations', zh: '注销登记', en: 'Ends of the registration', type: 'struct-list', id: 85, elementId: 86, rule: 'decisions', of: 'cancellation', editions: both, members: [
    { name: 'document_number', zh: '注销通知书文号', en: 'Decision number', type: 'text', id: 87, fact: 'documentNumber' },
    { name: 'manner', zh: '注吊销类型', en: 'Manner', type: 'text', id: 88, fact: 'manner' },
    { name: 'decided_on', zh: '注销日期', en: 'Decided on', type: 'date', id: 89, fact: 'decidedOn' },
    { name: 'authority', zh: '登记机关', en: 'Registering authority', type: 'text', id: 90, fact: 'decidedBy' },
  ] },
  { name: 'judgment_defaults', zh: '失信被执行人', en: 'Judgments defaulted on', type: 'struct-list', id: 91, elementId: 92, rule: 'decisions', of: 'judgment-default', editions: both, members: [
    { name: 'document_number', zh: '案号', en: 'Case number', type: 'text', id: 93, fact: 'documentNumber' },
    { name: 'decided_on', zh: '发布时间', en: 'Listed on', type: 'date', id: 94, fact: 'decidedOn' },
    { name: 'filed_on', zh: '立案时间', en: 'Filed on', type: 'date', id: 95, fact: 'filedOn' },
    { name: 'basis_number', zh: '执行依据文号', en: 'Number of the judgment', type: 'text', id: 96, fact: 'basisNumber' },
    { name: 'basis_authority', zh: '做出执行依据单位', en: 'Body that gave the judgment', type: 'text', id: 97, fact: 'basisBody' },
    { name: 'performance', zh: '履行情况', en: 'Performance', type: 'text', id: 98, fact: 'performance' },
    { name: 'published_to', zh: '公示截止期', en: 'Last day of publication', type: 'date', id: 99, fact: LAST_DAY },
    { name: 'authority', zh: '执行法院', en: 'Enforcing court', type: 'text', id: 100, fact: 'decidedBy' },
  ] },
  { name: 'judgment_default_conduct', zh: '失信行为具体情形', en: 'Conduct for which the defaulter is listed', type: 'struct-list', id: 101, elementId: 102, rule: 'decisions', of: 'judgment-default', editions: caseOnly, members: [
    { name: 'document_number', zh: '案号', en: 'Case number', type: 'text', id: 103, fact: 'documentNumber' },
    { name: 'conduct', zh: '失信行为具体情形', en: 'Conduct', type: 'text', id: 104, fact: 'conduct' },
  ] },
  { name: 'taxpayer_grades', zh: 'A级纳税人', en: 'A grades of tax authorities', type: 'struct-list', id: 105, elementId: 106, rule: 'decisions', of: 'taxpayer-grade', editions: both, members: [
    { name: 'evaluated_to', zh: '评价年度末', en: 'Last day of the year evaluated', type: 'date', id: 107, fact: 'evaluatedTo' },
    { name: 'grade', zh: '纳税信用级别', en: 'Grade', type: 'text', id: 108, fact: 'grade' },
    { name: 'published_to', zh: '公示截止期', en: 'Last day of publication', type: 'date', id: 109, fact: LAST_DAY },
    { name: 'authority', zh: '主管税务机关', en: 'Tax authority', type: 'text', id: 110, fact: 'decidedBy' },
  ] },
  { name: 'tax_violations', zh: '重大税收违法失信主体', en: 'Major tax violations', type: 'struct-list', id: 111, elementId: 112, rule: 'decisions', of: 'tax-violation', editions: both, members: [
    { name: 'document_number', zh: '决定书文号', en: 'Decision number', type: 'text', id: 113, fact: 'documentNumber' },
    { name: 'decided_on', zh: '公布日期', en: 'Published by the authority on', type: 'date', id: 114, fact: 'decidedOn' },
    { name: 'published_to', zh: '公示截止期', en: 'Last day of publication', type: 'date', id: 115, fact: LAST_DAY },
    { name: 'authority', zh: '税务机关', en: 'Tax authority', type: 'text', id: 116, fact: 'decidedBy' },
  ] },
  { name: 'tax_violation_facts', zh: '重大税收违法事实', en: 'Facts and handling of the tax violations', type: 'struct-list', id: 117, elementId: 118, rule: 'decisions', of: 'tax-violation', editions: caseOnly, members: [
    { name: 'document_number', zh: '决定书文号', en: 'Decision number', type: 'text', id: 119, fact: 'documentNumber' },
    { name: 'decided_on', zh: '公布日期', en: 'Published by the authority on', type: 'date', id: 120, fact: 'decidedOn' },
    { name: 'nature', zh: '案件性质', en: 'Nature', type: 'text', id: 121, fact: 'nature' },
    { name: 'offence', zh: '主要违法事实', en: 'Offence', type: 'text', id: 122, fact: 'offence' },
    { name: 'handling', zh: '税务处理处罚情况', en: 'Handling', type: 'text', id: 123, fact: 'handling' },
  ] },
  { name: 'customs_classes', zh: '海关企业信用等级', en: 'Customs classes (AEO)', type: 'struct-list', id: 124, elementId: 125, rule: 'decisions', of: 'customs-class', editions: both, members: [
    { name: 'credit_class', zh: '信用等级', en: 'Class', type: 'text', id: 126, fact: 'class' },
    { name: 'customs_code', zh: '海关注册编码', en: 'Customs code', type: 'text', id: 127, fact: 'customsCode' },
    { name: 'registered_on', zh: '首次注册日期', en: 'First registered on', type: 'date', id: 128, fact: 'registeredOn' },
    { name: 'decided_on', zh: '认定日期', en: 'Decided on', type: 'date', id: 129, fact: 'decidedOn' },
    { name: 'published_to', zh: '公示截止期', en: 'Last day of publication', type: 'date', id: 130, fact: LAST_DAY },
    { name: 'authority', zh: '认定海关', en: 'Customs office', type: 'text', id: 131, fact: 'decidedBy' },
  ] },
  { name: 'qualifications', zh: '资质证书', en: 'Qualification certificates', type: 'struct-list', id: 132, elementId: 133, rule: 'decisions', of: 'qualification', editions: both, members: [
    { name: 'certificate_name', zh: '证书名称', en: 'Certificate', type: 'text', id: 134, fact: 'certificateName' },
    { name: 'certificate_number', zh: '证书编号', en: 'Certificate number', type: 'text', id: 135, fact: 'documentNumber' },
    { name: 'category', zh: '资质类别', en: 'Category', type: 'text', id: 136, fact: 'category' },
    { name: 'grade', zh: '资质等级', en: 'Grade', type: 'text', id: 137, fact: 'grade' },
    { name: 'decided_on', zh: '发证日期', en: 'Issued on', type: 'date', id: 138, fact: 'decidedOn' },
    { name: 'valid_from', zh: '有效期自', en: 'Valid from', type: 'date', id: 139, fact: 'validFrom' },
    { name: 'valid_to', zh: '有效期至', en: 'Valid to', type: 'date', id: 140, fact: 'validTo' },
    { name: 'authority', zh: '发证机关', en: 'Issuing authority', type: 'text', id: 141, fact: 'decidedBy' },
    { name: 'status', zh: '证书状态', en: 'Status', type: 'text', id: 142, fact: 'status' },
  ] },
  { name: 'commitments', zh: '信用承诺', en: 'Credit commitments', type: 'struct-list', id: 143, elementId: 144, rule: 'decisions', of: 'commitment', editions: both, members: [
    { name: 'document_number', zh: '承诺编码', en: 'Commitment number', type: 'text', id: 145, fact: 'documentNumber' },
    { name: 'category', zh: '承诺类型', en: 'Category', type: 'text', id: 146, fact: 'category' },
    { name: 'decided_on', zh: '做出承诺日期', en: 'Made on', type: 'date', id: 147, fact: 'decidedOn' },
    { name: 'valid_to', zh: '承诺有效期', en: 'In force to', type: 'date', id: 148, fact: 'validTo' },
    { name: 'performance', zh: '履行状态', en: 'Performance', type: 'text', id: 149, fact: 'performance' },
    { name: 'authority', zh: '受理单位', en: 'Receiving authority', type: 'text', id: 150, fact: 'decidedBy' },
  ] },
  { name: 'commitment_contents', zh: '承诺内容', en: 'Contents of the commitments', type: 'struct-list', id: 151, elementId: 152, rule: 'decisions', of: 'commitment', editions: caseOnly, members: [
    { name: 'document_number', zh: '承诺编码', en: 'Commitment number', type: 'text', id: 153, fact: 'documentNumber' },
    { name: 'decided_on', zh: '做出承诺日期', en: 'Made on', type: 'date', id: 154, fact: 'decidedOn' },
    { name: 'purpose', zh: '承诺事由', en: 'Purpose', type: 'text', id: 155, fact: 'purpose' },
    { name: 'content', zh: '承诺内容', en: 'Content', type: 'text', id: 156, fact: 'content' },
  ] },
] as const satisfies readonly GoldenField[]

export type GoldenFieldName = (typeof goldenFields)[number]['name']

export const goldenFieldNames: readonly GoldenFieldName[] = goldenFields.map((field) => field.name)

/** The fields of one edition, in table order. */
export function fieldsOf(edition: Edition): readonly GoldenField[] {
  const fields: readonly GoldenField[] = goldenFields
  return fields.filter((field) => field.editions.includes(edition))
}

/** One organisation's row: every field of the table, null where nothing states it. */
export type GoldenRecord = Readonly<Record<GoldenFieldName, Json>>

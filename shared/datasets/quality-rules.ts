import { digestOf } from '../base/digest.ts'
import { type CalendarDate, chinaDate, instantOf } from '../base/instant.ts'

/**
 * One check. `failing` is an aggregate over the rows of one file, in SQL; rules without one look at the version as a
 * whole and are worked out beside the gates. A failing `gate` keeps the version from being published.
 */
export type QualityRule = {
  readonly id: string
  readonly zh: string
  readonly en: string
  readonly severity: 'gate' | 'report'
  readonly failing?: (today: CalendarDate) => string
}

/** Rows that fulfil a condition; a condition that is null for a row does not hold. */
const rowsWhere = (condition: string): string => `count(*) FILTER (WHERE ${condition})`

const ALPHABET = "'0123456789ABCDEFGHJKLMNPQRTUWXY'"
// GB 32100 §5.6: the weighted sum and the check character's value together are a multiple of 31
const USCC_CHECKS = `regexp_full_match(uscc, '[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}') AND
  (list_sum([(strpos(${ALPHABET}, uscc[i]) - 1) * [1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28,1][i] FOR i IN range(1, 19)])) % 31 = 0`
/**
 * Rows that show something of an adverse list after its publication period, or without one. The publication rules say
 * when; whatever they say, three years from the decision are the longest that any of them has.
 */
const rowsShownTooLong =
  (list: string, decidedOn: string) =>
  (today: CalendarDate): string =>
    rowsWhere(
      `len([a FOR a IN ${list} IF a.published_to IS NULL OR a.published_to < DATE '${today}' OR a.${decidedOn} + INTERVAL 3 YEAR < DATE '${today}']) > 0`,
    )

// biome-ignore format: a table reads by rows
export const qualityRules = [
  { id: 'code-repeated', zh: '代码重复', en: 'A code has more than one row', severity: 'gate', failing: () => 'count(*) - count(DISTINCT uscc)' },
  { id: 'code-invalid', zh: '代码无效', en: 'The code is no valid USCC (GB 32100)', severity: 'gate', failing: () => rowsWhere(`NOT coalesce(${USCC_CHECKS}, false)`) },
  { id: 'individual-business', zh: '个体工商户', en: 'The row is of an individual business', severity: 'gate', failing: () => rowsWhere(`starts_with(uscc, '92') OR regexp_full_match(regexp_replace(registration_number, '[\\s-]', '', 'g'), '[0-9]{6}[6-9][0-9]{8}') OR regexp_matches(regexp_replace(organisation_type, '\\s', '', 'g'), '个体|個體|(个人|個人|家庭)[经經][营營]')`) },
  { id: 'name-absent', zh: '名称缺失', en: 'The row has no name', severity: 'gate', failing: () => rowsWhere(`coalesce(trim(name), '') = ''`) },
  { id: 'penalty-ended', zh: '处罚公示期已届满', en: 'A penalty is shown after its publication period, or without one', severity: 'gate', failing: rowsShownTooLong('penalties', 'decided_on') },
  { id: 'abnormal-listing-ended', zh: '经营异常名录公示期已届满', en: 'An abnormal listing is shown after its publication period, or without one', severity: 'gate', failing: rowsShownTooLong('abnormal_listings', 'listed_on') },
  { id: 'serious-listing-ended', zh: '严重违法失信名单公示期已届满', en: 'A serious listing is shown after its publication period, or without one', severity: 'gate', failing: rowsShownTooLong('serious_listings', 'listed_on') },
  { id: 'judgment-default-ended', zh: '失信被执行人公示期已届满', en: 'A judgment default is shown after its publication period, or without one', severity: 'gate', failing: rowsShownTooLong('judgment_defaults', 'decided_on') },
  { id: 'tax-violation-ended', zh: '重大税收违法公示期已届满', en: 'A tax violation is shown after its publication period, or without one', severity: 'gate', failing: rowsShownTooLong('tax_violations', 'decided_on') },
  { id: 'licence-not-in-force', zh: '许可不在有效期内', en: 'A licence is shown that is not in force', severity: 'gate', failing: (today) => rowsWhere(`len([l FOR l IN licences IF l.valid_to < DATE '${today}' OR l.valid_from > DATE '${today}' OR l.status = 'invalid']) > 0`) },
  { id: 'columns-differ', zh: '列与字段表不符', en: 'A file has other columns than the published ones of the field table', severity: 'gate' },
  { id: 'rows-fallen', zh: '行数骤降', en: 'There are over 20 % fewer rows than in the version before', severity: 'gate' },
  { id: 'clock-ahead', zh: '时钟超前', en: 'The clock is over 180 days ahead of all that was received, published or looked at before', severity: 'gate' },
  { id: 'registration-absent', zh: '缺登记信息', en: 'No registration is held', severity: 'report', failing: () => rowsWhere('coalesce(registration_number, organisation_type, registration_status, registration_authority, approved_on::VARCHAR, established_on::VARCHAR) IS NULL') },
  { id: 'date-implausible', zh: '日期超出合理范围', en: 'A date of approval, establishment or decision lies before 1900 or ahead', severity: 'report', failing: (today) => rowsWhere(`len([d FOR d IN list_concat([approved_on, established_on], [l.decided_on FOR l IN licences], [p.decided_on FOR p IN penalties]) IF d < DATE '1900-01-01' OR d > DATE '${today}']) > 0`) },
  { id: 'approved-before-established', zh: '核准早于成立', en: 'Approved before it was established', severity: 'report', failing: () => rowsWhere('approved_on < established_on') },
  { id: 'operating-period-reversed', zh: '经营期限颠倒', en: 'The operating period ends before it begins', severity: 'report', failing: () => rowsWhere('operating_to < operating_from') },
  { id: 'fine-without-amount', zh: '罚款无金额', en: 'A fine is shown without its amount', severity: 'report', failing: () => rowsWhere(`len([p FOR p IN penalties IF list_contains(p.kinds, '罚款') AND p.fine_yuan IS NULL]) > 0`) },
] as const satisfies readonly QualityRule[]

export type QualityRuleId = (typeof qualityRules)[number]['id']

/** Of the table with its conditions: under other rules every file is looked at again. */
export const qualityRulesSha256 = digestOf(
  qualityRules.map((rule: QualityRule) => ({ ...rule, failing: rule.failing?.(chinaDate(instantOf(0))) })),
)

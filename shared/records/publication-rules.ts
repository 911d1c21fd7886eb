import { digestOf } from '../base/digest.ts'
import { type CalendarDate, parseCalendarDate } from '../base/instant.ts'
import type { FactRecord } from './record.ts'

/** How long one class of records may be published, counted from the day of its decision. */
export type PublicationClass = {
  /** 轻微, 一般, 严重; `any` where a rule draws no such line. */
  readonly name: 'minor' | 'general' | 'serious' | 'any'
  /** Words of which one in the record puts it into this class; none: every record of the type is in it. */
  readonly words?: readonly string[]
  readonly months: number
  /** 原则上不予公示: published only where the authority itself states until when. */
  readonly onlyIfStated?: true
}

/** What a provision says of one type of record, from the day it is in force until the next rule of that type is. */
export type PublicationRule = {
  readonly id: string
  readonly from: CalendarDate
  readonly source: string
  /** What of the provision nobody here has read: a lawyer is to. */
  readonly unread?: string
  /** The gravest first; of several that apply, the gravest counts. A record in none of them is held back. */
  readonly classes: readonly PublicationClass[]
}

/** By type, oldest first; the oldest judges the days before it as well. A type without rules has no end of its own. */
export type PublicationRules = Readonly<Partial<Record<FactRecord['type'], readonly PublicationRule[]>>>

/** The rules of publication there are and were. A dataset version is pinned to the table: a change builds it anew. */
export const publicationRules = {
  penalty: [
    {
      id: 'ndrc-58',
      from: day('2023-05-01'),
      source:
        'NDRC Order 58 of 2023, 失信行为纠正后的信用信息修复管理办法（试行）: a penalty is published for three years at most, from the day it was imposed',
      classes: [{ name: 'any', months: 36 }],
    },
    {
      id: 'ndrc-36',
      from: day('2026-04-01'),
      source:
        'NDRC Order 36 of 2025, 信用修复管理办法, chapter 2: minor matters are not published in principle and for three months at most, general ones for a year at most, serious ones for three years at most, from the day of the document',
      unread:
        'the wording of the class criteria (the words are those of the draft of September 2025 and of press reports; they name larger fines as general and give no amounts), what ministries have set for themselves, and whether what was decided before 2026-04-01 is judged anew, as it is here',
      classes: [
        {
          name: 'serious',
          words: ['吊销', '责令停产停业', '责令停业', '责令关闭', '限制开展生产经营活动', '限制从业'],
          months: 36,
        },
        // The standard's own list has one word for both, which does not tell which it was: the shorter period
        {
          name: 'general',
          words: ['暂扣或者吊销', '暂扣或吊销', '暂扣', '降低资质等级', '没收', '罚款'],
          months: 12,
        },
        { name: 'minor', words: ['警告', '通报批评'], months: 3, onlyIfStated: true },
      ],
    },
  ],
  'abnormal-listing': [
    {
      id: 'saic-68',
      from: day('2014-10-01'),
      source:
        'SAIC Order 68 of 2014, 企业经营异常名录管理暂行办法: an entry is public until the organisation is removed',
      unread:
        'the order, its successors, and which class Order 36 of 2025 gives an entry; three years, the longest that any class has, are set here so that an entry nobody removes ends too',
      classes: [{ name: 'any', months: 36 }],
    },
  ],
  'serious-listing': [
    {
      id: 'samr-44',
      from: day('2021-09-01'),
      source:
        'SAMR Order 44 of 2021, 市场监督管理严重违法失信名单管理办法: three years from the day of listing, or until removed before',
      unread: 'the order; the periods are remembered, and a revision was drafted in October 2025',
      classes: [{ name: 'any', months: 36 }],
    },
    {
      id: 'ndrc-36-serious-listing',
      from: day('2026-04-01'),
      source:
        'NDRC Order 36 of 2025, 信用修复管理办法, chapter 2: serious matters, three years at most from the day of the document, or until repaired',
      unread: 'that an entry of a serious list is a serious matter stands in the draft of September 2025',
      classes: [{ name: 'serious', months: 36 }],
    },
  ],
  'judgment-default': [
    {
      id: 'spc-2017-7',
      from: day('2017-05-01'),
      source:
        'SPC judicial interpretation 法释〔2017〕7号, 关于公布失信被执行人名单信息的若干规定, article 2: two years, and one to three more for some; deleted before when the judgment is performed',
      unread:
        'the whole text; two years are set for every entry, though for able debtors who refuse (article 1, item 1) it is said to have no term, and though a court may add one to three years',
      classes: [{ name: 'any', months: 24 }],
    },
  ],
  'taxpayer-grade': [
    {
      id: 'sta-2014-40',
      from: day('2014-10-01'),
      source:
        'STA Announcement 40 of 2014, 纳税信用管理办法（试行）: grades of a year are published in April of the next; here each holds until the end of the April in which another may take its place',
      unread: 'the announcement, and the measures of 2025 that took its place (纳税缴费信用管理办法)',
      // From the last day of the year evaluated to 30 April of the year after the next
      classes: [{ name: 'any', months: 16 }],
    },
  ],
  'tax-violation': [
    {
      id: 'sta-54',
      from: day('2022-02-01'),
      source:
        'STA Order 54 of 2021, 重大税收违法失信主体信息公布管理办法: three years from the day of publication, or until stopped before',
      unread: 'the order; the period is remembered',
      classes: [{ name: 'any', months: 36 }],
    },
    {
      id: 'ndrc-36-tax-violation',
      from: day('2026-04-01'),
      source:
        'NDRC Order 36 of 2025, 信用修复管理办法, chapter 2: serious matters, three years at most, or until repaired',
      unread: 'that an entry of a serious list is a serious matter stands in the draft of September 2025',
      classes: [{ name: 'serious', months: 36 }],
    },
  ],
  'customs-class': [
    {
      id: 'gacc-251',
      from: day('2021-11-01'),
      source:
        'GACC Order 251 of 2021, 海关注册登记和备案企业信用管理办法: advanced certified enterprises are examined again every five years',
      unread:
        'the order, a revision drafted in 2025, and how long a dishonest enterprise may be named: none is published here, nor is any other class',
      classes: [{ name: 'any', words: ['advanced-certified'], months: 60 }],
    },
  ],
  commitment: [
    {
      id: 'commitment-not-kept',
      from: day('2014-01-01'),
      source:
        'None: no provision was found that says how long a commitment that was not kept may be published',
      unread: 'what provinces have set for themselves',
      classes: [],
    },
  ],
} as const satisfies PublicationRules

export const publicationRulesSha256 = digestOf(publicationRules)

function day(text: string): CalendarDate {
  const parsed = parseCalendarDate(text)
  if (parsed === undefined) throw new Error(`no such day: ${text}`)
  return parsed
}

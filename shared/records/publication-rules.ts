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
  /** A lawyer has yet to read the provision where `unread` says that nobody here did. */
  readonly needsCounsel: boolean
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
      needsCounsel: false,
      classes: [{ name: 'any', months: 36 }],
    },
    {
      id: 'ndrc-36',
      from: day('2026-04-01'),
      source:
        'NDRC Order 36 of 2025, 信用修复管理办法, chapter 2: minor matters are not published in principle and for three months at most, general ones for a year at most, serious ones for three years at most, from the day of the document',
      needsCounsel: true,
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
      needsCounsel: true,
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
      needsCounsel: true,
      unread: 'the order; the periods are remembered, and a revision was drafted in October 2025',
      classes: [{ name: 'any', months: 36 }],
    },
    {
      id: 'ndrc-36-serious-listing',
      from: day('2026-04-01'),
      source:
        'NDRC Order 36 of 2025, 信用修复管理办法, chapter 2: serious matters, three years at most from the day of the document, or until repaired',
      needsCounsel: true,
      unread: 'that an entry of a serious list is a serious matter stands in the draft of September 2025',
      classes: [{ name: 'serious', months: 36 }],
    },
  ],
} as const satisfies PublicationRules

export const publicationRulesSha256 = digestOf(publicationRules)

function day(text: string): CalendarDate {
  const parsed = parseCalendarDate(text)
  if (parsed === undefined) throw new Error(`no such day: ${text}`)
  return parsed
}

import { addDays, addMonths, type CalendarDate } from '../base/instant.ts'
import type { PublicationClass, PublicationRule, PublicationRules } from './publication-rules.ts'
import type { FactRecord } from './record.ts'

/** `until` is the last day, in China Standard Time, on which the record may be published; undefined: nothing ends it. */
export type Publication =
  | { readonly kind: 'shown'; readonly until: CalendarDate | undefined }
  /** By a rule that has no class for it, or one that is not published. */
  | { readonly kind: 'held' }

/**
 * Until when a record may be published, as seen on a day. Each rule counts while it is in force: what one has ended
 * no later one brings back, and what the next will end or hold back is published until the day before. The earliest
 * end counts: the class's longest period, the day that the authority itself states (公示截止期), or the last on a list.
 */
export function publicationUntil(
  record: FactRecord,
  rules: PublicationRules,
  asOf: CalendarDate,
): Publication {
  const facts = judgedFactsOf(record)
  const own = rules[record.type]
  if (own === undefined || facts === undefined) return NO_END
  const first = Math.max(
    own.findLastIndex(({ from }) => from <= facts.decidedOn),
    0,
  )
  for (let at = first; ; at++) {
    const [rule, next] = [own[at], own[at + 1]]
    if (rule === undefined) return NO_END
    const found = judge(facts, rule)
    if (at > first && (found.kind === 'held' || isOver(found, rule.from))) {
      const until = dayBefore(rule)
      return found.kind === 'held' && asOf > until ? found : { kind: 'shown', until }
    }
    if (found.kind === 'held' || next === undefined || isOver(found, next.from)) return found
  }
}

function isOver({ until }: { readonly until: CalendarDate | undefined }, before: CalendarDate): boolean {
  return until !== undefined && until < before
}

// Asked for every record of every organisation, of few rules: remembered
const daysBefore = new WeakMap<PublicationRule, CalendarDate>()

function dayBefore(rule: PublicationRule): CalendarDate {
  const known = daysBefore.get(rule) ?? addDays(rule.from, -1)
  daysBefore.set(rule, known)
  return known
}

const NO_END: Publication = { kind: 'shown', until: undefined }

/** What rules look at, of the records that they judge. */
type JudgedFacts = {
  readonly decidedOn: CalendarDate
  readonly words: readonly string[]
  /** The last day by what the authority states of this record. */
  readonly statedEnd: CalendarDate | undefined
}

function judgedFactsOf({ type, facts }: FactRecord): JudgedFacts | undefined {
  switch (type) {
    case 'penalty':
      return { decidedOn: facts.decidedOn, words: facts.kinds, statedEnd: facts.publishedTo }
    case 'abnormal-listing':
    case 'serious-listing':
    case 'judgment-default': {
      const lastDay = facts.removedOn && addDays(facts.removedOn, -1)
      return { decidedOn: facts.decidedOn, words: [], statedEnd: earlier(facts.publishedTo, lastDay) }
    }
    case 'tax-violation':
      return { decidedOn: facts.decidedOn, words: [], statedEnd: facts.publishedTo }
    case 'taxpayer-grade':
      return { decidedOn: facts.evaluatedTo, words: [], statedEnd: undefined }
    case 'customs-class':
      return { decidedOn: facts.decidedOn, words: [facts.class], statedEnd: undefined }
    case 'commitment': {
      const isBroken = facts.performance === 'partial' || facts.performance === 'broken'
      return isBroken ? { decidedOn: facts.decidedOn, words: [], statedEnd: undefined } : undefined
    }
    default:
      return undefined
  }
}

function earlier(left: CalendarDate | undefined, right: CalendarDate | undefined): CalendarDate | undefined {
  return left === undefined || (right !== undefined && right < left) ? right : left
}

function judge({ decidedOn, words, statedEnd }: JudgedFacts, rule: PublicationRule): Publication {
  const found = classOf(words, rule)
  if (found === undefined || (found.onlyIfStated && statedEnd === undefined)) return HELD
  return { kind: 'shown', until: earlier(addMonths(decidedOn, found.months), statedEnd) }
}

const HELD: Publication = { kind: 'held' }

// As above: few different words
const classes = new WeakMap<PublicationRule, Map<string, PublicationClass | undefined>>()

function classOf(words: readonly string[], rule: PublicationRule): PublicationClass | undefined {
  const known = classes.get(rule) ?? new Map<string, PublicationClass | undefined>()
  classes.set(rule, known)
  const text = words.join(';')
  if (known.has(text)) return known.get(text)
  const found = findClass(text, rule)
  if (known.size < 1_000) known.set(text, found)
  return found
}

/** The longest words are looked for first, and what one has matched no shorter one matches again. */
function findClass(text: string, { classes }: PublicationRule): PublicationClass | undefined {
  const words = classes
    .flatMap((each) => (each.words ?? []).map((word) => ({ word, class: each })))
    .sort((left, right) => right.word.length - left.word.length)
  let rest = text.normalize('NFKC')
  const found = new Set<PublicationClass | undefined>()
  for (const each of words) {
    if (!rest.includes(each.word)) continue
    found.add(each.class)
    rest = rest.replaceAll(each.word, '')
  }
  return classes.find((each) => each.words === undefined || found.has(each))
}

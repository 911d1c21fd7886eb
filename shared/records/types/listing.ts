import { z } from 'zod'
import { calendarDateSchema, decisionFacts } from './fact.ts'

/** 经营异常名录, 严重违法失信名单: one entry of a list, from the day an organisation was put on it. */
export const listingFactsSchema = z.strictObject({
  ...decisionFacts,
  /** 列入原因: narrative. */
  reason: z.string().optional(),
  /** 移出日期: from that day on it is on the list no more. */
  removedOn: calendarDateSchema.optional(),
  removedBy: z.string().optional(),
  /** 公示截止期: the last day the authority wants it published. */
  publishedTo: calendarDateSchema.optional(),
})

import { z } from 'zod'
import { calendarDateSchema, decisionFacts } from './fact.ts'

/** 重大税收违法失信主体. */
export const taxViolationFactsSchema = z.strictObject({
  ...decisionFacts,
  decidedBy: z.string().optional(),
  /** 案件性质: narrative. */
  nature: z.string().optional(),
  /** 主要违法事实: narrative. */
  offence: z.string().optional(),
  /** 相关法律依据及税务处理处罚情况: narrative. */
  handling: z.string().optional(),
  /** 公示截止期: the last day the authority wants it published. */
  publishedTo: calendarDateSchema.optional(),
})

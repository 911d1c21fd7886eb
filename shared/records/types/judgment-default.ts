import { z } from 'zod'
import { calendarDateSchema, decisionFacts } from './fact.ts'

/** 失信被执行人: an organisation that a court lists for not doing what a judgment orders. What that is names people. */
export const judgmentDefaultFactsSchema = z.strictObject({
  ...decisionFacts,
  /** 案号 as the court writes it. */
  documentNumber: z.string(),
  /** 立案时间. */
  filedOn: calendarDateSchema.optional(),
  /** 执行依据文号, and the body that gave it. */
  basisNumber: z.string().optional(),
  basisBody: z.string().optional(),
  /** 履行情况. */
  performance: z.enum(['none', 'partial', 'full']).optional(),
  /** 失信行为具体情形: narrative. */
  conduct: z.string().optional(),
  /** 退出日期: from that day on the court lists it no more. */
  removedOn: calendarDateSchema.optional(),
  /** 公示截止期: the last day the court wants it published. */
  publishedTo: calendarDateSchema.optional(),
})

import { z } from 'zod'
import { calendarDateSchema, decisionFacts } from './fact.ts'

/** 信用承诺: what an organisation promised. */
export const commitmentFactsSchema = z.strictObject({
  ...decisionFacts,
  /** 受理单位, where the file names it. */
  decidedBy: z.string().optional(),
  /** 承诺类型: 主动型, 审批替代型, 行业自律型…: the authority's words. */
  category: z.string().optional(),
  decidedByCode: z.string().optional(),
  /** 承诺事由, 承诺内容: narrative. */
  purpose: z.string().optional(),
  content: z.string().optional(),
  /** 履行状态; absent where it is not judged yet. */
  performance: z.enum(['kept', 'partial', 'broken']).optional(),
  /** Absent where it has no end. */
  validTo: calendarDateSchema.optional(),
})

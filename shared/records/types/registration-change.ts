import { z } from 'zod'
import { decisionFacts } from './fact.ts'

/** 变更登记: that something registered was changed, not from what to what: the registration tells what holds now. */
export const registrationChangeFactsSchema = z.strictObject({
  ...decisionFacts,
  /** The registering body, where the file names it. */
  decidedBy: z.string().optional(),
  /** 变更事项, in the authority's words: narrative. */
  item: z.string(),
})

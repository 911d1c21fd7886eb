import { z } from 'zod'
import { decisionFacts } from './fact.ts'

/** 注销、吊销: the end of an organisation's registration. */
export const cancellationFactsSchema = z.strictObject({
  ...decisionFacts,
  /** 注销, 吊销 (its business licence was revoked), 撤销 (its registration was annulled). */
  manner: z.enum(['cancelled', 'revoked', 'annulled']).optional(),
})

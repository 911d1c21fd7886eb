import { z } from 'zod'
import { calendarDateSchema, decisionFacts } from './fact.ts'

/** 资质证书. */
export const qualificationFactsSchema = z.strictObject({
  ...decisionFacts,
  /** 证书编号 as the authority writes it. */
  documentNumber: z.string(),
  certificateName: z.string().optional(),
  category: z.string().optional(),
  /** 资质等级, in the authority's words. */
  grade: z.string().optional(),
  validFrom: calendarDateSchema.optional(),
  /** Absent where it has no end. */
  validTo: calendarDateSchema.optional(),
  status: z.enum(['valid', 'invalid']).optional(),
})

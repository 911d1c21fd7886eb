import { z } from 'zod'
import { calendarDateSchema, moneySchema } from './fact.ts'

/** 登记信息: what the market regulator (or another registering body) states about the organisation itself. */
export const registrationFactsSchema = z.strictObject({
  name: z.string(),
  registrationNumber: z.string().optional(),
  organisationType: z.string().optional(),
  status: z.string().optional(),
  registrationAuthority: z.string().optional(),
  address: z.string().optional(),
  /** Yuan, or units of `capitalCurrency` where that is not 人民币. */
  registeredCapital: moneySchema.optional(),
  capitalCurrency: z.string().optional(),
  /** The capital in the authority's words where they are no number. */
  capitalAsStated: z.string().optional(),
  /** 经营范围: free text. */
  businessScope: z.string().optional(),
  approvedOn: calendarDateSchema.optional(),
  establishedOn: calendarDateSchema.optional(),
  operatingFrom: calendarDateSchema.optional(),
  /** Absent where the period has no end. */
  operatingTo: calendarDateSchema.optional(),
  division: z.string().optional(),
})

import { z } from 'zod'
import { calendarDateSchema } from './fact.ts'

/** 行政许可: one administrative licence (double publicity). */
export const licenceFactsSchema = z.strictObject({
  subjectName: z.string(),
  documentName: z.string().optional(),
  /** 行政许可决定文书号 as the authority writes it. */
  documentNumber: z.string(),
  /** 普通, 特许, 认可, 核准, 登记, 其他…: the authority's words. */
  category: z.string().optional(),
  certificateName: z.string().optional(),
  certificateNumber: z.string().optional(),
  /** 许可内容: narrative. */
  content: z.string().optional(),
  decidedOn: calendarDateSchema,
  validFrom: calendarDateSchema.optional(),
  /** Absent where the licence has no end. */
  validTo: calendarDateSchema.optional(),
  licensingAuthority: z.string(),
  licensingAuthorityCode: z.string().optional(),
  status: z.enum(['valid', 'invalid']).optional(),
  sourceUnit: z.string().optional(),
  sourceUnitCode: z.string().optional(),
  /** 备注: narrative. */
  remarks: z.string().optional(),
})

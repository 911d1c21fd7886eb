import { z } from 'zod'
import { calendarDateSchema, moneySchema } from './fact.ts'

/** 行政处罚: one administrative penalty (double publicity). */
export const penaltyFactsSchema = z.strictObject({
  subjectName: z.string(),
  /** 行政处罚决定书文号 as the authority writes it. */
  documentNumber: z.string(),
  /** 违法行为类型: narrative. */
  offence: z.string().optional(),
  /** 违法事实: narrative. */
  grounds: z.string().optional(),
  /** 处罚依据: narrative. */
  legalBasis: z.string().optional(),
  /** 处罚类别: the authority's words, in the order given. */
  kinds: z.array(z.string()),
  /** 处罚内容: narrative. */
  content: z.string().optional(),
  fineYuan: moneySchema.optional(),
  confiscatedYuan: moneySchema.optional(),
  /** 暂扣或吊销证照名称及编号: narrative. */
  revokedCertificates: z.string().optional(),
  decidedOn: calendarDateSchema,
  /** 处罚有效期; absent where the penalty has no end. */
  validTo: calendarDateSchema.optional(),
  /** 公示截止期: the last day the authority wants it published. */
  publishedTo: calendarDateSchema.optional(),
  status: z.enum(['valid', 'invalid']).optional(),
  penaltyAuthority: z.string(),
  penaltyAuthorityCode: z.string().optional(),
  sourceUnit: z.string().optional(),
  sourceUnitCode: z.string().optional(),
  /** 备注: narrative. */
  remarks: z.string().optional(),
})

import { z } from 'zod'
import { calendarDateSchema } from './fact.ts'

/** 高级认证企业, 一般认证企业 (until 2021-10-31), what is registered without being certified, 失信企业. */
const customsClasses = ['advanced-certified', 'generally-certified', 'registered', 'dishonest'] as const

/** 海关企业信用等级: the class a customs office put an enterprise into; AEO (经认证的经营者) where it is certified. */
export const customsClassFactsSchema = z.strictObject({
  subjectName: z.string(),
  class: z.enum(customsClasses),
  /** 认定日期. */
  decidedOn: calendarDateSchema,
  decidedBy: z.string().optional(),
  /** 海关注册编码: ten characters, or the USCC. */
  customsCode: z.string().optional(),
  /** 首次注册日期. */
  registeredOn: calendarDateSchema.optional(),
})

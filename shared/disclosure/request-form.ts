import { z } from 'zod'
import { sha256Schema } from '../base/digest.ts'
import { calendarDateSchema } from '../records/types/fact.ts'
import { recipientJwkSchema, recipientKeySchema } from './recipient-key.ts'
import { scopeSchema, windowSchema } from './scope.ts'

const parts = {
  legalBasis: z.strictObject({ code: z.string().max(40) }),
  instrument: z.strictObject({
    /** 文书号 as the instrument carries it. */
    number: z.string().trim().min(1).max(100),
    /** Of the instrument's file. */
    sha256: sha256Schema,
    /** An office, never a person. */
    issuedBy: z.string().trim().min(1).max(200),
    issuedOn: calendarDateSchema,
    /** The last day on which it holds, in China Standard Time. */
    expiresOn: calendarDateSchema,
  }),
  purpose: z.string().trim().min(10).max(2_000),
  idempotencyKey: z.string().regex(/^[A-Za-z0-9._:-]{8,100}$/, 'not 8 to 100 of A-Z a-z 0-9 . _ : -'),
}

/** What is sent. Wider than the policy allows, so that a rule with its own code answers; closed all the same. */
export const sentSchema = z.strictObject({
  organisations: z.array(z.string().max(64)).max(1_000),
  fields: z.array(z.string().max(64)).max(1_000),
  window: windowSchema,
  recipientKey: recipientJwkSchema,
  ...parts,
})

export const requestSchema = z.strictObject({
  scope: scopeSchema,
  recipientKey: recipientKeySchema,
  ...parts,
})
/** What an authority asks for, in its one order and spelling. */
export type DisclosureRequest = z.infer<typeof requestSchema>

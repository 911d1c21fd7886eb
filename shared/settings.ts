import { z } from 'zod'

export const recordTypes = ['registration', 'licence', 'penalty'] as const
export type RecordType = (typeof recordTypes)[number]

export const authoritySchema = z.strictObject({
  /** Names the authority in keys, paths and commands. */
  code: z.string().regex(/^[a-z0-9][a-z0-9-]{1,39}$/),
  name: z.strictObject({ zh: z.string().min(1), en: z.string().min(1) }),
  /** The authority's own unified social credit code (GB 32100). */
  uscc: z.string().length(18),
  /** What it may send; anything else is refused whole. */
  recordTypes: z.array(z.enum(recordTypes)).min(1),
  /** An office, never a person: a mailbox or a switchboard. */
  contact: z.string().min(1),
})
export type Authority = z.infer<typeof authoritySchema>

export const authoritiesFileSchema = z
  .strictObject({ authorities: z.array(authoritySchema).min(1) })
  .refine((file) => new Set(file.authorities.map((each) => each.code)).size === file.authorities.length, {
    message: 'two authorities have the same code',
  })

export const policySchema = z.strictObject({
  /** Individual businesses (个体工商户) may be stored, never published. */
  admitIndividualBusinesses: z.boolean().default(false),
  /** Codes that pass both as a USCC and as a resident ID and are known to be organisations. */
  ambiguousCodes: z.array(z.string().length(18)).default([]),
  /** How far ahead of our clock a `sentAt` may lie. */
  clockSkewSeconds: z.int().min(0).max(300).default(0),
  /** Files a dataset version is divided into: bucket[N](code). Changing it means a full build. */
  bucketCount: z.int().min(1).max(4096).default(16),
  /** Most organisations one case may name. */
  caseOrganisationLimit: z.int().min(1).max(50).default(10),
  /** How long an approval of a case holds. */
  approvalTtlHours: z.int().min(1).max(720).default(72),
})
/** What a deployment decides for itself. */
export type Policy = z.infer<typeof policySchema>

export type Settings = { readonly authorities: readonly Authority[]; readonly policy: Policy }

export function findAuthority(settings: Settings, code: string): Authority | undefined {
  return settings.authorities.find((authority) => authority.code === code)
}

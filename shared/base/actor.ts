import { z } from 'zod'

export const roles = ['agency', 'dataset-user', 'compliance', 'steward', 'auditor', 'operator'] as const
export type Role = (typeof roles)[number]

export const actorSchema = z.strictObject({
  name: z.string(),
  role: z.enum(roles),
  /** The authority an agency's principal belongs to. */
  authority: z.string().exactOptional(),
})
/** Who does something: a stored principal. */
export type Actor = Readonly<z.infer<typeof actorSchema>>

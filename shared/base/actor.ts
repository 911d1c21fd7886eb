export const roles = ['agency', 'dataset-user', 'compliance', 'steward', 'auditor', 'operator'] as const
export type Role = (typeof roles)[number]

/** Who does something: a stored principal, or a part of the system itself (role undefined). */
export type Actor = {
  readonly name: string
  readonly role: Role
  /** The authority an agency's principal belongs to. */
  readonly authority?: string
}

import { type Actor, type Role, roles } from '../base/actor.ts'

/**
 * Which roles may do what. An agency acts for its own authority alone. Nobody may do both halves of what takes two,
 * and no role reads organisations for a requester: what a requester gets, it gets by a case.
 */
const permissions = {
  'submission:send': ['agency'],
  'receipt:read': ['agency', 'steward', 'auditor', 'operator'],
  'quarantine:read': ['agency', 'steward', 'auditor'],
  'organisation:read': ['dataset-user', 'compliance', 'steward', 'auditor'],
  // What lost to other statements is for those who examine a result, not for those who use it
  'organisation:examine': ['compliance', 'steward', 'auditor'],
  'dataset:read': ['dataset-user', 'compliance', 'steward', 'auditor', 'operator'],
  // Whoever may hold a package, or was told of one, may tell who signed it
  'signing-key:read': roles,
  'dataset:publish': ['steward', 'operator'],
  'case:submit': ['agency'],
  'case:read': ['agency', 'compliance', 'auditor'],
  'case:decide': ['compliance'],
  'case:collect': ['agency'],
  // The requester reads officers by their role alone, and an entry names them
  'case:prove': ['compliance', 'auditor'],
  'ledger:read': ['auditor', 'operator'],
  'ledger:erase': ['operator'],
  'authority:read': ['operator', 'auditor'],
  'authority:manage': ['operator'],
  'submission:replay': ['operator'],
  'principal:read': ['operator', 'auditor'],
  'principal:manage': ['operator'],
} as const satisfies Record<string, readonly Role[]>

export type Action = keyof typeof permissions

/** The one place that decides. `authority` is the one a resource belongs to, where it belongs to one. */
export function may(actor: Actor, action: Action, resource: { readonly authority?: string } = {}): boolean {
  const allowed: readonly Role[] = permissions[action]
  if (!allowed.includes(actor.role)) return false
  return actor.role !== 'agency' || resource.authority === undefined || resource.authority === actor.authority
}

/** The roles that may do it: for whoever is to be told whom to ask. */
export function rolesThatMay(action: Action): readonly Role[] {
  return permissions[action]
}

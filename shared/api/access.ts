import { randomUUID } from 'node:crypto'
import type { Actor } from '../base/actor.ts'
import type { Json } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import type { World } from '../ports.ts'

/** What of the service somebody was given; docs/ledger-events.md says what each entry holds. */
export type AccessKind = 'organisation-read' | 'dataset-files-linked'

/**
 * Tells the ledger what somebody is about to be given. Before it is given: an access that can't be told of fails, and
 * one that is told of and then breaks off was told of all the same. Throws `ACCESS_NOT_TOLD`.
 */
export async function tellOfAccess(
  world: Pick<World, 'store' | 'now'>,
  { name, role }: Actor,
  { kind, what }: { readonly kind: AccessKind; readonly what: Readonly<Record<string, Json>> },
): Promise<void> {
  const payload = { actor: { name, role }, ...what }
  const entry = { id: `access:${randomUUID()}`, kind, at: world.now(), payload }
  const result = await world.store.commit([], entry)
  if (result !== 'committed') throw new Failure('ACCESS_NOT_TOLD', { retryable: true, facts: { kind } })
}

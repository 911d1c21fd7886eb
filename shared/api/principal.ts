import { z } from 'zod'
import { type Actor, roles } from '../base/actor.ts'
import { findPersonalDataInId } from '../identity/personal-data.ts'
import type { Key, Store, World } from '../ports.ts'
import { findAuthority } from '../settings.ts'

/** Somebody who may sign in, as the deployment knows them. Names an account, never a private person. */
export const principalSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,59}$/)
      .refine((name) => findPersonalDataInId(name) === undefined, {
        message: 'looks like a resident ID or mobile number',
      }),
    role: z.enum(roles),
    /** The authority an agency's principal belongs to; for no other role. */
    authority: z.string().optional(),
  })
  .refine((principal) => (principal.role === 'agency') === (principal.authority !== undefined), {
    message: 'a principal has an authority exactly if its role is agency',
    path: ['authority'],
  })
export type Principal = z.infer<typeof principalSchema>

export const principalsFileSchema = z.strictObject({ principals: z.array(principalSchema) })

const storedSchema = z.strictObject({ principal: principalSchema, revoked: z.boolean() })

/** The actor a name stands for; undefined if it was never registered or is revoked. */
export async function findActor(store: Store, name: string): Promise<Actor | undefined> {
  if (!principalSchema.shape.name.safeParse(name).success) return undefined
  const item = await store.find(principalKey(name))
  if (item === undefined) return undefined
  const { principal, revoked } = storedSchema.parse(item.value)
  if (revoked) return undefined
  const { role, authority } = principal
  return { name, role, ...(authority === undefined ? {} : { authority }) }
}

export async function listPrincipals(
  store: Store,
): Promise<readonly (Principal & { readonly revoked: boolean })[]> {
  const found: (Principal & { readonly revoked: boolean })[] = []
  for await (const item of store.list({ table: 'ledger', partition: PARTITION })) {
    const { principal, revoked } = storedSchema.parse(item.value)
    found.push({ ...principal, revoked })
  }
  return found
}

export type Registration = 'registered' | 'repeated' | 'taken' | 'authority-unknown'

/** Registers a principal. A name stands for one principal for good: who was revoked comes back under another. */
export async function registerPrincipal(
  world: Pick<World, 'store' | 'now' | 'settings'>,
  principal: Principal,
  by: string,
): Promise<Registration> {
  const { name, role, authority } = principal
  if (authority !== undefined && findAuthority(world.settings, authority) === undefined)
    return 'authority-unknown'
  const result = await world.store.commit(
    [{ key: principalKey(name), value: { principal, revoked: false }, when: 'absent' }],
    {
      id: `principal-registered:${name}`,
      kind: 'principal-registered',
      at: world.now(),
      payload: { name, role, authority, by },
    },
  )
  if (result === 'committed') return 'registered'
  const stored = storedSchema.parse((await world.store.find(principalKey(name)))?.value)
  const same = stored.principal.role === role && stored.principal.authority === authority && !stored.revoked
  return same ? 'repeated' : 'taken'
}

/**
 * Registers the principals that come with a deployment: its staff, and for each authority an agency's principal of the
 * same name. Those there are already stay as they are; who was revoked stays so.
 */
export async function registerDeployed(
  world: Pick<World, 'store' | 'now' | 'settings'>,
  { principals }: z.infer<typeof principalsFileSchema>,
): Promise<void> {
  const agencies = world.settings.authorities.map(({ code }) => ({
    name: code,
    role: 'agency' as const,
    authority: code,
  }))
  await Promise.all(
    [...agencies, ...principals].map(async (principal) => {
      // A read where a write would do: at each start but the first there is nothing to write
      if ((await world.store.find(principalKey(principal.name))) !== undefined) return
      await registerPrincipal(world, principal, 'deployment')
    }),
  )
}

/** Ends a principal's access at once, whatever tokens are about. */
export async function revokePrincipal(
  world: Pick<World, 'store' | 'now'>,
  name: string,
  by: string,
): Promise<'revoked' | 'repeated' | 'unknown'> {
  const item = await world.store.find(principalKey(name))
  if (item === undefined) return 'unknown'
  const { principal } = storedSchema.parse(item.value)
  const result = await world.store.commit(
    [{ key: principalKey(name), value: { principal, revoked: true }, when: { revision: item.revision } }],
    { id: `principal-revoked:${name}`, kind: 'principal-revoked', at: world.now(), payload: { name, by } },
  )
  return result === 'committed' ? 'revoked' : 'repeated'
}

const PARTITION = 'principals'

function principalKey(name: string): Key {
  return { table: 'ledger', partition: PARTITION, sort: name }
}

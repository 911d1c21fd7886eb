import { z } from 'zod'
import { type Actor, roles } from '../base/actor.ts'
import { Failure } from '../base/failure.ts'
import { findPersonalDataInId } from '../identity/personal-data.ts'
import type { Item, Key, Store, World } from '../ports.ts'
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

const storedSchema = z.strictObject({
  principal: principalSchema,
  revoked: z.boolean(),
  /** Who registered it: a principal, or the deployment by its files. */
  by: z.string().optional(),
})

/** The actor a name stands for; undefined if it was never registered or is revoked. */
export async function findActor(store: Store, name: string): Promise<Actor | undefined> {
  if (!principalSchema.shape.name.safeParse(name).success) return undefined
  const stored = await findStored(store, name)
  if (stored === undefined || stored.revoked) return undefined
  const { role, authority } = stored.principal
  return { name, role, ...(authority === undefined ? {} : { authority }) }
}

async function findStored(store: Store, name: string): Promise<z.infer<typeof storedSchema> | undefined> {
  const item = await store.find(principalKey(name))
  return item && storedSchema.parse(item.value)
}

/** Whether a name stands for a compliance officer who may sign in. */
export async function isOfficer(store: Store, name: string): Promise<boolean> {
  return (await findActor(store, name))?.role === 'compliance'
}

export async function listPrincipals(
  store: Store,
): Promise<readonly (Principal & { readonly revoked: boolean })[]> {
  const found: (Principal & { readonly revoked: boolean })[] = []
  for await (const { principal, revoked } of listStored(store)) found.push({ ...principal, revoked })
  return found
}

async function* listStored(store: Store): AsyncIterable<z.infer<typeof storedSchema>> {
  for await (const item of store.list({ table: 'ledger', partition: PARTITION }))
    yield storedSchema.parse(item.value)
}

/**
 * Who came by the deployment's files, is not named by them any more, and may sign in all the same. Leaving a name out
 * revokes nobody: a slip of the pen would end an access for good, since a name that was revoked never comes back.
 */
export async function findLeftOut(store: Store, named: ReadonlySet<string>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { principal, revoked, by } of listStored(store)) {
    if (by === DEPLOYMENT && !revoked && !named.has(principal.name)) found.push(principal.name)
  }
  return found
}

/** Under which name the deployment's files register. */
const DEPLOYMENT = 'deployment'

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
    [{ key: principalKey(name), value: { principal, revoked: false, by }, when: 'absent' }],
    {
      id: `principal-registered:${name}`,
      kind: 'principal-registered',
      at: world.now(),
      payload: { name, role, authority, by },
    },
  )
  if (result === 'committed') return 'registered'
  const stored = await findStored(world.store, name)
  return stored !== undefined && !stored.revoked && isSame(stored.principal, principal) ? 'repeated' : 'taken'
}

function isSame(one: Principal, other: Principal): boolean {
  return one.role === other.role && one.authority === other.authority
}

/**
 * Registers the principals that come with a deployment: its staff, and for each authority an agency's principal of the
 * same name. Those there are already stay as they are; who was revoked stays so. Throws `SETTINGS_INVALID` with the file
 * and the path in it for one that can't take effect: an edit must not look as if it had.
 */
export async function registerDeployed(
  world: Pick<World, 'store' | 'now' | 'settings'>,
  { principals }: z.infer<typeof principalsFileSchema>,
): Promise<void> {
  const agencies = world.settings.authorities.map(({ code }, index) => ({
    principal: { name: code, role: 'agency' as const, authority: code },
    place: { file: 'authorities.json', path: `/authorities/${index}/code` },
  }))
  const staff = principals.map((principal, index) => ({
    principal,
    place: { file: 'principals.json', path: `/principals/${index}` },
  }))
  await Promise.all([...agencies, ...staff].map((each) => registerFromFile(world, each)))
}

/** A line of the deployment's files; `path` is a JSON Pointer. */
type FromFile = {
  readonly principal: Principal
  readonly place: { readonly file: string; readonly path: string }
}

async function registerFromFile(
  world: Pick<World, 'store' | 'now' | 'settings'>,
  { principal, place: { file, path } }: FromFile,
): Promise<void> {
  const { name, authority } = principal
  if (authority !== undefined && findAuthority(world.settings, authority) === undefined)
    throw settingsInvalid({ file, path: `${path}/authority`, problem: 'no such authority' })
  // A read where a write would do: at each start but the first there is nothing to write
  const known = await findStored(world.store, name)
  if (known !== undefined && (known.revoked || isSame(known.principal, principal))) return
  if ((await registerPrincipal(world, principal, DEPLOYMENT)) !== 'taken') return
  throw settingsInvalid({ file, path, problem: 'the name stands for another role or authority, for good' })
}

function settingsInvalid(facts: Readonly<Record<'file' | 'path' | 'problem', string>>): Failure {
  return new Failure('SETTINGS_INVALID', { retryable: false, facts })
}

/**
 * Ends a principal's access at once, whatever tokens are about. The last operator stays: nobody would be left who may
 * register another. Throws `PRINCIPALS_CONTENDED`.
 */
export async function revokePrincipal(
  world: Pick<World, 'store' | 'now'>,
  name: string,
  by: string,
): Promise<'revoked' | 'repeated' | 'unknown' | 'last-operator'> {
  for (let round = 0; round < ROUND_LIMIT; round++) {
    const item = await world.store.find(principalKey(name))
    if (item === undefined) return 'unknown'
    const stored = storedSchema.parse(item.value)
    if (stored.revoked) return 'repeated'
    const remaining = await findOtherOperator(world.store, name)
    if (stored.principal.role === 'operator' && remaining === undefined) return 'last-operator'
    const writes = [
      { key: item.key, value: { ...stored, revoked: true }, when: { revision: item.revision } },
      // Written as it is, so that two operators who revoke each other at once can't both be last
      ...(remaining === undefined
        ? []
        : [{ key: remaining.key, value: remaining.value, when: { revision: remaining.revision } }]),
    ]
    const payload = { name, by }
    const entry = { id: `principal-revoked:${name}`, kind: 'principal-revoked', at: world.now(), payload }
    const result = await world.store.commit(writes, entry)
    if (result !== 'conflict') return result === 'committed' ? 'revoked' : 'repeated'
  }
  throw new Failure('PRINCIPALS_CONTENDED', { retryable: true })
}

/** How often a revocation decides anew because another write was first. */
const ROUND_LIMIT = 8

async function findOtherOperator(store: Store, name: string): Promise<Item | undefined> {
  for await (const item of store.list({ table: 'ledger', partition: PARTITION })) {
    const { principal, revoked } = storedSchema.parse(item.value)
    if (principal.role === 'operator' && !revoked && principal.name !== name) return item
  }
  return undefined
}

const PARTITION = 'principals'

function principalKey(name: string): Key {
  return { table: 'ledger', partition: PARTITION, sort: name }
}

import { z } from 'zod'
import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import type { Key, World } from '../ports.ts'
import { type Authority, findAuthority } from '../settings.ts'
import {
  declaredKeys,
  type SigningJwk,
  type SigningKey,
  signingKeyOf,
  signingKeySchema,
} from './signing-key.ts'

const suspensionSchema = z.strictObject({ since: z.string(), reason: z.string(), by: z.string() })

/**
 * How an authority stands: whether it may send, and which keys it signs with. It begins as the authorities file
 * declares it; a change is stored whole, with an entry, and from then on what is stored counts.
 */
const standingSchema = z.strictObject({
  /** Since when it may send nothing, why, and who decided so; absent while it may. */
  suspension: suspensionSchema.optional(),
  /** In the order in which they came; the last is the newest. */
  keys: z.array(signingKeySchema),
})
export type Standing = z.infer<typeof standingSchema>

type StandingWorld = Pick<World, 'store' | 'now' | 'settings'>

/** One read, consistent: a suspension holds for whatever is looked at after it. */
export async function findStanding({ store }: Pick<World, 'store'>, authority: Authority): Promise<Standing> {
  const item = await store.find(standingKey(authority.code))
  return item === undefined ? declaredStanding(authority) : standingSchema.parse(item.value)
}

export async function listStandings({
  store,
  settings,
}: Pick<World, 'store' | 'settings'>): Promise<
  readonly { readonly authority: Authority; readonly standing: Standing }[]
> {
  const stored = new Map<string, Standing>()
  for await (const { key, value } of store.list({ table: 'ledger', partition: PARTITION }))
    stored.set(key.sort, standingSchema.parse(value))
  return settings.authorities.map((authority) => ({
    authority,
    standing: stored.get(authority.code) ?? declaredStanding(authority),
  }))
}

function declaredStanding(authority: Authority): Standing {
  return { keys: [...declaredKeys(authority)] }
}

export type StandingOrder = {
  readonly authority: string
  /** The principal who orders it. */
  readonly by: string
}

/** 'repeated': it stands so already, and nothing was written. */
export type StandingChange =
  | { readonly outcome: 'changed' | 'repeated'; readonly standing: Standing }
  | { readonly outcome: 'unknown' | 'key-taken' | 'key-period-invalid' }

/** Has an authority send nothing more; what it sent before stands. The reason of the first suspension stays. */
export function suspendAuthority(
  world: StandingWorld,
  { reason, ...order }: StandingOrder & { readonly reason: string },
): Promise<StandingChange> {
  return change(world, order, (standing, now) => {
    if (standing.suspension !== undefined) return 'repeated'
    return {
      kind: 'authority-suspended',
      standing: { ...standing, suspension: { since: now, reason, by: order.by } },
      payload: { reason },
    }
  })
}

/** Lets a suspended authority send again. */
export function resumeAuthority(world: StandingWorld, order: StandingOrder): Promise<StandingChange> {
  return change(world, order, ({ suspension, keys }) => {
    if (suspension === undefined) return 'repeated'
    return { kind: 'authority-resumed', standing: { keys }, payload: {} }
  })
}

export type KeyRotation = StandingOrder & {
  readonly jwk: SigningJwk
  /** Now, where it is left out. */
  readonly notBefore?: Instant | undefined
  /** When the keys before it end that have not ended yet: for what is on its way. As the new one begins, where it is left out. */
  readonly previousUntil?: Instant | undefined
}

/** Gives an authority a new signing key, and the ones before it their end. A key that was replaced never comes back. */
export function rotateKey(
  world: StandingWorld,
  { jwk, notBefore, previousUntil, ...order }: KeyRotation,
): Promise<StandingChange> {
  return change(world, order, ({ keys, ...standing }, now) => {
    const key = signingKeyOf(jwk, { notBefore: notBefore ?? now })
    const until = previousUntil ?? key.notBefore
    if (until < key.notBefore) return 'key-period-invalid'
    const known = keys.findIndex(({ kid }) => kid === key.kid)
    if (known !== -1) return known === keys.length - 1 ? 'repeated' : 'key-taken'
    const ended = keys.map((each) => endBy(each, until))
    return {
      kind: 'authority-key-rotated',
      standing: { ...standing, keys: [...ended, key] },
      payload: { kid: key.kid, notBefore: key.notBefore, previousUntil: until },
    }
  })
}

function endBy(key: SigningKey, until: Instant): SigningKey {
  return key.notAfter === undefined || key.notAfter > until ? { ...key, notAfter: until } : key
}

type Decision =
  | 'repeated'
  | 'key-taken'
  | 'key-period-invalid'
  | {
      readonly kind: string
      readonly standing: Standing
      readonly payload: Readonly<Record<string, string>>
    }

async function change(
  world: StandingWorld,
  { authority: code, by }: StandingOrder,
  decide: (standing: Standing, now: Instant) => Decision,
): Promise<StandingChange> {
  const authority = findAuthority(world.settings, code)
  if (authority === undefined) return { outcome: 'unknown' }
  for (let round = 0; round < ROUND_LIMIT; round++) {
    const key = standingKey(code)
    const item = await world.store.find(key)
    const standing = item === undefined ? declaredStanding(authority) : standingSchema.parse(item.value)
    const at = world.now()
    const decided = decide(standing, at)
    if (decided === 'repeated') return { outcome: 'repeated', standing }
    if (typeof decided === 'string') return { outcome: decided }
    const when = item === undefined ? ('absent' as const) : { revision: item.revision }
    const result = await world.store.commit([{ key, value: decided.standing, when }], {
      // Each change raises the revision by one, so no two have one id
      id: `${decided.kind}:${code}:${(item?.revision ?? 0) + 1}`,
      ...{ kind: decided.kind, at, payload: { authority: code, ...decided.payload, by } },
    })
    if (result === 'committed') return { outcome: 'changed', standing: decided.standing }
    // Somebody was first, perhaps with the very same: look again
  }
  throw new Failure('AUTHORITY_CONTENDED', { retryable: true, facts: { authority: code } })
}

/** How often a change decides anew because another write was first. */
const ROUND_LIMIT = 8

const PARTITION = 'authorities'

function standingKey(code: string): Key {
  return { table: 'ledger', partition: PARTITION, sort: code }
}

import { afterEach, describe, expect, test } from 'vitest'
import {
  findStanding,
  listStandings,
  resumeAuthority,
  rotateKey,
  suspendAuthority,
} from '../../shared/authorities/standing.ts'
import type { Instant } from '../../shared/base/instant.ts'
import { listPending } from '../../shared/ledger/outbox.ts'
import type { Authority } from '../../shared/settings.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { authorities, openTestWorld, type TestWorld } from '../records/world.ts'
import { keyOf, LONG_AGO, makeKeyPair, signing } from './keys.ts'

const [first, second] = await Promise.all([makeKeyPair(), makeKeyPair()])
const authority = signing(first)
const order = { authority: authority.code, by: 'operator' }
const reason = 'Its machine was broken into'
const NOW = '2026-06-01T00:00:00.000Z' as Instant

const opened: TestWorld[] = []
afterEach(() => {
  for (const world of opened.splice(0)) world.close()
})

function open(own: Authority = authority): TestWorld {
  const world = openTestWorld()
  opened.push(world)
  return { ...world, settings: { ...world.settings, authorities: [own, ...authorities.slice(1)] } }
}

async function entriesOf({ store }: TestWorld): Promise<readonly string[]> {
  const pending = await Array.fromAsync(listPending(store, 2))
  return pending.map(({ value }) => (value as { id: string }).id).sort()
}

describe('an authority', () => {
  test('stands as the file declares it until something is changed, and nothing is written for that', async () => {
    const world = open()
    expect(await findStanding(world, authority)).toEqual({ keys: [keyOf(first)] })
    expect(await listStandings(world)).toHaveLength(3)
    expect(await entriesOf(world)).toEqual([])
  })

  test('that is suspended says since when, why and by whom, and stands as before once it is let go on', async () => {
    const world = open()
    await suspendAuthority(world, { ...order, reason })
    const suspension = { since: NOW, reason, by: 'operator' }
    expect(await findStanding(world, authority)).toEqual({ suspension, keys: [keyOf(first)] })
    await resumeAuthority(world, order)
    expect(await findStanding(world, authority)).toEqual({ keys: [keyOf(first)] })
    expect(await entriesOf(world)).toEqual([
      'authority-resumed:authority-0:2',
      'authority-suspended:authority-0:1',
    ])
  })

  test('that stands so already is left alone: the first reason stays', async () => {
    const world = open()
    expect(await resumeAuthority(world, order)).toMatchObject({ outcome: 'repeated' })
    await suspendAuthority(world, { ...order, reason })
    const again = await suspendAuthority(world, { ...order, by: 'second', reason: 'For no reason at all' })
    expect(again).toMatchObject({ outcome: 'repeated', standing: { suspension: { reason, by: 'operator' } } })
    expect(await entriesOf(world)).toHaveLength(1)
  })

  test('can be suspended a second time, with an entry of its own', async () => {
    const world = open()
    await suspendAuthority(world, { ...order, reason })
    await resumeAuthority(world, order)
    await suspendAuthority(world, { ...order, reason })
    expect(await entriesOf(world)).toContain('authority-suspended:authority-0:3')
  })

  test('that the file does not name is nobody', async () => {
    expect(await suspendAuthority(open(), { ...order, authority: 'nobody', reason })).toEqual({
      outcome: 'unknown',
    })
  })

  test('is suspended once by two operators at once, and one reason stands', async () => {
    const world = open()
    const outcomes = await Promise.all(
      ['one', 'two'].map((by) => suspendAuthority(world, { ...order, by, reason })),
    )
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'repeated'])
    expect(await entriesOf(world)).toHaveLength(1)
  })
})

describe('a new key', () => {
  const next = { ...order, jwk: second.publicJwk }

  test('begins now, and the one before it ends at that moment', async () => {
    const world = open()
    await rotateKey(world, next)
    expect((await findStanding(world, authority)).keys).toEqual([
      keyOf(first, LONG_AGO, NOW),
      keyOf(second, NOW),
    ])
  })

  test('begins when it is said to, and those before it go on as long as they are said to', async () => {
    const world = open()
    const notBefore = '2026-07-01T00:00:00.000Z' as Instant
    const previousUntil = '2026-07-08T00:00:00.000Z' as Instant
    await rotateKey(world, { ...next, notBefore, previousUntil })
    expect((await findStanding(world, authority)).keys).toEqual([
      keyOf(first, LONG_AGO, previousUntil),
      keyOf(second, notBefore),
    ])
  })

  test('lengthens none that ends sooner', async () => {
    const ended = { jwk: first.publicJwk, notBefore: LONG_AGO, notAfter: '2021-01-01T00:00:00Z' }
    const world = open(signing(first, { signingKeys: [ended] }))
    await rotateKey(world, next)
    expect((await findStanding(world, authority)).keys[0]?.notAfter).toBe('2021-01-01T00:00:00.000Z')
  })

  test('leaves no gap between itself and those before it', async () => {
    const notBefore = '2026-07-01T00:00:00.000Z' as Instant
    expect(await rotateKey(open(), { ...next, notBefore, previousUntil: NOW })).toEqual({
      outcome: 'key-period-invalid',
    })
  })

  test('is the same when it comes twice, and one that was replaced never comes back', async () => {
    const world = open()
    await rotateKey(world, next)
    expect(await rotateKey(world, next)).toMatchObject({ outcome: 'repeated' })
    expect(await rotateKey(world, { ...order, jwk: first.publicJwk })).toEqual({ outcome: 'key-taken' })
    expect(await entriesOf(world)).toEqual(['authority-key-rotated:authority-0:1'])
  })

  test('leaves a suspension as it is', async () => {
    const world = open()
    await suspendAuthority(world, { ...order, reason })
    await rotateKey(world, next)
    expect(await findStanding(world, authority)).toMatchObject({ suspension: { reason } })
  })
})

describe.each(['failed', 'stored'] as const)('where the write is %s', (mode) => {
  test.each([
    ['a suspension', (world: TestWorld) => suspendAuthority(world, { ...order, reason })],
    ['a rotation', (world: TestWorld) => rotateKey(world, { ...order, jwk: second.publicJwk })],
  ])('%s that broke off is made by the next try, once', async (_, act) => {
    const world = open()
    await expect(act(faulty(world, faultsFrom({ crashAt: 1, mode })))).rejects.toThrow(Crash)
    const again = await act(world)
    expect(again).toMatchObject({ outcome: mode === 'stored' ? 'repeated' : 'changed' })
    expect(await entriesOf(world)).toHaveLength(1)
  })
})

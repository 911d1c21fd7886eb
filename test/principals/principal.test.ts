import { describe, expect, test } from 'vitest'
import {
  findActor,
  listPrincipals,
  type Principal,
  registerDeployed,
  registerPrincipal,
  revokePrincipal,
} from '../../shared/principals/principal.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { authorities, openTestWorld } from '../records/world.ts'

const reader: Principal = { name: 'reader', role: 'dataset-user' }
const deaths = (['failed', 'stored'] as const).map((mode) => ({ crashAt: 1, mode }))

describe.each(deaths)('where the write is $mode', (death) => {
  test('a principal whose registration broke off is registered by the next try, once', async () => {
    const world = openTestWorld()
    const dying = faulty(world, faultsFrom(death))
    await expect(registerPrincipal(dying, reader, 'operator')).rejects.toThrow(Crash)
    expect(await findActor(world.store, 'reader')).toEqual(death.mode === 'stored' ? reader : undefined)
    const again = await registerPrincipal(world, reader, 'operator')
    expect(again).toBe(death.mode === 'stored' ? 'repeated' : 'registered')
    expect(await registerPrincipal(world, { ...reader, role: 'steward' }, 'operator')).toBe('taken')
    expect(await listPrincipals(world.store)).toEqual([{ ...reader, revoked: false }])
  })

  test('a principal whose revocation broke off has no access once the next try has ended', async () => {
    const world = openTestWorld()
    await registerPrincipal(world, reader, 'operator')
    const dying = faulty(world, faultsFrom(death))
    await expect(revokePrincipal(dying, 'reader', 'operator')).rejects.toThrow(Crash)
    expect(await findActor(world.store, 'reader')).toEqual(death.mode === 'stored' ? undefined : reader)
    const again = await revokePrincipal(world, 'reader', 'operator')
    expect(again).toBe(death.mode === 'stored' ? 'repeated' : 'revoked')
    expect(await findActor(world.store, 'reader')).toBeUndefined()
  })
})

test.each(
  [1, 2, 3, 4].flatMap((crashAt) => (['failed', 'stored'] as const).map((mode) => ({ crashAt, mode }))),
)(
  'a deployment that dies while it registers, at write $crashAt ($mode), is registered by the next',
  async (death) => {
    const world = openTestWorld()
    const file = { principals: [reader] }
    await expect(registerDeployed(faulty(world, faultsFrom(death)), file)).rejects.toThrow(Crash)
    await registerDeployed(world, file)
    const agencies = authorities.map(({ code }) => ({ name: code, role: 'agency', authority: code }))
    expect(await listPrincipals(world.store)).toEqual(
      [...agencies, reader].map((principal) => ({ ...principal, revoked: false })),
    )
  },
)

describe('what a deployment names', () => {
  test('is registered once, and no later start writes anything', async () => {
    const world = openTestWorld()
    await registerDeployed(world, { principals: [reader] })
    const faults = faultsFrom()
    await registerDeployed(faulty(world, faults), { principals: [reader] })
    expect(faults.writes).toBe(0)
  })

  test('stays revoked where it was revoked, whatever role it is named with', async () => {
    const world = openTestWorld()
    await registerDeployed(world, { principals: [reader] })
    await revokePrincipal(world, 'reader', 'operator')
    await registerDeployed(world, { principals: [{ ...reader, role: 'steward' }] })
    expect(await findActor(world.store, 'reader')).toBeUndefined()
  })

  test.each([
    ['another role for a name', { ...reader, role: 'steward' as const }, '/principals/0'],
    [
      'an authority that there is not',
      { name: 'clerk', role: 'agency' as const, authority: 'nobody' },
      '/principals/0/authority',
    ],
  ])('is not taken with %s: an edit must not look as if it had taken effect', async (_, principal, path) => {
    const world = openTestWorld()
    await registerDeployed(world, { principals: [reader] })
    await expect(registerDeployed(world, { principals: [principal] })).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      facts: { file: 'principals.json', path },
    })
    expect(await findActor(world.store, 'reader')).toEqual(reader)
  })
})

import { afterAll, beforeAll, test, vi } from 'vitest'
import { createAccounts } from '../../emulator/accounts.ts'
import type { EmulatedStack } from '../../emulator/stack.ts'
import {
  agenciesPush,
  analystReads,
  officersDisclose,
  type Place,
  stewardPublishes,
  strangersAreTurnedAway,
} from '../journey/journey.ts'
import { openPlace, openStack } from './deployed.ts'
import { describeEmulated } from './emulator.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 })

describeEmulated('the main job, deployed', () => {
  let stack: EmulatedStack
  let place: Place
  let close: () => Promise<void>

  beforeAll(async () => {
    const opened = await openStack()
    stack = opened.stack
    close = opened.close
    place = await openPlace(stack)
  })
  afterAll(() => close?.())

  test('three agencies push, each by another door, and get receipts that add up', () => agenciesPush(place))
  test('an analyst reads one organisation with the origin of each field', () => analystReads(place))
  test('a steward publishes a version that opens in DuckDB', () => stewardPublishes(place))
  test('two officers decide a case, and its package opens with one key, once', () => officersDisclose(place))
  test('whoever has no right is turned away, signed in or not', async () => {
    // Has an account with the identity provider, and is no principal
    await createAccounts(stack.outputs, ['nobody'], stack.password)
    await strangersAreTurnedAway(place)
  })
})

import { afterAll, beforeAll, describe, test, vi } from 'vitest'
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
import { deadLetters } from './dead-letters.ts'
import { openPlace, openStack } from './deployed.ts'
import { doors } from './doors.ts'
import { describeEmulated } from './emulator.ts'
import { forbidden } from './forbidden.ts'
import { linksHold } from './links.ts'
import { manyParts, manySubmissions } from './many-submissions.ts'
import { publications } from './publications.ts'
import { secondFactor } from './second-factor.ts'

// A machine that does much else at once takes many times what this takes alone
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

// Bringing a stack up takes longer than all that is tried on it, so one serves them all
describeEmulated('deployed,', () => {
  let stack: EmulatedStack
  let place: Place
  let close: () => Promise<void>
  const opened = (): EmulatedStack => stack

  beforeAll(async () => {
    const up = await openStack()
    stack = up.stack
    close = up.close
    place = await openPlace(stack)
  })
  afterAll(() => close?.())

  describe('the main job', () => {
    test('three agencies push, each by another door, and get receipts that add up', () => agenciesPush(place))
    test('an analyst reads one organisation with the origin of each field', () => analystReads(place))
    test('a steward publishes a version that opens in DuckDB', () => stewardPublishes(place))
    test('a link opens one file for a quarter of an hour, and nothing else', () => linksHold(place))
    test('two officers decide a case, and its package opens with one key, once', () =>
      officersDisclose(place))
    test('whoever has no right is turned away, signed in or not', async () => {
      // Has an account with the identity provider, and is no principal
      await createAccounts(stack.outputs, ['nobody'], stack.password)
      await strangersAreTurnedAway(place)
    })
  })

  describe('what must fail', () => forbidden(opened))
  describe('what is no good is refused with a receipt', () => doors(opened))
  describe('a second factor', () => secondFactor(opened))
  describe('a publication', () => publications(opened))
  describe('fifty submissions at once', () => manySubmissions(opened))
  describe('the parts of a large submission', () => manyParts(opened))
  describe('what crashes its receiver again and again', () => deadLetters(opened))
})

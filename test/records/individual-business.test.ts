import { expect, test } from 'vitest'
import { organisationRecords } from '../../shared/records/individual-business.ts'
import { penalty, registration, standing, USCC, withdrawal } from '../fusion/records.ts'

const told = { individualBusiness: true } as const
const registered = standing(registration())

test('a slip in one record takes that record out, and no withdrawal', () => {
  const slip = standing({ ...penalty(), ...told })
  const taken = standing({ ...withdrawal({}, { authority: 'third' }), ...told })
  const copy = standing(penalty({}, { authority: 'hub' }))
  expect(organisationRecords(USCC, [registered, slip, taken, copy])).toEqual([registered, taken, copy])
})

test('what the registering body says, or anybody where it says nothing, hides the whole', () => {
  const individual = standing({ ...registration(), ...told })
  expect(organisationRecords(USCC, [individual, standing(penalty())])).toBeUndefined()
  expect(organisationRecords(USCC, [standing({ ...withdrawal(), ...told })])).toBeUndefined()
  expect(organisationRecords(USCC, [registered])).toEqual([registered])
})

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { completeUscc } from '../../shared/identity/uscc.ts'
import { BUREAU, type CommandHome, ORGANISATION, openPushedHome } from './pushed-home.ts'
import { document } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let opened: CommandHome
const onHome = (...args: readonly string[]) => opened.onHome(...args)

beforeAll(async () => {
  opened = await openPushedHome()
})
afterAll(() => opened.remove())

describe('organisation', () => {
  test.concurrent('shows the golden record, with its origins where they are asked for', async () => {
    const shown = await onHome('organisation', 'show', ORGANISATION, '--json')
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    const organisation = document(shown)
    expect(Object.keys(organisation).sort()).toEqual(['asOf', 'nextChangeAt', 'record', 'uscc'])
    expect(organisation).toMatchObject({
      uscc: ORGANISATION,
      asOf: { ledgerSize: expect.any(Number), validAt: expect.any(String) },
      record: { penalties: [expect.any(Object)] },
    })
    const traced = document(await onHome('organisation', 'show', ORGANISATION, '--provenance', '--json'))
    expect(traced).toMatchObject({ provenance: { name: { won: [{ authority: BUREAU }] } } })
  })

  test.concurrent.for([
    ['a wrong check character', '91330203YY0000079E', 'USCC_INVALID'],
    [
      'an organisation that nobody sent',
      completeUscc({ prefix: '91', division: '330203', body: 'YY000999' }),
      'NOT_FOUND',
    ],
  ] as const)('%s is refused', async ([, uscc, code], { expect }) => {
    const ended = await onHome('organisation', 'show', uscc, '--json')
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ code })
  })
})

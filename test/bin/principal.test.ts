import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BUREAU, type CommandHome, openPushedHome } from './pushed-home.ts'
import { document } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let opened: CommandHome
const onHome = (...args: readonly string[]) => opened.onHome(...args)

beforeAll(async () => {
  opened = await openPushedHome()
})
afterAll(() => opened.remove())

describe('principal', () => {
  test.concurrent('is added, listed, and revoked for good', async () => {
    const added = await onHome('principal', 'add', 'reader', '--role', 'dataset-user', '--json')
    expect(added.code).toBe(0)
    expect(document(added)).toEqual({ name: 'reader', role: 'dataset-user' })
    expect((await onHome('dataset', 'list', '--as', 'reader')).code).toBe(0)

    const revoked = await onHome('principal', 'revoke', 'reader', '--json')
    expect(document(revoked)).toEqual({ name: 'reader', revoked: true })
    expect((await onHome('dataset', 'list', '--as', 'reader')).code).toBe(3)
    const again = await onHome('principal', 'add', 'reader', '--role', 'dataset-user', '--json')
    expect(again.code).toBe(3)
    expect(document(again)).toMatchObject({ code: 'PRINCIPAL_NAME_TAKEN' })

    const list = document(await onHome('principal', 'list', '--json'))
    expect(list).toContainEqual({ name: 'reader', role: 'dataset-user', revoked: true })
    expect(list).toContainEqual({ name: BUREAU, role: 'agency', authority: BUREAU, revoked: false })
  })

  test.concurrent.for([
    [
      'an authority that there is not',
      ['add', 'a1', '--role', 'agency', '--authority', 'b1'],
      'AUTHORITY_UNKNOWN',
    ],
    ['an agency without an authority', ['add', 'a1', '--role', 'agency'], 'REQUEST_MALFORMED'],
    ['the revocation of nobody', ['revoke', 'nobody'], 'NOT_FOUND'],
    ['a steward who looks', ['list', '--as', 'steward'], 'FORBIDDEN'],
  ] as const)('%s is refused', async ([, args, code], { expect }) => {
    const ended = await onHome('principal', ...args, '--json')
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ code })
  })
})

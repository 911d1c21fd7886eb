import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CommandHome, openPushedHome } from './pushed-home.ts'
import { document } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let opened: CommandHome
const onHome = (...args: readonly string[]) => opened.onHome(...args)

beforeAll(async () => {
  opened = await openPushedHome()
})
afterAll(() => opened.remove())

describe('token', () => {
  test.concurrent('is given to nobody who could do nothing with it', async () => {
    const ended = await onHome('token', '--as', 'nobody', '--json')
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ code: 'PRINCIPAL_UNKNOWN' })
  })

  test.concurrent('is a signed token of the principal, and nothing else on stdout', async () => {
    const [bare, json] = await Promise.all([
      onHome('token', '--as', 'analyst'),
      onHome('token', '--as', 'analyst', '--json'),
    ])
    expect(bare).toMatchObject({ code: 0, stderr: '' })
    expect(bare.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const { token, ...rest } = document(json)
    expect(rest).toEqual({})
    const [, claims = ''] = String(token).split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ username: 'analyst' })
  })
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { download } from '../../bin/commands/case.ts'
import type { ApiAnswer, Session } from '../../bin/session.ts'
import { makeDirectory } from './run.ts'

let directory: Awaited<ReturnType<typeof makeDirectory>>
beforeAll(async () => {
  directory = await makeDirectory()
})
afterAll(() => directory.remove())

function sessionThat(call: () => Promise<ApiAnswer>): Session {
  return {
    call,
    submit: async () => ({ sha256: '' }),
    token: async () => '',
    work: () => undefined,
    close: async () => undefined,
  }
}

test('a download that breaks off leaves no file, and can be tried again at once', async () => {
  const out = join(directory.path, 'package.jwe')
  const options = { as: 'requester', out }
  const broken = sessionThat(async () => {
    throw new Error('the connection ended')
  })
  await expect(download(broken, options, 'c1')).rejects.toThrow('the connection ended')
  await expect(readFile(out)).rejects.toThrow('ENOENT')
  const whole = sessionThat(async () => ({ status: 200, body: 'a.b.c.d.e' }))
  expect(await download(whole, options, 'c1')).toEqual({ case: 'c1', file: out, sizeBytes: 9 })
  expect(await readFile(out, 'utf8')).toBe('a.b.c.d.e')
})

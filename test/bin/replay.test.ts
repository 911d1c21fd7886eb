import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { codeOf } from '../records/world.ts'
import { document, makeDirectory, run } from './run.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const AUTHORITY = 'demo-market-regulator'

let directory: Awaited<ReturnType<typeof makeDirectory>>
let home: string

/** A home that admitted an individual business, and admits none any more. */
beforeAll(async () => {
  directory = await makeDirectory()
  home = join(directory.path, 'home')
  const file = join(directory.path, 'registrations.csv')
  const lines = [codeOf(1), codeOf(2, '92')].map((code) => `示例有限公司,${code}`)
  await writeFile(file, ['comp_nm,uni_social_crd_cd', ...lines, ''].join('\n'))
  const push = ['push', '--authority', AUTHORITY, '--layout', 'registration', '--submission', 'first', file]
  expect(await run('principal', 'add', 'somebody', '--role', 'auditor', '--home', home)).toMatchObject({
    code: 0,
  })
  await writeFile(join(home, 'policy.json'), JSON.stringify({ admitIndividualBusinesses: true }))
  expect(await run(...push, '--home', home)).toMatchObject({ code: 0 })
  await writeFile(join(home, 'policy.json'), '{}')
})
afterAll(() => directory.remove())

async function replay(...args: readonly string[]) {
  const ended = await run('replay', '--from', '0', ...args, '--json', '--home', home)
  expect(ended).toMatchObject({ code: 0 })
  return document(ended) as { dryRun: boolean; submissions: readonly Record<string, unknown>[] }
}

const changed = { submissionId: 'first', layout: 'registration@1', unchanged: 1, refused: 1 }

test('what would change is told first, and written when that is asked for, once', async () => {
  const told = await replay()
  expect(told).toMatchObject({ dryRun: true, submissions: [changed] })
  expect(told.submissions[0]).toMatchObject({ reasons: { SUBJECT_INDIVIDUAL_BUSINESS: 1 } })
  expect(JSON.stringify(told)).not.toContain('示例有限公司')
  expect(await replay()).toEqual(told)
  const written = await replay('--yes')
  expect(written).toMatchObject({ dryRun: false, submissions: [changed] })
  expect(written.submissions[0]?.['entryId']).toMatch(/^replay:demo-market-regulator:first:/)
  const { submissions } = await replay('--yes')
  expect(submissions).toMatchObject([{ unchanged: 2, refused: 0 }])
  expect(submissions[0]?.['entryId']).toBeUndefined()
})

test.each([
  ['another authority', ['--authority', 'demo-environment-bureau']],
  ['other days', ['--to', '2020-01-01']],
])('submissions of %s are left alone', async (_, args) => {
  expect(await replay(...args)).toEqual({ dryRun: true, submissions: [] })
})

test('a place that is neither an entry nor a day is bad usage', async () => {
  expect(await run('replay', '--from', 'yesterday', '--home', home)).toMatchObject({ code: 2 })
})

test('an authority that the home does not have is refused, and nothing is read', async () => {
  const ended = await run('replay', '--from', '0', '--authority', 'nobody', '--json', '--home', home)
  expect(ended.code).toBe(3)
  expect(document(ended)).toMatchObject({ code: 'AUTHORITY_UNKNOWN', path: '/authority' })
})

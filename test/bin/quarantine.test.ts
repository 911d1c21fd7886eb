import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { codeOf } from '../records/world.ts'
import { document, type Ended, makeDirectory, run } from './run.ts'
import { makeKeyFiles, makeSignedHome } from './signed-home.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const AUTHORITY = 'demo-market-regulator'

let directory: Awaited<ReturnType<typeof makeDirectory>>
let home: string
const at = (name: string) => join(directory.path, name)

beforeAll(async () => {
  directory = await makeDirectory()
  home = at('home')
  const header = 'comp_nm,uni_social_crd_cd,appr_dt'
  const row = (n: number, date: string) => `示例有限公司,${codeOf(n)},${date}`
  await writeFile(at('sent.csv'), [header, row(1, '2026-01-05'), row(2, '2026-13-05'), ''].join('\n'))
  await writeFile(at('mended.csv'), [header, row(2, '2026-01-05'), ''].join('\n'))
  const push = ['push', '--authority', AUTHORITY, '--layout', 'registration', '--submission', 'first']
  expect(await run(...push, at('sent.csv'), '--home', home)).toMatchObject({ code: 0 })
})
afterAll(() => directory.remove())

const quarantine = (...args: readonly string[]): Promise<Ended> =>
  run('quarantine', ...args, '--json', '--home', home)
const told = async (...args: readonly string[]) => JSON.parse((await quarantine(...args)).stdout)

test('what can be mended is listed, summed up, mended under the same place, and is open no more', async () => {
  const place = { authority: AUTHORITY, submissionId: 'first', index: 1, code: 'DATE_INVALID', group: 'date' }
  expect(await told('list')).toMatchObject([{ ...place, path: '/records/1/appr_dt', state: 'open' }])
  expect(await told('summary')).toMatchObject({ reasons: [{ code: 'DATE_INVALID', open: 1 }] })
  const resubmit = [
    'resubmit',
    AUTHORITY,
    'first',
    at('mended.csv'),
    '--places',
    '1',
    '--submission',
    'second',
  ]
  expect(await told(...resubmit)).toMatchObject({ submissionId: 'second', accepted: 1, applied: { new: 1 } })
  expect(await told('list')).toEqual([])
  expect(await told('show', AUTHORITY, 'first')).toMatchObject([
    { ...place, state: 'mended', mendedBy: 'second' },
  ])
  const receipt = await run(
    'receipt',
    'show',
    AUTHORITY,
    'second',
    '--out',
    at('receipt.json'),
    '--json',
    '--home',
    home,
  )
  expect(JSON.parse(receipt.stdout)).toMatchObject({
    receipt: { mends: { submissionId: 'first', places: [1] } },
  })
  const vkey = join(home, 'ledger', 'vkey')
  expect(await run('receipt', 'verify', at('receipt.json'), '--vkey', vkey)).toMatchObject({ code: 0 })
  await run('receipt', 'show', AUTHORITY, 'first', '--out', at('first.json'), '--home', home)
  expect(await run('receipt', 'verify', at('first.json'), '--vkey', vkey)).toMatchObject({ code: 0 })
})

test('an authority that has to sign mends with its key, and without it not', async () => {
  const { key, jwk } = await makeKeyFiles(directory.path)
  const signed = at('signed')
  await makeSignedHome(signed, AUTHORITY, jwk)
  const push = ['push', '--authority', AUTHORITY, '--layout', 'registration', '--submission', 'first']
  expect(await run(...push, at('sent.csv'), '--key', key, '--home', signed)).toMatchObject({ code: 0 })
  const resubmit = ['quarantine', 'resubmit', AUTHORITY, 'first', at('mended.csv'), '--places', '1']
  const onSigned = (...args: readonly string[]) => run(...args, '--json', '--home', signed)
  const unsigned = await onSigned(...resubmit)
  expect(unsigned.code).toBe(3)
  expect(document(unsigned)).toMatchObject({ code: 'SIGNATURE_MISSING' })
  const mended = await onSigned(...resubmit, '--key', key)
  expect(mended.code, mended.stderr).toBe(0)
  expect(document(mended)).toMatchObject({ accepted: 1, applied: { new: 1 } })
  const { stdout } = await onSigned('quarantine', 'show', AUTHORITY, 'first')
  expect(JSON.parse(stdout)).toMatchObject([
    { index: 1, state: 'mended', mendedBy: document(mended)['submissionId'] },
  ])
})

test('more than goes into an envelope is mended as well', async () => {
  const header = 'comp_nm,uni_social_crd_cd,appr_dt'
  const name = `示例${'分'.repeat(40)}有限公司`
  const lines = (date: string) => Array.from({ length: 9_000 }, (_, n) => `${name},${codeOf(n + 10)},${date}`)
  await writeFile(at('many-sent.csv'), [header, ...lines('2026-13-05'), ''].join('\n'))
  await writeFile(at('many.csv'), [header, ...lines('2026-01-05'), ''].join('\n'))
  const push = ['push', '--authority', AUTHORITY, '--layout', 'registration', '--submission', 'many-sent']
  expect(await run(...push, at('many-sent.csv'), '--home', home)).toMatchObject({ code: 0 })
  const resubmit = ['resubmit', AUTHORITY, 'many-sent', at('many.csv'), '--submission', 'many']
  const key = at('many.jwk')
  const made = await run('authority', 'make-key', '--out', key)
  await writeFile(at('many-public.jwk'), made.stdout)
  await run('authority', 'rotate-key', AUTHORITY, '--jwk', at('many-public.jwk'), '--home', home)
  expect(await told(...resubmit, '--key', key)).toMatchObject({ received: 9_000, accepted: 9_000 })
  const show = ['receipt', 'show', AUTHORITY, 'many', '--json', '--home', home]
  expect(document(await run(...show))).toMatchObject({ receipt: { mends: { submissionId: 'many-sent' } } })
})

test('a file that was sent before, as itself or for other places, mends all the same', async () => {
  const push = ['push', '--authority', AUTHORITY, '--layout', 'registration', '--home', home]
  const header = 'comp_nm,uni_social_crd_cd,appr_dt'
  const row = (n: number, date: string) => `示例有限公司,${codeOf(n)},${date}`
  const mended = [header, row(3, '2026-01-05'), ''].join('\n')
  await writeFile(at('two.csv'), [header, row(3, '2026-13-05'), row(4, '2026-13-05'), ''].join('\n'))
  await writeFile(at('one.csv'), mended)
  expect(await run(...push, '--submission', 'two', at('two.csv'))).toMatchObject({ code: 0 })
  expect(await run(...push, at('one.csv'))).toMatchObject({ code: 0 })
  const resubmit = ['resubmit', AUTHORITY, 'two', at('one.csv')]
  expect(await quarantine(...resubmit)).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('Places open: 2; records here: 1.'),
  })
  expect(await quarantine(...resubmit, '--places', '7')).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('/mends/places/0'),
  })
  expect(await told(...resubmit, '--places', '0')).toMatchObject({ accepted: 1 })
  const states = await told('show', AUTHORITY, 'two')
  expect(states).toMatchObject([{ state: 'mended' }, { state: 'open' }])
})

test('what mends nothing that is there is refused whole', async () => {
  const push = ['resubmit', AUTHORITY, 'second', at('mended.csv'), '--submission', 'third']
  expect(await quarantine(...push)).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('MENDS_UNKNOWN'),
  })
})

test('places that are none are bad usage', async () => {
  expect(await quarantine('resubmit', AUTHORITY, 'first', at('mended.csv'), '--places', 'all')).toMatchObject(
    { code: 2 },
  )
})

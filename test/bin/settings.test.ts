import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { document, example, makeDirectory, run, start } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let directory: Awaited<ReturnType<typeof makeDirectory>>

beforeAll(async () => {
  directory = await makeDirectory()
})
afterAll(() => directory.remove())

/** A new home of which one file is already there. */
async function homeWith(name: string, file: string, content: string): Promise<string> {
  const home = join(directory.path, name)
  await mkdir(home)
  await writeFile(join(home, file), content)
  return home
}

const bureau = {
  code: 'bureau',
  name: { zh: '示例局', en: 'Bureau' },
  uscc: '11330200YY0009030D',
  recordTypes: ['penalty'],
  contact: 'data@bureau.example',
}
const authorities = (...all: readonly object[]) => JSON.stringify({ authorities: all })
const principals = (...all: readonly object[]) => JSON.stringify({ principals: all })

const faults = [
  ['a file that is no JSON', 'authorities.json', '{ "authorities": [', /path= problem=not JSON/],
  ['an empty file', 'policy.json', '', /path= problem=not JSON/],
  [
    'a type of record that there is not',
    'authorities.json',
    authorities(bureau, { ...bureau, code: 'other', recordTypes: ['penalty', 'rumour'] }),
    /path=\/authorities\/1\/recordTypes\/1 /,
  ],
  ['two authorities of one code', 'authorities.json', authorities(bureau, bureau), /path= problem=two auth/],
  [
    'an authority whose own code has a wrong check character',
    'authorities.json',
    authorities(bureau, { ...bureau, code: 'other', uscc: '11330200YY0009030E' }),
    /path=\/authorities\/1\/uscc problem=.*GB 32100/,
  ],
  ['a number out of its range', 'policy.json', '{"bucketCount": 0}', /path=\/bucketCount /],
  [
    'a setting that there is not',
    'policy.json',
    '{"buckets": 4}',
    /path=\/buckets problem=a member that there is not/,
  ],
  [
    'a setting of an authority that there is not',
    'authorities.json',
    authorities({ ...bureau, requireSignatures: true }),
    /path=\/authorities\/0\/requireSignatures problem=a member that there is not/,
  ],
  [
    'a role that there is not',
    'principals.json',
    principals({ name: 'operator', role: 'operator' }, { name: 'root', role: 'owner' }),
    /path=\/principals\/1\/role /,
  ],
  [
    'an agency of an authority that there is not',
    'principals.json',
    principals({ name: 'clerk', role: 'agency', authority: 'nobody' }),
    /path=\/principals\/0\/authority /,
  ],
  [
    "a member of staff with an authority's name",
    'principals.json',
    principals({ name: 'demo-housing-bureau', role: 'steward' }),
    /path=\/principals\/0 /,
  ],
] as const

test.concurrent.for(faults)('%s in a home is a failure that names its place', async (fault, { expect }) => {
  const [name, file, content, place] = fault
  const ended = await run(
    'token',
    '--home',
    await homeWith(name.replaceAll(/\W/g, '-'), file, content),
    '--json',
  )
  expect(ended.code).toBe(1)
  const told = document(ended) as Record<'code' | 'file' | 'path' | 'message', string>
  expect(Object.keys(told).toSorted()).toEqual(['code', 'file', 'message', 'path'])
  const { code, file: where, path, message } = told
  expect(`${code} file=${where} path=${path} problem=${message}\n`).toBe(ended.stderr)
  expect(ended.stderr).toMatch(new RegExp(`^SETTINGS_INVALID file=${file} ${place.source}.*\n$`))
})

test.concurrent('what stands for a name in a file is not repeated: it may be a person’s number', async () => {
  const home = await homeWith('personal', 'policy.json', '{"99999919700101005X": 1}')
  const ended = await run('token', '--home', home, '--json')
  expect(ended.code).toBe(1)
  expect(ended.stderr).toMatch(/^SETTINGS_INVALID file=policy.json /)
  expect(ended.stdout + ended.stderr).not.toContain('999999')
})

test.concurrent('every command fails with the same words', async () => {
  const home = await homeWith('every', 'policy.json', '{"bucketCount": "many"}')
  const as = ['--as', 'auditor']
  const push = ['push', '--authority', 'a', '--layout', 'penalty-2018', example('penalties-2018.csv')]
  const commands = [push, ['organisation', 'show', 'a'], ['dataset', 'list'], ['case', 'list', ...as]]
  const runs = [...commands, ['principal', 'list'], ['serve', '--port', '0']].map((args) =>
    run(...args, '--home', home),
  )
  const all = await Promise.all([...runs, start('start.ts', ['--once', '--home', home]).ended])
  const ending = {
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^SETTINGS_INVALID file=policy.json path=\/bucketCount .*\n$/),
  }
  expect(all).toEqual(all.map(() => ending))
})

test.concurrent('an edit that gives a name another role is refused, and one that mends it is enough', async () => {
  const home = await homeWith('edited', 'principals.json', principals({ name: 'eve', role: 'steward' }))
  const list = ['dataset', 'list', '--as', 'eve', '--home', home, '--json']
  expect((await run(...list)).code).toBe(0)
  await writeFile(join(home, 'principals.json'), principals({ name: 'eve', role: 'auditor' }))
  const edited = await run(...list)
  expect(edited.code).toBe(1)
  expect(document(edited)).toMatchObject({ code: 'SETTINGS_INVALID' })
  expect(edited.stderr).toMatch(/^SETTINGS_INVALID file=principals.json path=\/principals\/0 /)
  const staff = [
    { name: 'eve', role: 'steward' },
    { name: 'adam', role: 'operator' },
  ]
  await writeFile(join(home, 'principals.json'), principals(...staff))
  expect((await run(...list)).code).toBe(0)
  const listed = await run('principal', 'list', '--as', 'adam', '--home', home, '--json')
  expect(document(listed)).toContainEqual({ name: 'adam', role: 'operator', revoked: false })
})

test.concurrent('whoever was revoked stays so, whatever the file says', async () => {
  const home = await homeWith(
    'revoked',
    'principals.json',
    principals({ name: 'operator', role: 'operator' }, { name: 'eve', role: 'steward' }),
  )
  expect((await run('principal', 'revoke', 'eve', '--home', home)).code).toBe(0)
  const ended = await run('dataset', 'list', '--as', 'eve', '--home', home, '--json')
  expect(ended.code).toBe(3)
  expect(document(ended)).toMatchObject({ code: 'PRINCIPAL_REVOKED' })
})

test.concurrent('whom the file names no more may sign in, and every command says so until they are revoked', async () => {
  const operator = { name: 'operator', role: 'operator' }
  const home = await homeWith(
    'left',
    'principals.json',
    principals(operator, { name: 'eve', role: 'steward' }),
  )
  expect((await run('dataset', 'list', '--as', 'eve', '--home', home)).stderr).toBe('')
  expect((await run('principal', 'add', 'adam', '--role', 'steward', '--home', home)).code).toBe(0)
  await writeFile(join(home, 'principals.json'), principals(operator))
  const listed = await run('dataset', 'list', '--as', 'eve', '--home', home)
  expect(listed).toMatchObject({ code: 0, stderr: expect.stringMatching(/^[^\n]*eve[^\n]*revoke eve`\n$/) })
  expect((await run('principal', 'revoke', 'eve', '--home', home)).code).toBe(0)
  // Who was added by a principal was never in the file
  expect((await run('dataset', 'list', '--as', 'adam', '--home', home)).stderr).toBe('')
})

test.concurrent.for([
  ['is a file', (): string => join(directory.path, 'no-directory'), 'ENOTDIR'],
  ['lies below a file', (): string => join(directory.path, 'no-directory', 'home'), 'ENOTDIR'],
  ['nothing can be made in', (): string => '/proc/home', 'ENOENT'],
] as const)('a home that %s is a failure that names its place', async ([, home, errno], { expect }) => {
  await writeFile(join(directory.path, 'no-directory'), '')
  const ended = await run('principal', 'add', 'eve', '--role', 'steward', '--home', home(), '--json')
  expect(ended.code).toBe(1)
  expect(document(ended)).toEqual({
    code: 'HOME_UNUSABLE',
    message: `HOME_UNUSABLE path=${home()} errno=${errno}`,
  })
})

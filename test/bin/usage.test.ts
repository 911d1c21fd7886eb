import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { BUREAU, type CommandHome, openPushedHome, pushArgs } from './pushed-home.ts'
import { document, example, run } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let opened: CommandHome
const onHome = (...args: readonly string[]) => opened.onHome(...args)
const inDirectory = (name: string) => opened.inDirectory(name)

beforeAll(async () => {
  opened = await openPushedHome()
  await writeFile(inDirectory('not.json'), '{ "organisations": [')
  await writeFile(inDirectory('records.txt'), 'text')
  await mkdir(inDirectory('folder.csv'))
  await writeFile(inDirectory('taken.jwe'), 'taken')
})
afterAll(() => opened.remove())

describe('help', () => {
  const commands = [
    ['push', '--layout'],
    ['organisation', 'show'],
    ['dataset', 'publish', 'list', 'files'],
    ['case', ...['submit', 'list', 'show', 'approve', 'refuse', 'narrow', 'release', 'download', 'withdraw']],
    ['principal', 'list', 'add', 'revoke'],
    ['authority', 'list', 'suspend', 'resume', 'rotate-key', 'make-key'],
    ['collect', '--watch', '--key', '--dry-run'],
    ['token', '--as'],
    ['serve', '--port'],
  ] as const

  test.concurrent.for(commands)('credit-fusion %s tells its usage on stdout', async (told, { expect }) => {
    const [command, ...names] = told
    const { code, stdout, stderr } = await run(...command.split(' '), '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: credit-fusion ${command} `)
    for (const name of names) expect(stdout).toContain(`  ${name} `)
  })
})

describe('bad usage', () => {
  const usages: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    ['a command that there is not', () => ['pull'], /unknown command 'pull'/],
    ['an option that there is not', () => pushArgs('x.csv', '--fast'), /unknown option '--fast'/],
    [
      'a push without a file',
      () => ['push', '--authority', BUREAU, '--layout', 'penalty-2018'],
      /missing required argument 'file'/,
    ],
    [
      'a push of a file that is not there',
      () => pushArgs('absent.csv'),
      /FILE_UNREADABLE: absent.csv cannot be read \(ENOENT\)/,
    ],
    [
      'a push of a directory',
      () => pushArgs(inDirectory('folder.csv')),
      /FILE_UNREADABLE: .*folder.csv is no file/,
    ],
    [
      'a push of a text file',
      () => pushArgs(inDirectory('records.txt')),
      /FILE_FORMAT_UNKNOWN: .*records.txt ends in none/,
    ],
    ['an organisation without its code', () => ['organisation', 'show'], /missing required argument 'uscc'/],
    [
      'a version that is no number',
      () => ['dataset', 'files', 'organisations', '--version', '1.5'],
      /VERSION_INVALID/,
    ],
    ['a case step without a principal', () => ['case', 'list'], /required option '--as <principal>'/],
    [
      'a request that is no JSON',
      () => ['case', 'submit', inDirectory('not.json'), '--as', 'demo-public-security'],
      /FILE_NOT_JSON/,
    ],
    [
      'a refusal without a reason',
      () => ['case', 'refuse', 'c', '--code', 'RC-SCOPE', '--as', 'officer-one'],
      /--reason/,
    ],
    [
      'a download onto a file that exists',
      () => ['case', 'download', 'c', '--as', 'a', '--out', inDirectory('taken.jwe')],
      /FILE_UNWRITABLE/,
    ],
    [
      'a layout that nobody knows',
      () => ['push', '--authority', BUREAU, '--layout', 'penalty-1999', example('penalties-2018.csv')],
      /registration, .*licence-2018, .*penalty-2018/,
    ],
    [
      'a moment without an offset',
      () => pushArgs(example('penalties-2018.csv'), '--sent-at', '2026-01-01'),
      /SENT_AT_INVALID: --sent-at: a date and time with an offset/,
    ],
    [
      'a wait of no time',
      () => pushArgs(example('penalties-2018.csv'), '--timeout', '0'),
      /--timeout .* A whole number/,
    ],
    ['a dataset that there is not', () => ['dataset', 'publish', 'persons'], /choices are organisations/],
    [
      'a role that there is not',
      () => ['principal', 'add', 'root', '--role', 'owner'],
      /choices are agency, dataset-user, compliance, steward, auditor, operator/,
    ],
    [
      'a ground that there is not',
      () => ['case', 'refuse', 'c', '--code', 'RC-MOOD', '--reason', 'x', '--as', 'officer-one'],
      /choices are RC-IDENTITY, .*RC-FORGERY-SUSPECTED/,
    ],
    ['a token for two', () => ['token', 'analyst', 'steward'], /too many arguments/],
    ['a port that is none', () => ['serve', '--port', '65536'], /--port/],
  ]

  test.concurrent.for(usages)('%s ends with 2 and a message', async ([, args, message], { expect }) => {
    const ended = await onHome(...args(), '--json')
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).not.toMatch(STACK_TRACE)
    expect(document(ended)).toMatchObject({
      code: expect.stringMatching(/^[A-Z_]+$/),
      message: expect.stringMatching(/./),
    })
  })

  test.concurrent('a submission id that could be a number of a person is not repeated', async ({
    expect,
  }) => {
    const args = pushArgs(example('penalties-2018.csv'), '--submission', '13900000000', '--json')
    const ended = await onHome(...args)
    expect(ended.code).toBe(2)
    expect(document(ended)).toMatchObject({ code: 'SUBMISSION_INVALID' })
    expect(ended.stdout + ended.stderr).not.toContain('13900000000')
  })

  test.concurrent('a home that is not there is read by nobody, and stays absent', async ({ expect }) => {
    const absent = inDirectory('absent')
    const reads = [['token'], ['dataset', 'list'], ['case', 'list', '--as', 'auditor'], ['principal', 'list']]
    for (const args of reads) {
      const ended = await run(...args, '--home', absent, '--json')
      expect(ended.code).toBe(2)
      expect(document(ended)).toMatchObject({ code: 'HOME_MISSING' })
    }
    await expect(readdir(absent)).rejects.toThrow('ENOENT')
  })

  test.concurrent('an option that has to be given says so in the help', async ({ expect }) => {
    const { stdout } = await run('case', 'refuse', '--help')
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/--as <principal> .*compliance \(required\) --code/)
    expect(stdout).toContain('RC-NE-BIS               Ne bis in idem')
  })

  test.concurrent('whoever uses it wrongly is told of --help', async ({ expect }) => {
    const { stdout, stderr } = await onHome('case', 'show', '--as', 'auditor')
    expect(stdout).toBe('')
    expect(stderr).toContain('(--help tells more)')
  })
})

const STACK_TRACE = /^\s+at .*:\d+:\d+/m

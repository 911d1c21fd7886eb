import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Instant } from '../../shared/base/instant.ts'
import { publish } from '../../shared/datasets/publish.ts'
import { openHome } from '../../shared/embedded/home.ts'
import { workRound } from '../../shared/embedded/worker.ts'
import { completeUscc } from '../../shared/identity/uscc.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { document, example, makeDirectory, run } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const ORGANISATION = '91330203YY0000079F'
const HEADER = 'CF_XDR_MC,CF_XDR_SHXYM,CF_XDR_GSZC,CF_WSH,CF_CFLB,CF_JDRQ,CF_CFJG,CF_GSJZQ'
const BUREAU = 'demo-environment-bureau'

let directory: Awaited<ReturnType<typeof makeDirectory>>
let home: string
const onHome = (...args: readonly string[]) => run(...args, '--home', home)
const inDirectory = (name: string) => join(directory.path, name)
const pushArgs = (file: string, ...more: readonly string[]) => [
  ...['push', '--authority', BUREAU, '--layout', 'penalty-2018'],
  ...[...more, file],
]

beforeAll(async () => {
  directory = await makeDirectory()
  home = inDirectory('home')
  await writeFile(inDirectory('not.json'), '{ "organisations": [')
  await writeFile(inDirectory('records.txt'), 'text')
  await mkdir(inDirectory('folder.csv'))
  await writeFile(inDirectory('taken.jwe'), 'taken')
  const { code, stderr } = await onHome(...pushArgs(example('penalties-2018.csv'), '--submission', 'first'))
  if (code !== 0) throw new Error(stderr)
})

afterAll(() => directory.remove())

describe('help', () => {
  const commands = [
    ['push', '--layout'],
    ['organisation', 'show'],
    ['dataset', 'publish', 'list', 'files'],
    ['case', ...['submit', 'list', 'show', 'approve', 'refuse', 'narrow', 'release', 'download', 'withdraw']],
    ['principal', 'list', 'add', 'revoke'],
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
    ['a push of a file that is not there', () => pushArgs('absent.csv'), /FILE_UNREADABLE: absent.csv/],
    ['a push of a directory', () => pushArgs(inDirectory('folder.csv')), /FILE_UNREADABLE/],
    ['a push of a text file', () => pushArgs(inDirectory('records.txt')), /FILE_FORMAT_UNKNOWN/],
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

describe('push', () => {
  test.concurrent('prints one receipt as JSON; what it is at goes to stderr', async () => {
    const ended = await onHome(...pushArgs(example('penalties-2018.csv'), '--submission', 'first', '--json'))
    const receipt = document(ended)
    expect(ended.code).toBe(0)
    expect(ended.stderr).toMatch(/^reading \d+ bytes\nreceived as first, waiting until applied\n$/)
    expect(receipt).toEqual({
      submissionId: 'first',
      authority: BUREAU,
      received: 51,
      accepted: 48,
      repeated: 0,
      refused: 3,
      unresolved: 0,
      entry: expect.any(Number),
      applied: { new: 48, known: 0 },
      records: expect.any(Array),
    })
    const records = receipt['records'] as readonly { index: number; outcome: string }[]
    expect(records.map(({ index }) => index)).toEqual(Array.from({ length: 51 }, (_, index) => index))
    expect(records.filter(({ outcome }) => outcome === 'refused')).toEqual([
      expect.objectContaining({ code: 'SUBJECT_NATURAL_PERSON', reason: expect.any(String) }),
      expect.objectContaining({ code: 'TEXT_PERSONAL_DATA', path: '/records/49/CF_SY' }),
      expect.objectContaining({ code: 'AMOUNT_INVALID', path: '/records/50/CF_NR_FK' }),
    ])
  })

  test.concurrent('other content under an id that is taken is refused', async () => {
    const other = inDirectory('other.csv')
    await writeFile(other, (await readFile(example('penalties-2018.csv'), 'utf8')).replaceAll('超标', '超额'))
    const ended = await onHome(...pushArgs(other, '--submission', 'first', '--json'))
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ code: 'SUBMISSION_ID_REUSED' })
    expect(ended.stderr).toContain('SUBMISSION_ID_REUSED')
  })

  test.concurrent('a type of record that the authority may not send is refused, with a receipt', async () => {
    const head = ['push', '--authority', 'demo-housing-bureau', '--layout', 'penalty-2018']
    const ended = await onHome(...head, example('penalties-2018.csv'))
    expect(ended.code).toBe(3)
    expect(ended.stdout).toMatch(
      /^submission [0-9a-f]{64} from demo-housing-bureau, ledger entry \d+\n {2}0 rec/,
    )
    expect(ended.stderr).toContain('RECORD_TYPE_NOT_ADMITTED at /layout')
    const json = await onHome(...head, example('penalties-2018.csv'), '--json')
    const reason = expect.any(String)
    expect(document(json)).toMatchObject({
      ...{ code: 'RECORD_TYPE_NOT_ADMITTED', path: '/layout', message: reason },
      ...{ received: 0, refusal: { code: 'RECORD_TYPE_NOT_ADMITTED', path: '/layout', reason }, records: [] },
    })
  })

  test.concurrent('tells people of each record that is refused or waits, with its header', async () => {
    const file = inDirectory('some.csv')
    const row = '示例有限公司,,,示罚〔2026〕9号,罚款,2026-01-05,示例局,2099-12-31'
    await writeFile(
      file,
      `${HEADER}\n${row.replace(',,', ',,320404000009558')}\n${row.replace('2026-01-05', '2026-02-30')}\n`,
    )
    const ended = await onHome(...pushArgs(file))
    expect(ended.stdout).toMatch(/record 0 unresolved: kept, but it names no unified social credit code/)
    expect(ended.stdout).toMatch(/record 1 refused: [A-Z_]+ at \/records\/1(\/CF_\w+ \([^)]+\))?: \w/)
  })

  test.concurrent('by whoever may not send for the authority is refused, and leaves no receipt', async () => {
    for (const [as, code] of [
      ['analyst', 'FORBIDDEN'],
      ['demo-housing-bureau', 'FORBIDDEN'],
      ['nobody', 'PRINCIPAL_UNKNOWN'],
    ] as const) {
      const args = pushArgs(example('penalties-2018.csv'), '--submission', `by-${as}`, '--as', as, '--json')
      const ended = await onHome(...args)
      expect(ended.code).toBe(3)
      expect(document(ended)).toMatchObject({ code })
      for (const authority of [BUREAU, 'demo-housing-bureau']) {
        const receipt = await onHome('receipt', 'show', authority, `by-${as}`, '--json')
        expect(document(receipt)).toMatchObject({ code: 'NOT_FOUND' })
      }
    }
  })

  test.concurrent('an authority that nobody knows is refused', async () => {
    const file = example('penalties-2018.csv')
    const ended = await onHome('push', '--authority', 'nobody', '--layout', 'penalty-2018', file, '--json')
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({
      code: 'PRINCIPAL_UNKNOWN',
      message: expect.stringMatching(/no principal "nobody" .*role is agency: .*demo-housing-bureau/),
    })
  })
})

describe('what needs no home', () => {
  test.concurrent('a dry run says what would become of a file, and makes nothing', async ({ expect }) => {
    const unmade = inDirectory('dry')
    const args = [...pushArgs(example('penalties-2018.csv'), '--dry-run'), '--home', unmade]
    const dry = document(await run(...args, '--json'))
    const sent = document(await onHome(...pushArgs(example('penalties-2018.csv'), '--json')))
    const { received, accepted, repeated, refused, unresolved, records } = sent
    expect(dry).toEqual({ dryRun: true, received, accepted, repeated, refused, unresolved, records })
    expect((await run(...args)).stdout).toMatch(
      /^nothing was sent; it would be\n {2}51 received = 48 accepted/,
    )
    await writeFile(inDirectory('prose.csv'), '没有表头的文字\n')
    const prose = await run(...pushArgs(inDirectory('prose.csv'), '--dry-run'), '--home', unmade, '--json')
    expect(prose.code).toBe(3)
    expect(document(prose)).toMatchObject({
      code: 'HEADER_NOT_FOUND',
      message: expect.stringMatching(/CF_WSH/),
    })
    await expect(readdir(unmade)).rejects.toThrow('ENOENT')
  })

  test.concurrent('the layouts tell their columns, and a case its fields and legal bases', async ({
    expect,
  }) => {
    const shown = await run('layout', 'show', 'penalty-2018')
    expect(shown.stdout).toMatch(/^penalty-2018@1 {2}penalty {2}/)
    expect(shown.stdout).toMatch(/^ {2}CF_XDR_MC {2}行政相对人名称 {2}text, required$/m)
    expect(shown.stdout).toMatch(/, never kept$/m)
    expect((await run('layout', 'list')).stdout.split('\n').filter(Boolean)).toHaveLength(layouts.length)
    expect((await run('layout', 'show', 'penalty-1999')).code).toBe(2)
    expect(document(await run('case', 'fields', '--json'))).toContainEqual(
      expect.objectContaining({ name: 'penalty_grounds' }),
    )
    expect((await run('case', 'legal-bases')).stdout).toContain('CN-DSL-35  数据安全法第三十五条')
  })

  test.concurrent('a reader of stdout that goes away ends it without a stack trace', async ({ expect }) => {
    const bin = fileURLToPath(new URL('../../bin/credit-fusion.ts', import.meta.url))
    const pipe = `"$0" "$1" layout show penalty-2018 --json | true; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', pipe, process.execPath, bin])
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' })
  })

  test.concurrent('--version tells the version of the package', async ({ expect }) => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect((await run('--version')).stdout).toBe(`${version}\n`)
  })
})

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

describe('dataset', () => {
  test.concurrent('is listed, published, unchanged when published again, and its files have links', async () => {
    const before = await onHome('dataset', 'list', '--json')
    expect(document(before)).toEqual([{ name: 'organisations', title: expect.any(Object), latest: null }])

    const published = await onHome('dataset', 'publish', 'organisations', '--json')
    expect(published).toMatchObject({ code: 0, stderr: 'publishing organisations\n' })
    const { version } = document(published) as { version: object }
    expect(document(published)).toMatchObject({
      outcome: 'published',
      version: {
        dataset: 'organisations',
        version: 1,
        rows: 24,
        files: expect.any(Number),
        ledgerSize: expect.any(Number),
        validAt: expect.any(String),
        manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    })

    const again = await onHome('dataset', 'publish', 'organisations', '--json')
    expect(document(again)).toMatchObject({ outcome: 'unchanged', version })
    const after = document(await onHome('dataset', 'list', '--json'))
    expect(after).toMatchObject([{ latest: version }])

    const { manifest, files } = document(await onHome('dataset', 'files', 'organisations', '--json')) as {
      manifest: { version: number; files: readonly object[] }
      files: readonly object[]
    }
    expect(manifest.version).toBe(1)
    expect(files).toEqual(
      manifest.files.map((file) => ({ ...file, link: expect.stringMatching(/^file:.*\.parquet$/) })),
    )
    expect(Object.keys(files[0] ?? {})).toEqual(
      expect.arrayContaining(['bucket', 'path', 'sha256', 'sizeBytes', 'rows', 'link']),
    )
    const query =
      (await onHome('dataset', 'files', 'organisations')).stdout.trimEnd().split('\n').at(-1) ?? ''
    const connection = await (await DuckDBInstance.create()).connect()
    expect((await connection.runAndReadAll(query)).getRows()).toHaveLength(5)
    const all = query.replace(/SELECT .* FROM/, 'SELECT * FROM')
    const columns = (await connection.runAndReadAll(all)).columnNames()
    expect(columns).toEqual(
      (manifest as unknown as { columns: { name: string }[] }).columns.map(({ name }) => name),
    )

    expect(document(await onHome('dataset', 'manifest', 'organisations', '--json'))).toEqual(manifest)
    const quality = await onHome('dataset', 'quality', 'organisations', '--version', '1')
    expect(quality.stdout).toMatch(/^organisations version 1, 24 rows\n {2}gate {2}[a-z-]+: passed/)
  })

  test.concurrent.for([
    ['a version that there is not', ['files', 'organisations', '--version', '99'], 'NOT_FOUND'],
    ['an analyst who publishes', ['publish', 'organisations', '--as', 'analyst'], 'FORBIDDEN'],
  ] as const)('%s is refused', async ([, args, code], { expect }) => {
    const ended = await onHome('dataset', ...args, '--json')
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ code })
  })

  test.concurrent('a version after years of rest with far fewer rows is refused until both are accepted', async () => {
    const shrunk = inDirectory('shrunk')
    await publishLongAgo(shrunk)
    const publishing = (...accepting: readonly string[]) =>
      run('dataset', 'publish', 'organisations', ...accepting, '--home', shrunk, '--json')
    const gated = await publishing()
    expect(gated.code).toBe(3)
    const { code, detail } = document(gated)
    expect(code).toBe('GATE_CLOSED')
    expect(detail).toMatch(/^{"id":"rows-fallen","failing":1} {"id":"clock-ahead","failing":\d{4,}}$/)
    expect((await publishing('--accept-drop')).code).toBe(3)
    const released = await publishing('--accept-drop', '--accept-clock')
    expect(released.code).toBe(0)
    expect(document(released)).toMatchObject({ outcome: 'published', version: { version: 2, rows: 0 } })
  })
})

/** Publishes one organisation, whose one penalty was shown until the middle of 2020. */
async function publishLongAgo(directory: string): Promise<void> {
  const at = '2020-03-01T00:00:00.000Z' as Instant
  const template = example('deployment')
  const home = await openHome({ directory, template, now: () => at })
  const authority = home.settings.authorities.find(({ code }) => code === BUREAU)
  if (authority === undefined) throw new Error('no such authority')
  const row = {
    ...{ CF_XDR_MC: '示例有限公司', CF_XDR_SHXYM: ORGANISATION, CF_WSH: '示罚〔2020〕1号', CF_CFLB: '罚款' },
    ...{ CF_JDRQ: '2020-01-05', CF_CFJG: '示例局', CF_GSJZQ: '2020-06-30' },
  }
  const head = { schemaVersion: '1', submissionId: 'long-ago', layout: 'penalty-2018', sentAt: at } as const
  await receiveSubmission(home, { authority, head: { ...head, records: [row] } })
  while ((await workRound(home, () => undefined)) > 0);
  await publish(home, { dataset: 'organisations', commitId: 'long-ago' })
  home.close()
}

describe('case', () => {
  test.concurrent('goes from the request to one download, and every short cut is refused', async () => {
    const out = inDirectory('package.jwe')
    const act = async (step: string, as: string, ...more: readonly string[]) => {
      const ended = await onHome('case', step, ...more, '--as', as, '--json')
      return { code: ended.code, body: document(ended) }
    }
    const submitted = await act('submit', 'demo-public-security', example('case-request.json'))
    expect(submitted).toMatchObject({
      code: 0,
      body: { state: 'Submitted', scope: { organisations: [ORGANISATION] }, approvals: [] },
    })
    const id = String(submitted.body['id'])
    expect(await act('release', 'officer-one', id)).toMatchObject({
      code: 3,
      body: { code: 'NOT_APPROVED' },
    })
    expect(await act('approve', 'officer-one', id)).toMatchObject({
      code: 0,
      body: { state: 'AwaitingSecondApproval' },
    })
    expect(await act('approve', 'officer-one', id)).toMatchObject({
      code: 3,
      body: { code: 'SAME_OFFICER' },
    })
    expect(await act('approve', 'officer-two', id)).toMatchObject({ code: 0, body: { state: 'Approved' } })
    const narrowing = ['--fields', 'name', '--reason', 'penalties are not needed']
    expect(await act('narrow', 'officer-two', id, ...narrowing)).toMatchObject({
      code: 0,
      body: { state: 'Submitted', approvals: [], scope: { fields: ['name'] } },
    })
    await act('approve', 'officer-one', id)
    await act('approve', 'officer-two', id)
    expect(await act('release', 'officer-two', id)).toMatchObject({ code: 0, body: { state: 'Released' } })
    expect(await act('download', 'demo-public-security', id, '--out', out)).toMatchObject({
      code: 0,
      body: { case: id, file: out, sizeBytes: (await readFile(out)).length },
    })
    expect((await readFile(out, 'utf8')).split('.')).toHaveLength(5)
    const second = inDirectory('second.jwe')
    expect((await act('download', 'demo-public-security', id, '--out', second)).code).toBe(3)
    await expect(readFile(second)).rejects.toThrow('ENOENT')

    const timeline = await act('timeline', 'auditor', id)
    const events = timeline.body['events'] as readonly Record<string, unknown>[]
    expect(timeline.body['caseId']).toBe(id)
    expect(events.map(({ action }) => action)).toEqual([
      ...['submitted', 'attempt-refused', 'approved', 'attempt-refused', 'approved', 'narrowed'],
      ...['approved', 'approved', 'released', 'downloaded', 'attempt-refused'],
    ])
    expect(Object.keys(events[0] ?? {})).toEqual(
      expect.arrayContaining(['number', 'at', 'actor', 'role', 'action', 'ground', 'scopeSha256', 'entryId']),
    )
    expect((await act('list', 'auditor')).body).toMatchObject({
      cases: expect.arrayContaining([expect.objectContaining({ id })]),
      next: null,
    })
    expect((await act('show', 'auditor', id)).body).toMatchObject({ id, package: expect.any(Object) })
    const told = (await onHome('case', 'timeline', id, '--as', 'auditor')).stdout
    expect(told).toContain('(compliance)  attempt-refused (release)  NOT_APPROVED')
    expect(told).toContain('(agency)  attempt-refused (download)  ALREADY_DOWNLOADED')
  })

  test.concurrent('tells an officer all that a decision rests on, and in the list the newest first', async ({
    expect,
  }) => {
    const shown = inDirectory('shown')
    const onShown = (...args: readonly string[]) => run('case', ...args, '--home', shown)
    await run(...pushArgs(example('penalties-2018.csv')), '--home', shown)
    expect(await onShown('list', '--as', 'auditor')).toMatchObject({
      ...{ code: 0, stderr: 'there is no case to be listed\n' },
    })
    const text = await readFile(example('case-request.json'), 'utf8')
    for (const n of [1, 2]) {
      const request = inDirectory(`shown-${n}.json`)
      await writeFile(request, text.replace('example-request-1', `example-request-${n}`))
      await onShown('submit', request, '--as', 'demo-public-security')
    }
    const listed = await onShown('list', '--limit', '1', '--as', 'officer-one')
    const [, id = '', after = ''] =
      /^\S+ {2}(\S+) {2}Submitted {2}demo-public-security {2}91330203YY0000079F\n.*--after '(.+)'/s.exec(
        listed.stdout + listed.stderr,
      ) ?? []
    const rest = document(await onShown('list', '--after', after, '--as', 'officer-one', '--json'))
    expect(rest).toMatchObject({ cases: [{ id: expect.not.stringMatching(id) }], next: null })
    await onShown('approve', id, '--as', 'officer-one')
    const { stdout } = await onShown('show', id, '--as', 'officer-two')
    for (const fact of [
      'asked by: demo-public-security',
      'legal basis: CN-DSL-35, 《中华人民共和国数据安全法》第三十五条',
      'instrument: 示公调〔2026〕8号 of 示例市公安局, 2026-06-01 to 2036-05-31',
      'purpose: An example of a request',
      'sealed to: ',
      'approved by officer-one at ',
    ])
      expect(stdout).toContain(fact)
    const waiting = await onShown('list', '--state', 'AwaitingSecondApproval', '--as', 'auditor', '--json')
    expect(document(waiting)).toMatchObject({ cases: [{ id }] })
  })

  test.concurrent('ends in a package that its requester opens with tools of this command line alone', async ({
    expect,
  }) => {
    const [key, verifier, jwe] = [inDirectory('own.jwk'), inDirectory('signing.jwk'), inDirectory('own.jwe')]
    const recipientKey = document(await run('case', 'key-pair', '--out', key))
    expect(recipientKey).not.toHaveProperty('d')
    expect((await stat(key)).mode & 0o777).toBe(0o600)
    const request = JSON.parse(await readFile(example('case-request.json'), 'utf8'))
    await writeFile(
      inDirectory('key-request.json'),
      JSON.stringify({ ...request, idempotencyKey: 'a-key-of-our-own' }),
    )
    await writeFile(inDirectory('own-public.jwk'), JSON.stringify(recipientKey))
    const sealed = ['--recipient-key', inDirectory('own-public.jwk')]
    const requester = ['--as', 'demo-public-security'] as const
    const submitted = await onHome(
      'case',
      'submit',
      inDirectory('key-request.json'),
      ...sealed,
      ...requester,
      '--json',
    )
    const id = String(document(submitted)['id'])
    for (const as of ['officer-one', 'officer-two']) await onHome('case', 'approve', id, '--as', as)
    await onHome('case', 'release', id, '--as', 'officer-one')
    await onHome('case', 'download', id, '--out', jwe, ...requester)
    await writeFile(verifier, (await onHome('case', 'signing-key', ...requester)).stdout)

    const opened = await run('case', 'open', jwe, '--key', key, '--verifier', verifier, '--json')
    expect(document(opened)).toMatchObject({ caseId: id, organisations: [{ uscc: ORGANISATION }] })
    await run('case', 'key-pair', '--out', inDirectory('stranger.jwk'))
    const wrong = ['--key', inDirectory('stranger.jwk'), '--verifier', verifier, '--json']
    const strange = await run('case', 'open', jwe, ...wrong)
    expect({ exit: strange.code, ...document(strange) }).toMatchObject({ exit: 1, code: 'NOT_FOR_THIS_KEY' })
    const forged = JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) })
    await writeFile(inDirectory('forged.jwk'), forged)
    const unsigned = await run(
      'case',
      'open',
      jwe,
      '--key',
      key,
      '--verifier',
      inDirectory('forged.jwk'),
      '--json',
    )
    expect(document(unsigned)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    const swapped = await run('case', 'open', jwe, '--key', verifier, '--verifier', key, '--json')
    expect({ exit: swapped.code, ...document(swapped) }).toMatchObject({ exit: 2, code: 'KEY_MALFORMED' })
  })

  test.concurrent('can be refused with a code and a reason, and withdrawn by nobody but its requester', async () => {
    const request = inDirectory('request.json')
    const text = await readFile(example('case-request.json'), 'utf8')
    await writeFile(request, text.replace('example-request-1', 'example-request-2'))
    const submitted = await onHome('case', 'submit', request, '--as', 'demo-public-security', '--json')
    const id = String(document(submitted)['id'])
    const stranger = await onHome('case', 'withdraw', id, '--as', 'officer-one', '--json')
    expect(stranger.code).toBe(3)
    expect(document(stranger)).toMatchObject({ code: 'FORBIDDEN' })
    const refusal = ['--code', 'RC-SCOPE', '--reason', 'the purpose does not need it']
    const refused = await onHome('case', 'refuse', id, ...refusal, '--as', 'officer-one', '--json')
    expect(refused.code).toBe(0)
    expect(document(refused)).toMatchObject({
      state: 'Refused',
      refusal: { code: 'RC-SCOPE', reason: 'the purpose does not need it' },
    })
    const late = await onHome('case', 'withdraw', id, '--as', 'demo-public-security', '--json')
    expect(late.code).toBe(3)
  })

  test.concurrent('that there is not is refused, and no file is left for its package', async ({ expect }) => {
    const out = inDirectory('absent.jwe')
    const args = ['case', 'download', 'no-such-case', '--out', out, '--as', 'demo-public-security', '--json']
    const ended = await onHome(...args)
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ code: 'CASE_NOT_FOUND' })
    await expect(readFile(out)).rejects.toThrow('ENOENT')
  })
})

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

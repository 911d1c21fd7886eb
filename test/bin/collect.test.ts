import { appendFile, chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { csvOf, MOBILE_NUMBER, RESIDENT_ID, rows } from '../ingest/sample.ts'
import { readContents } from './contents.ts'
import { document, type Ended, example, makeDirectory, run, start } from './run.ts'
import { makeKeyFiles, makeSignedHome } from './signed-home.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const BUREAU = 'demo-environment-bureau'
let directory: Awaited<ReturnType<typeof makeDirectory>>
const inDirectory = (name: string) => join(directory.path, name)

beforeAll(async () => {
  directory = await makeDirectory()
  await makeKeyFiles(directory.path)
})
afterAll(() => directory.remove())

/** The arguments of a collection with a home and a spool of its own. */
function collecting(name: string, ...more: readonly string[]): readonly string[] {
  const places = ['--home', inDirectory(`${name}-home`), '--spool', inDirectory(`${name}-spool`)]
  return ['collect', '--authority', BUREAU, ...places, ...more]
}

const UNTOLD = 'a file whose name is not told'
const KEY = () => ['--key', inDirectory('key.jwk')]
const operate = (name: string, ...args: readonly string[]): Promise<Ended> =>
  run('authority', ...args, '--home', inDirectory(`${name}-home`), '--json')

const openSigned = (name: string) =>
  makeSignedHome(inDirectory(`${name}-home`), BUREAU, inDirectory('public.jwk'))

async function waiting(name: string): Promise<readonly string[]> {
  const names = await readdir(join(inDirectory(`${name}-spool`), BUREAU, 'waiting'))
  return names.filter((each) => each.endsWith('.json'))
}

function sightings(name: string): readonly number[] {
  return readContents(inDirectory(`${name}-home`)).sightings
}

async function saveRow(file: string, cells: Readonly<Record<string, string>>): Promise<void> {
  const row = { ...rows['penalty-2018'], ...cells }
  await writeFile(file, csvOf([Object.keys(row), Object.values(row)]))
}

describe('collect FILE', () => {
  test.concurrent('tells the layout itself, signs, and ends with the receipt; again, with the same', async () => {
    await openSigned('signed')
    const first = await run(...collecting('signed', ...KEY(), '--json', example('penalties-2018.csv')))
    expect(first.code, first.stderr).toBe(0)
    const { authority, received, accepted, refused, applied } = document(first)
    expect({ authority, received, accepted, refused, applied }).toEqual({
      ...{ authority: BUREAU, received: 51, accepted: 48, refused: 3 },
      applied: { new: 48, known: 0 },
    })
    const again = await run(...collecting('signed', ...KEY(), '--json', example('penalties-2018.csv')))
    expect(again.stdout).toBe(first.stdout)
    expect(await waiting('signed')).toEqual([])
  })

  test.concurrent('ends with 3 where it has to sign and does not, and keeps what it minimised', async () => {
    await openSigned('unsigned')
    const file = example('penalties-2018.csv')
    const ended = await run(...collecting('unsigned', '--json', file))
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ code: 'SIGNATURE_MISSING' })
    expect(await waiting('unsigned')).toHaveLength(1)
    const signed = await run(...collecting('unsigned', ...KEY(), '--json', file))
    expect(signed.code, signed.stderr).toBe(0)
    expect(await waiting('unsigned')).toEqual([])
  })

  test.concurrent('of a suspended authority ends with 3, and goes on where it is let go on', async () => {
    await openSigned('suspended')
    const file = example('penalties-2018.csv')
    await operate('suspended', 'suspend', BUREAU, '--reason', 'Its machine was broken into')
    const ended = await run(...collecting('suspended', ...KEY(), '--json', file))
    expect(ended.code).toBe(3)
    const message = expect.stringContaining('it stays in the spool and is sent when that is lifted')
    expect(document(ended)).toMatchObject({ code: 'AUTHORITY_SUSPENDED', message })
    expect(ended.stderr).toMatch(/^AUTHORITY_SUSPENDED: .*it stays in the spool/m)
    expect(await waiting('suspended')).toHaveLength(1)
    expect(document(await operate('suspended', 'resume', BUREAU))).toMatchObject({ status: 'active' })
    expect((await run(...collecting('suspended', ...KEY(), file))).code).toBe(0)
  })

  test.concurrent('ends with 1 where nobody can be reached, and the next one sends it', async () => {
    const file = example('penalties-2018.csv')
    // A home that is no directory can be opened by nobody
    await writeFile(inDirectory('offline-home'), '')
    const ended = await run(...collecting('offline', '--timeout', '2', '--json', file))
    expect(ended.code, ended.stderr).toBe(1)
    expect(document(ended)).toMatchObject({ code: 'NOT_SENT_YET', cause: expect.any(String) })
    expect(await waiting('offline')).toHaveLength(1)
    const places = ['--home', inDirectory('online-home'), '--spool', inDirectory('offline-spool')]
    const later = await run('collect', '--authority', BUREAU, ...places, '--json', file)
    expect(later.code, later.stderr).toBe(0)
    expect(await waiting('offline')).toEqual([])
  })

  test.concurrent('of two files that wait sends the older one first', async () => {
    await writeFile(inDirectory('order-home'), '')
    const [first, second] = [inDirectory('first.csv'), inDirectory('second.csv')]
    await saveRow(first, { CF_WSH: '示罚〔2026〕1号' })
    await saveRow(second, { CF_WSH: '示罚〔2026〕2号' })
    await run(...collecting('order', '--timeout', '1', first))
    const [older = ''] = await waiting('order')
    const places = ['--home', inDirectory('ordered-home'), '--spool', inDirectory('order-spool')]
    const { code, stderr } = await run('collect', '--authority', BUREAU, ...places, second)
    expect(code, stderr).toBe(0)
    const { entries } = readContents(inDirectory('ordered-home'))
    const sent = entries.filter((id) => id.startsWith('submission:'))
    expect(sent).toHaveLength(2)
    expect(sent).toContain(`submission:${BUREAU}:${older.slice(14, -5)}`)
    expect(stderr).toMatch(new RegExp(`^${older.slice(14, -5)} received: it waited from before`, 'm'))
  })
})

/** Spools what cannot be sent yet, and damages it where it waits; answers its name there. */
async function spoolDamaged(name: string, ...args: readonly string[]): Promise<string> {
  await writeFile(inDirectory(`${name}-offline`), '')
  const ended = await run(
    ...['collect', '--authority', BUREAU, '--home', inDirectory(`${name}-offline`), '--timeout', '1'],
    ...['--spool', inDirectory(`${name}-spool`), ...args],
  )
  expect(ended.stderr).toContain('not sent yet')
  const [head = ''] = await waiting(name)
  const content = join(inDirectory(`${name}-spool`), BUREAU, 'waiting', head.replace('.json', '.ndjson'))
  await writeFile(content, (await readFile(content, 'utf8')).replace('示罚', '示假'))
  return head.slice(0, -'.json'.length)
}

describe('a submission that was damaged in the spool', () => {
  test.concurrent('is set aside, what is behind it is received, and the end is 1', async () => {
    const [first, second] = [inDirectory('damaged-1.csv'), inDirectory('damaged-2.csv')]
    await saveRow(first, { CF_WSH: '示罚〔2026〕1号' })
    await saveRow(second, { CF_WSH: '示罚〔2026〕2号' })
    const name = await spoolDamaged('damaged', first)
    const ended = await run(...collecting('damaged', ...['--json', second]))
    expect(ended.code, ended.stderr).toBe(1)
    expect(document(ended)).toMatchObject({ code: 'SPOOL_DAMAGED', damaged: [name], accepted: 1 })
    expect(ended.stderr).toContain(`the content of ${name} is not what was spooled`)
    expect(await readdir(join(inDirectory('damaged-spool'), BUREAU, 'damaged'))).toHaveLength(2)
    expect(await waiting('damaged')).toEqual([])
    expect(sightings('damaged')).toEqual([1])
    const again = await run(...collecting('damaged', '--json', first))
    expect(again.code, again.stderr).toBe(0)
  })

  test.concurrent('has its file read again by a watch, which ends with 1', async () => {
    const drop = inDirectory('damaged-drop')
    await mkdir(drop)
    await saveRow(join(drop, 'a.csv'), { CF_WSH: '示罚〔2026〕3号' })
    await writeFile(inDirectory('again-offline'), '')
    const spool = ['--spool', inDirectory('again-spool'), '--watch', drop]
    const before = start('credit-fusion.ts', [
      ...['collect', '--authority', BUREAU, '--home', inDirectory('again-offline'), ...spool],
    ])
    await before.said(/^a\.csv: penalty-2018, waiting as/m)
    before.signal('SIGTERM')
    await before.ended
    const [head = ''] = await waiting('again')
    await writeFile(join(inDirectory('again-spool'), BUREAU, 'waiting', head), '{')
    const watching = start('credit-fusion.ts', collecting('again', '--watch', drop))
    await watching.said(/^SPOOL_DAMAGED: the head of 0000000000001-/m)
    await watching.said(/1 new, 0 known/)
    watching.signal('SIGINT')
    const ended = await watching.ended
    expect(ended.code, ended.stderr).toBe(1)
    expect(sightings('again')).toEqual([1])
  })
})

test('a file that is still written to is not taken, by collect and by push, and the end is 1', async () => {
  const path = inDirectory('growing.csv')
  await copyFile(example('penalties-2018.csv'), path)
  const pushing = ['push', '--authority', BUREAU, '--layout', 'penalty-2018']
  for (const args of [collecting('growing'), [...pushing, '--home', inDirectory('growing-home')]]) {
    const writing = setInterval(() => appendFile(path, '示例'), 2)
    const ended = await run(...args, '--json', path).finally(() => clearInterval(writing))
    expect(ended.code, ended.stderr).toBe(1)
    expect(document(ended)).toMatchObject({ code: 'FILE_CHANGED' })
  }
  expect(await waiting('growing')).toEqual([])
  expect(sightings('growing')).toEqual([])
})

describe('a dry run beside a home', () => {
  const dry = (name: string, ...args: readonly string[]) =>
    run(...collecting(name, '--dry-run', '--json', ...args, example('penalties-2018.csv')))

  test.concurrent('says whether the authority would be let in, and leaves no trace there', async () => {
    await openSigned('asked')
    const unsigned = await dry('asked')
    expect(unsigned.code, unsigned.stderr).toBe(3)
    expect(document(unsigned)).toMatchObject({
      ...{ code: 'SIGNATURE_MISSING', received: 51 },
      admission: { outcome: 'refused', refusal: { code: 'SIGNATURE_MISSING' } },
    })
    const signed = await dry('asked', ...KEY())
    expect(signed.code, signed.stderr).toBe(0)
    expect(document(signed)).toMatchObject({ received: 51, admission: { outcome: 'admitted' } })
    await run('authority', 'make-key', '--out', inDirectory('asked.jwk'))
    expect(document(await dry('asked', '--key', inDirectory('asked.jwk')))).toMatchObject({
      code: 'SIGNATURE_KEY_UNKNOWN',
    })
    await operate('asked', 'suspend', BUREAU, '--reason', 'Its machine was broken into')
    expect(document(await dry('asked', ...KEY()))).toMatchObject({ code: 'AUTHORITY_SUSPENDED' })
    expect(sightings('asked')).toEqual([])
  })

  test.concurrent('says so of an authority that it does not have, and of what it may not send', async () => {
    await openSigned('strange')
    const file = ['--dry-run', '--json', '--home', inDirectory('strange-home'), example('penalties-2018.csv')]
    const nobody = await run('collect', '--authority', 'nobody', ...file)
    expect(nobody.code).toBe(3)
    expect(document(nobody)).toMatchObject({ code: 'AUTHORITY_UNKNOWN', received: 51 })
    const layout = ['--layout', 'penalty-2018']
    const police = await run('push', '--authority', 'demo-public-security', ...layout, ...file)
    expect(police.code).toBe(3)
    expect(document(police)).toMatchObject({ code: 'RECORD_TYPE_NOT_ADMITTED', received: 51 })
  })

  test.concurrent('says that nobody told where there is none', async () => {
    const ended = await dry('alone')
    expect(ended.code, ended.stderr).toBe(0)
    expect(document(ended)).toMatchObject({ received: 51, admission: { outcome: 'unchecked' } })
    expect(await readdir(directory.path)).not.toContain('alone-home')
  })
})

describe('what is asked for wrongly ends with 2', () => {
  const usages: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    ['neither a file nor a directory', () => collecting('bad'), /USAGE_INVALID/],
    ['both', () => collecting('bad', 'a.csv', '--watch', '.'), /USAGE_INVALID/],
    ['an authority that is a path', () => ['collect', '--authority', '../x', 'a.csv'], /AUTHORITY_INVALID/],
    ['a file that is not there', () => collecting('bad', 'absent.csv'), /FILE_UNREADABLE/],
    ['a header that no layout has', () => collecting('bad', inDirectory('other.csv')), /LAYOUT_NOT_DETECTED/],
    [
      'a header that two layouts have',
      () => collecting('bad', inDirectory('tied.csv')),
      /LAYOUT_AMBIGUOUS.*withdrawal and credit-repair and correction/,
    ],
    [
      'a key that others can read',
      () => collecting('bad', '--key', inDirectory('open.jwk'), example('penalties-2018.csv')),
      /KEY_FILE_OPEN/,
    ],
    [
      'a key that is only half of one',
      () => collecting('bad', '--key', inDirectory('half.jwk'), example('penalties-2018.csv')),
      /KEY_MALFORMED/,
    ],
    [
      'a directory that is not there',
      () => collecting('bad', '--watch', inDirectory('absent')),
      /DIRECTORY_UNREADABLE/,
    ],
    [
      'a private key in place of the public one',
      () => [
        'authority',
        'rotate-key',
        BUREAU,
        '--jwk',
        inDirectory('key.jwk'),
        '--home',
        inDirectory('usage'),
      ],
      /KEY_MALFORMED/,
    ],
  ]

  beforeAll(async () => {
    await run('principal', 'add', 'another', '--role', 'auditor', '--home', inDirectory('usage'))
    await writeFile(inDirectory('other.csv'), 'a,b\r\n1,2\r\n')
    const { stdout } = await run('layout', 'show', 'withdrawal', '--json')
    const { columns } = JSON.parse(stdout) as { columns: readonly { code: string }[] }
    const codes = columns.map(({ code }) => code)
    await writeFile(inDirectory('tied.csv'), csvOf([codes, codes.map(() => 'x')]))
    await copyFile(inDirectory('key.jwk'), inDirectory('open.jwk'))
    await chmod(inDirectory('open.jwk'), 0o644)
    await copyFile(inDirectory('public.jwk'), inDirectory('half.jwk'))
    await chmod(inDirectory('half.jwk'), 0o600)
  })

  test.each(usages)('%s', async (_, args, told) => {
    const { code, stdout, stderr } = await run(...args())
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(told)
  })
})

describe('a file about people', () => {
  test.each([`ZHXYXT0000_XYSJJH2-0301_2026060109.csv`, `${RESIDENT_ID}.csv`])(
    'is turned away by its name with 3, which is said nowhere: %s',
    async (name) => {
      const path = inDirectory(name)
      await copyFile(example('penalties-2018.csv'), path)
      const ended = await run(...collecting('people', '--json', path))
      expect(ended.code).toBe(3)
      expect(ended.stdout + ended.stderr).not.toContain(name.split('.')[0])
    },
  )

  test('is told of in a dry run by counts, reasons and places alone', async () => {
    const path = inDirectory('people.csv')
    await saveRow(path, { CF_SY: `张三，${RESIDENT_ID}，${MOBILE_NUMBER}` })
    const ended = await run(...collecting('dry', '--dry-run', '--json', path))
    expect(ended.code).toBe(0)
    expect(document(ended)).toMatchObject({
      ...{ dryRun: true, layout: 'penalty-2018', received: 1, refused: 1 },
      reasons: { TEXT_PERSONAL_DATA: 1 },
      records: [{ path: '/records/0/CF_SY' }],
    })
    for (const personal of ['张三', RESIDENT_ID, MOBILE_NUMBER])
      expect(ended.stdout + ended.stderr).not.toContain(personal)
    expect(await readdir(directory.path)).not.toContain('dry-spool')
  })

  test('is told of beside the others of a directory, without its name, and the end is 3', async () => {
    const drop = inDirectory('dry-drop')
    await mkdir(drop)
    await copyFile(example('penalties-2018.csv'), join(drop, 'a.csv'))
    await writeFile(join(drop, 'b.xml'), '<a>')
    await writeFile(join(drop, 'c.csv'), `${Object.keys(rows['penalty-2018']).join(',')}\r\n`)
    await writeFile(join(drop, 'letter.doc'), '')
    await copyFile(example('penalties-2018.csv'), join(drop, `${RESIDENT_ID}.csv`))
    const ended = await run(...collecting('dry', '--dry-run', '--json', '--watch', drop))
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({
      code: 'FILES_REFUSED',
      files: [
        { file: UNTOLD, untried: { code: 'FILE_NAME_PERSONAL_DATA' } },
        { file: 'a.csv', received: 51 },
        { file: 'b.xml', untried: { code: 'XML_NOT_EXCHANGE_MESSAGE' } },
        { file: 'c.csv', refusal: { code: 'SUBMISSION_EMPTY' } },
      ],
    })
    const told = await run(...collecting('dry', '--dry-run', '--watch', drop))
    expect(told.code).toBe(3)
    const whole = 'nothing was sent; it would be refused whole:'
    expect(told.stdout).toMatch(new RegExp(`^${UNTOLD}: ${whole} FILE_NAME_PERSONAL_DATA: The name`, 'm'))
    expect(told.stdout).toMatch(
      new RegExp(`^b\\.xml: ${whole} XML_NOT_EXCHANGE_MESSAGE( at [^:]*)?: The XML`, 'm'),
    )
    expect(told.stdout).toMatch(new RegExp(`^c\\.csv: penalty-2018; ${whole} SUBMISSION_EMPTY: `, 'm'))
    expect(told.stderr).toMatch(/^letter\.doc: passed over: /m)
    expect(told.stderr).toMatch(/^FILES_REFUSED: 3 of 4 files/m)
    for (const { stdout, stderr } of [ended, told]) expect(stdout + stderr).not.toContain(RESIDENT_ID)
  })

  test('of a directory of which nothing would be refused whole ends with 0', async () => {
    const drop = inDirectory('dry-good')
    await mkdir(drop)
    await copyFile(example('penalties-2018.csv'), join(drop, 'a.csv'))
    await writeFile(join(drop, 'letter.doc'), '')
    const ended = await run(...collecting('dry', '--dry-run', '--json', '--watch', drop))
    expect(ended.code).toBe(0)
    expect(document(ended)).toEqual({ dryRun: true, files: [expect.objectContaining({ file: 'a.csv' })] })
  })
})

describe('collect --watch', () => {
  test('killed again and again, sends every file once, in the end', async () => {
    await openSigned('watched')
    const drop = inDirectory('drop')
    await mkdir(drop)
    const args = collecting('watched', ...KEY(), '--watch', drop, '--json')
    for (const [life, ms] of [400, 1_500, 1_900, 2_300, 2_800].entries()) {
      for (const n of [0, 1, 2])
        await saveRow(join(drop, `${life}-${n}.csv`), { CF_WSH: `示罚〔2026〕${life}${n}号` })
      const running = start('credit-fusion.ts', args)
      await sleep(ms)
      running.signal('SIGKILL')
      await running.ended
    }
    const last = start('credit-fusion.ts', args)
    // Before that it does not know yet what to do when interrupted
    await last.said(/interrupt to end/)
    await vi.waitFor(() => expect(sightings('watched')).toHaveLength(15), { timeout: 120_000, interval: 200 })
    await vi.waitFor(async () => expect(await waiting('watched')).toEqual([]), { timeout: 60_000 })
    // The process before it may have sent the last of them, and this one not listen yet
    await last.said(/watching/)
    last.signal('SIGINT')
    expect((await last.ended).code).toBe(0)
    expect(sightings('watched')).toEqual(Array.from({ length: 15 }, () => 1))
    const { entries } = readContents(inDirectory('watched-home'))
    expect(entries.filter((id) => id.startsWith('submission:'))).toHaveLength(15)
  })

  test('ends with 2 where it cannot send anywhere, however long it watched', async () => {
    const drop = inDirectory('nowhere')
    await mkdir(drop)
    await copyFile(example('penalties-2018.csv'), join(drop, 'penalties.csv'))
    const ended = await run(...collecting('nowhere', '--watch', drop, '--stack', 'absent'))
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('STACK_UNKNOWN') })
    expect(await waiting('nowhere')).toHaveLength(1)
  })

  test('goes on past what it cannot collect, and beside it no other works on its spool', async () => {
    const drop = inDirectory('mixed')
    await mkdir(drop)
    await writeFile(join(drop, 'other.csv'), 'a,b\r\n1,2\r\n')
    for (const name of ['letter.doc', `${MOBILE_NUMBER}.doc`, `${MOBILE_NUMBER}.csv`])
      await writeFile(join(drop, name), '')
    await copyFile(example('penalties-2018.csv'), join(drop, 'penalties.csv'))
    const running = start('credit-fusion.ts', collecting('mixed', '--watch', drop, '--json'))
    await running.said(/^other\.csv: LAYOUT_NOT_DETECTED: /m)
    await running.said(/^a file whose name is not told: FILE_NAME_PERSONAL_DATA: /m)
    await running.said(/^letter\.doc: passed over: /m)
    await running.said(/^a file whose name is not told: passed over: /m)
    await running.said(/"applied":\{"new":48/)
    const refused = { file: 'other.csv', code: 'LAYOUT_NOT_DETECTED', message: expect.any(String) }
    const second = await run(...collecting('mixed', example('penalties-2018.csv')))
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('SPOOL_IN_USE') })
    running.signal('SIGTERM')
    const ended = await running.ended
    expect(ended.code).toBe(0)
    expect(ended.stdout + ended.stderr).not.toContain(MOBILE_NUMBER)
    const told = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { file: string })
    expect(told.toSorted((a, b) => a.file.localeCompare(b.file))).toMatchObject([
      { file: 'a file whose name is not told', code: 'FILE_NAME_PERSONAL_DATA' },
      refused,
      { file: 'penalties.csv', layout: 'penalty-2018@1', applied: { new: 48 } },
    ])
  })
})

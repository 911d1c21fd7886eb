import { readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import Papa from 'papaparse'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../shared/base/digest.ts'
import { residentIdCheck } from '../../shared/identity/resident-id.ts'
import { readContents } from './contents.ts'
import { document, type Ended, example, makeDirectory, run, start } from './run.ts'
import { makeKeyFiles, makeSignedHome } from './signed-home.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const AUTHORITY = 'demo-market-regulator'
// Division 999999 does not exist, so nobody has this number
const RESIDENT_ID = `99999919700101001${residentIdCheck('99999919700101001')}`

let directory: Awaited<ReturnType<typeof makeDirectory>>
const inDirectory = (name: string) => join(directory.path, name)

beforeAll(async () => {
  directory = await makeDirectory()
})
afterAll(() => directory.remove())

type Push = { readonly home: string; readonly file: string; readonly submission?: string }

function push({ home, file, submission }: Push): Promise<Ended> {
  const named = submission === undefined ? [] : ['--submission', submission]
  const head = ['--authority', AUTHORITY, '--layout', 'penalty-2018', ...named]
  return run('push', ...head, file, '--home', inDirectory(home), '--json')
}

async function save(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(inDirectory(name), content)
  return inDirectory(name)
}

/** The lines of the example: what stands above its header and the header itself, and its records. */
async function readLines(): Promise<{
  readonly head: readonly string[][]
  readonly rows: readonly string[][]
}> {
  const text = await readFile(example('penalties-2018.csv'), 'utf8')
  const { data } = Papa.parse<string[]>(text, { skipEmptyLines: 'greedy' })
  return { head: data.slice(0, 2), rows: data.slice(2) }
}

describe('pushes at the same time', () => {
  test.concurrent('the same push five times on a home that is not there yet gives one receipt five times', async () => {
    const pushes = Array.from({ length: 5 }, () =>
      push({ home: 'same', file: example('penalties-2018.csv'), submission: 'one' }),
    )
    const ended = await Promise.all(pushes)
    expect(ended.map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(['', '', '', '', ''])
    expect(new Set(ended.map(({ stdout }) => stdout)).size).toBe(1)
    expect(ended.map(document)[0]).toMatchObject({ received: 51, applied: { new: 48, known: 0 } })
    const { sightings, entries } = readContents(inDirectory('same'))
    expect(sightings).toEqual(Array.from({ length: 48 }, () => 1))
    expect(entries.filter((id) => id.startsWith('submission:'))).toEqual([`submission:${AUTHORITY}:one`])
  })

  test.concurrent('of two contents for one submission id exactly one is kept, and the other is refused', async () => {
    const { head, rows } = await readLines()
    const files = await Promise.all([
      save('odd.csv', Papa.unparse([...head, ...rows.filter((_, at) => at % 2 === 1)])),
      save('even.csv', Papa.unparse([...head, ...rows.filter((_, at) => at % 2 === 0)])),
    ])
    const ended = await Promise.all(files.map((file) => push({ home: 'rivals', file, submission: 'one' })))
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 3])
    const [won, lost] = [ended.find(({ code }) => code === 0), ended.find(({ code }) => code === 3)]
    expect(lost === undefined ? undefined : document(lost)).toMatchObject({ code: 'SUBMISSION_ID_REUSED' })
    const { accepted, applied } = document(won ?? { stdout: '' }) as { accepted: number; applied: object }
    expect(applied).toEqual({ new: accepted, known: 0 })
    expect(readContents(inDirectory('rivals')).sightings).toHaveLength(accepted)
  })

  test.concurrent('a push works beside the process that serves the home, and ends when that has applied it', async () => {
    const home = inDirectory('served')
    const server = start('credit-fusion.ts', ['serve', '--port', '0', '--home', home])
    try {
      await server.said(/serving/)
      const ended = await push({ home: 'served', file: example('penalties-2018.csv') })
      expect(ended.code).toBe(0)
      expect(document(ended)).toMatchObject({ applied: { new: 48, known: 0 } })
    } finally {
      server.signal('SIGTERM')
    }
    expect(await server.ended).toMatchObject({ code: 0, stdout: '' })
  })
})

describe('a push with a key', () => {
  test.concurrent('is signed as a collection is, and is one submission with it', async () => {
    const { key, jwk } = await makeKeyFiles(directory.path)
    const home = inDirectory('signed')
    await makeSignedHome(home, AUTHORITY, jwk)
    const head = ['--authority', AUTHORITY, '--home', home, '--json']
    const [layout, file] = [['--layout', 'penalty-2018'], example('penalties-2018.csv')]
    const unsigned = await run('push', ...head, ...layout, file)
    expect(unsigned.code).toBe(3)
    expect(document(unsigned)).toMatchObject({ code: 'SIGNATURE_MISSING' })
    const signed = await run('push', ...head, ...layout, '--key', key, file)
    expect(signed.code, signed.stderr).toBe(0)
    expect(document(signed)).toMatchObject({ accepted: 48, applied: { new: 48, known: 0 } })
    const spool = ['--spool', inDirectory('push-spool')]
    const collected = await run('collect', ...head, ...spool, '--key', key, file)
    expect(collected.stdout, collected.stderr).toBe(signed.stdout)
  })

  test.concurrent('signs the moment that is told, and is refused where the key was not valid then', async () => {
    const key = inDirectory('young.jwk')
    const made = await run('authority', 'make-key', '--out', key)
    const home = inDirectory('young')
    await makeSignedHome(home, AUTHORITY, await save('young-public.jwk', made.stdout))
    const head = ['--authority', AUTHORITY, '--layout', 'penalty-2018', '--home', home, '--json']
    const early = ['--sent-at', '2020-01-01T00:00:00Z', example('penalties-2018.csv')]
    const ended = await run('push', ...head, '--key', key, ...early)
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ code: 'SIGNATURE_KEY_NOT_VALID' })
  })
})

test.concurrent('a push that is refused whole is at no time told of as accepted', async () => {
  const ended = await push({ home: 'whole', file: await save('whole.csv', 'nothing to see\n') })
  expect(ended.code).toBe(3)
  expect(ended.stderr).toContain('HEADER_NOT_FOUND')
  expect(ended.stderr).not.toContain('accepted after')
})

describe('a disk that fails', () => {
  test.concurrent('holds a push up until it is mended, and costs no record', async () => {
    const home = inDirectory('broken')
    expect((await run('principal', 'add', 'eve', '--role', 'steward', '--home', home)).code).toBe(0)
    // A link to itself: nothing can be read or written below it (ELOOP)
    const batches = join(home, 'objects', 'batches')
    await symlink(batches, batches)
    const head = ['--authority', AUTHORITY, '--layout', 'penalty-2018', '--home', home, '--json']
    const hurried = await run('push', ...head, '--timeout', '1', example('penalties-2018.csv'))
    expect(hurried.code).toBe(1)
    expect(document(hurried)).toMatchObject({
      code: 'NOT_APPLIED_YET',
      authority: AUTHORITY,
      status: 'accepted',
    })
    expect(hurried.stderr).toMatch(/^accepted after \d+ s$/m)
    const pushing = start('credit-fusion.ts', ['push', ...head, example('penalties-2018.csv')])
    await pushing.said(/^outbox: OBJECTS_FAILED, will try again$/m)
    await rm(batches)
    const ended = await pushing.ended
    expect(ended.code).toBe(0)
    expect(document(ended)).toMatchObject({ received: 51, applied: { new: 48, known: 0 } })
    expect(readContents(home).sightings).toEqual(Array.from({ length: 48 }, () => 1))
  })
})

describe('the same records', () => {
  test.concurrent('in another order, over other submissions, are known and not kept again', async () => {
    const { head, rows } = await readLines()
    const shuffled = rows.toSorted((a, b) => (sha256(a.join()) < sha256(b.join()) ? -1 : 1))
    const cuts = [shuffled.slice(0, 10), shuffled.slice(10, 11), shuffled.slice(11)]
    const parts = await Promise.all(
      cuts.map((part, at) => save(`part-${at}.csv`, Papa.unparse([...head, ...part]))),
    )
    const fresh = await Promise.all(parts.map((file) => push({ home: 'shuffled', file })))
    const sums = fresh.map((ended) => document(ended) as { accepted: number; applied: { new: number } })
    expect(sums.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(48)
    expect(sums.map(({ applied }) => applied)).toEqual(
      sums.map(({ accepted }) => ({ new: accepted, known: 0 })),
    )
    const whole = await push({ home: 'shuffled', file: example('penalties-2018.csv') })
    expect(document(whole)).toMatchObject({ accepted: 48, applied: { new: 0, known: 48 } })
    const { sightings } = readContents(inDirectory('shuffled'))
    expect(sightings).toEqual(Array.from({ length: 48 }, () => 2))
  })
})

describe('what may come as a file', () => {
  const HOME = 'files'
  const garbage = Uint8Array.from({ length: 4_096 }, (_, at) => (at * 197 + 131) % 256)

  test.concurrent.for([
    ['garbage', 'garbage.csv', garbage, 'ENCODING_INVALID'],
    ['an empty file', 'empty.csv', '', 'SUBMISSION_EMPTY'],
    ['an empty NDJSON file', 'empty.ndjson', '', 'SUBMISSION_EMPTY'],
    ['text without a header', 'text.csv', 'nothing to see\n', 'HEADER_NOT_FOUND'],
    ['a quoted cell that never ends', 'torn.csv', '行政相对人名称\n"示例', 'CSV_MALFORMED'],
  ] as const)('%s is refused whole, and no record of it is kept', async ([, name, content, code]) => {
    const ended = await push({ home: HOME, file: await save(name, content) })
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({
      ...{ received: 0, accepted: 0, refused: 0, records: [] },
      refusal: { code },
      applied: { new: 0, known: 0 },
    })
    expect(ended.stderr).toContain(code)
    expect(readContents(inDirectory(HOME)).sightings).toEqual([])
  })

  test.concurrent("a resident ID in a header refuses the file, and stands in no answer and not in the home's database", async () => {
    const { head, rows } = await readLines()
    const header = head[1]?.map((cell) => (cell === '备注' ? `备注${RESIDENT_ID}` : cell)) ?? []
    const file = await save('person.csv', Papa.unparse([header, ...rows]))
    const ended = await push({ home: 'person', file })
    expect(ended.code).toBe(3)
    expect(document(ended)).toMatchObject({ refusal: { code: 'HEADER_PERSONAL_DATA' } })
    expect(ended.stdout + ended.stderr).not.toContain(RESIDENT_ID)
    for (const name of ['store.sqlite', 'store.sqlite-wal']) {
      const bytes = await readFile(join(inDirectory('person'), name)).catch(() => Buffer.alloc(0))
      expect(bytes.includes(RESIDENT_ID)).toBe(false)
    }
  })

  test.concurrent("a file called after a person's number, or of natural persons by its name, is not read, and its name is not repeated", async () => {
    const content = await readFile(example('penalties-2018.csv'))
    for (const [name, code] of [
      [`${RESIDENT_ID}.csv`, 'FILE_NAME_PERSONAL_DATA'],
      ['13900000000.csv', 'FILE_NAME_PERSONAL_DATA'],
      ['ZHXYXT0000_XYSJJH2-0301_2026112008.csv', 'SUBJECT_NATURAL_PERSON'],
    ] as const) {
      for (const more of [[], ['--dry-run']]) {
        const head = ['--authority', AUTHORITY, '--layout', 'penalty-2018', '--json']
        const file = more.length === 0 ? await save(name, content) : inDirectory(`absent/${name}`)
        const ended = await run('push', ...head, file, '--home', inDirectory('named'), ...more)
        expect(ended.code).toBe(3)
        expect(document(ended)).toMatchObject({ code })
        expect(ended.stdout + ended.stderr).not.toMatch(new RegExp(`${RESIDENT_ID}|13900000000`))
      }
    }
  })

  test.concurrent('a dry run tells people the counts by reason and the first places, and a program all', async () => {
    const rows = Array.from({ length: 30 }, () => '示例有限公司,,2026-01-05')
    const file = await save('dry.csv', ['comp_nm,uni_social_crd_cd,appr_dt', ...rows, ''].join('\n'))
    const head = ['--authority', AUTHORITY, '--layout', 'registration', '--home', inDirectory('dry')]
    const { stdout } = await run('push', ...head, '--dry-run', file)
    expect(stdout.match(/^ {2}record \d+ refused: /gm)).toHaveLength(20)
    expect(stdout).toMatch(/^ {2}and more, from record 20 on$/m)
    expect(stdout).toMatch(/^ {2}30 refused: [A-Z_]+$/m)
    const all = document(await run('push', ...head, '--dry-run', '--json', file))
    expect(all['records']).toHaveLength(30)
  })

  test.concurrent('a file of any format holds the same records', async () => {
    const corpus = fileURLToPath(new URL('../ingest/format-corpus/', import.meta.url))
    const packed = await save('packed.csv.gz', gzipSync(await readFile(join(corpus, 'penalties.csv'))))
    const plain = await push({ home: 'formats', file: join(corpus, 'penalties.csv') })
    expect(document(plain)).toMatchObject({ received: 51, applied: { new: 48, known: 0 } })
    const names = [
      'penalties-gb18030.csv',
      'penalties.json',
      'penalties.xml',
      'penalties.xls',
      'penalties.xlsx',
    ]
    for (const file of [packed, ...names.map((name) => join(corpus, name))]) {
      const ended = await push({ home: 'formats', file })
      expect(document(ended)).toMatchObject({ received: 51, applied: { new: 0, known: 48 } })
      expect(document(ended)['records']).toEqual(document(plain)['records'])
    }
  })

  test.concurrent('more records than a page of the API holds are listed all the same', async () => {
    const file = await save('many.ndjson', 'x\n'.repeat(10_001))
    const { records } = document(await push({ home: 'many', file })) as { records: { index: number }[] }
    expect(records.map(({ index }) => index)).toEqual(Array.from({ length: 10_001 }, (_, at) => at))
  })

  test.concurrent('a byte order mark changes no record', async () => {
    const bytes = await readFile(example('penalties-2018.csv'))
    const plain = await push({ home: 'marked', file: example('penalties-2018.csv') })
    const marked = await push({
      home: 'marked',
      file: await save('marked.csv', Buffer.concat([Buffer.from('\uFEFF'), bytes])),
    })
    expect(document(marked)).toMatchObject({ received: 51, accepted: 48, applied: { new: 0, known: 48 } })
    expect(document(marked)['records']).toEqual(document(plain)['records'])
  })
})

import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openHome } from '../../shared/embedded/home.ts'
import { workRound } from '../../shared/embedded/worker.ts'
import { formatCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { archivedCheckpointPath } from '../../shared/ledger/log.ts'
import { formatNote } from '../../shared/ledger/note.ts'
import { signText } from '../../shared/ledger/signature.ts'
import { formatVerifierKey, verifierKey } from '../../shared/ledger/verifier-key.ts'
import { signerOf } from '../ledger/keys.ts'
import { flipped } from '../ledger/sealed-log.ts'
import { document, example, makeDirectory, run, start } from './run.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const BUREAU = 'demo-environment-bureau'
const ENTRY = `submission:${BUREAU}:first`

let directory: Awaited<ReturnType<typeof makeDirectory>>
let home: string
/** A copy of the log as it was once all was held: nothing that is run later changes it. */
let log: string
let size: number
let caseId: string
const at = (name: string) => join(directory.path, name)
const onHome = (...args: readonly string[]) => run(...args, '--home', home)

/** A home of two signers that holds a submission, a case, and entries enough for full tiles. */
beforeAll(async () => {
  directory = await makeDirectory()
  home = at('home')
  await mkdir(home)
  await writeFile(join(home, 'ledger.json'), JSON.stringify({ origin: LOG, secondSigner: 'ecdsa-p256' }))
  const push = ['push', '--authority', BUREAU, '--layout', 'penalty-2018', '--submission', 'first']
  expect(await onHome(...push, example('penalties-2018.csv'))).toMatchObject({ code: 0 })
  const submit = ['case', 'submit', example('case-request.json'), '--as', 'demo-public-security']
  caseId = String(document(await onHome(...submit, '--json'))['id'])
  const opened = await openHome({ directory: home, template: example('deployment') })
  const commit = (id: string) => opened.store.commit([], { id, kind: 'test', at: opened.now(), payload: {} })
  await Promise.all(Array.from({ length: 280 }, (_, n) => commit(`test:${n}`)))
  while ((await workRound(opened, () => undefined)) > 0);
  await mkdir(at('logs'))
  const text = formatCheckpoint({ origin: LOG, size: 200, root: new Uint8Array(32).fill(7), extensions: [] })
  const by = { name: LOG, signer: opened.ledgerSigner }
  await writeFile(at('forked'), formatNote({ text, signatures: [await signText(text, by)] }))
  opened.close()
  log = at('log')
  await cp(join(home, 'ledger'), log, { recursive: true })
  size = Number((await readFile(join(log, 'checkpoint'), 'utf8')).split('\n')[1])
})
afterAll(() => directory.remove())

const LOG = 'credit-fusion.invalid/ledger'

async function keptVkey(): Promise<string> {
  return (await readFile(join(log, 'vkey'), 'utf8')).trim()
}

describe('ledger checkpoint, show and prove', () => {
  test.concurrent('print the newest checkpoint as it is', async () => {
    const ended = await onHome('ledger', 'checkpoint')
    const lines = ended.stdout.split('\n')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(lines.slice(0, 2)).toEqual([LOG, expect.stringMatching(/^\d+$/)])
    expect(lines[4]).toMatch(/^— credit-fusion\.invalid\/ledger /)
    const { checkpoint } = document(await onHome('ledger', 'checkpoint', '--json'))
    expect(String(checkpoint)).toMatch(/^credit-fusion\.invalid\/ledger\n\d+\n.{44}\n\n— .*\n— .*\n$/)
  })

  test.concurrent('print one entry: what it says, its number, its leaf', async () => {
    const shown = document(await onHome('ledger', 'show', ENTRY, '--json'))
    expect(shown).toEqual({
      ...{ id: ENTRY, kind: 'submission-received', at: expect.any(String), sealedAt: expect.any(String) },
      number: expect.any(Number),
      leaf: expect.stringMatching(/^\{"c":"[A-Za-z0-9+/=]{44}","v":1\}$/),
      opening: { payload: expect.objectContaining({ received: 51, refused: 3 }), salt: expect.any(String) },
      proof: expect.stringMatching(/^c2sp\.org\/tlog-proof@v1\n/),
    })
    const { code, stdout } = await onHome('ledger', 'show', ENTRY)
    expect(code).toBe(0)
    expect(stdout).toContain(`entry ${shown['number']}: ${ENTRY}\n`)
  })

  test.concurrent('write the proof to a file that was not there', async () => {
    const out = at('first.tlog-proof')
    const proven = await onHome('ledger', 'prove', ENTRY, '--out', out, '--json')
    expect(proven.code).toBe(0)
    expect(document(proven)).toEqual({
      ...{ entry: ENTRY, number: expect.any(Number), leaf: expect.any(String), file: out },
    })
    expect(await readFile(out, 'utf8')).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex \d+\n/)
    expect(await onHome('ledger', 'prove', ENTRY, '--out', out)).toMatchObject({ code: 2, stdout: '' })
  })

  test.concurrent.for([
    ['an entry that there is not', ['ledger', 'show', 'submission:nobody:none'], 3, 'NOT_FOUND'],
    [
      'an entry, to somebody who may not examine it',
      ['ledger', 'show', ENTRY, '--as', 'analyst'],
      3,
      'FORBIDDEN',
    ],
  ] as const)('refuse %s', async ([, args, code, told], { expect }) => {
    const ended = await onHome(...args, '--json')
    expect(ended.code).toBe(code)
    expect(document(ended)).toMatchObject({ code: told })
  })
})

describe('ledger verify', () => {
  test.concurrent('finds a whole log whole, and says whose it is', async () => {
    const ended = await run('ledger', 'verify', log, '--vkey', await keptVkey(), '--json')
    expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('trusting') })
    expect(document(ended)).toEqual({
      ...{ verified: true, origin: LOG, size, root: expect.any(String), witnesses: [], findings: [] },
    })
  })

  test.concurrent('takes the key beside the log where none is given, and says that this proves less', async () => {
    const ended = await run('ledger', 'verify', log)
    expect(ended).toMatchObject({ code: 0, stdout: `${LOG}: ${size} entries, verified\n` })
    expect(ended.stderr).toContain('trusting the key beside the log')
  })

  test.concurrent('believes either key of the log, or both, or those of a policy', async () => {
    const second = (await readFile(join(log, 'vkey-ecdsa-p256'), 'utf8')).trim()
    await writeFile(at('second.policy'), `log ${second}\nquorum none\n`)
    for (const trusted of [
      ['--vkey', second],
      ['--vkey', join(log, 'vkey-ecdsa-p256'), '--vkey', await keptVkey()],
      ['--policy', at('second.policy')],
    ]) {
      const ended = await run('ledger', 'verify', log, ...trusted, '--json')
      expect(document(ended)).toMatchObject({ verified: true, size })
    }
  })

  test('finds the second signature to be another, where its key is believed', async () => {
    const copy = at('logs/second')
    await cp(log, copy, { recursive: true })
    const note = await readFile(join(copy, 'checkpoint'), 'utf8')
    await writeFile(join(copy, 'checkpoint'), flipped(Buffer.from(note), note.length - 20))
    const first = await run('ledger', 'verify', copy, '--vkey', await keptVkey(), '--json')
    // Who knows the first key alone sees that it is not what was archived, or no signature line any more
    expect(document(first)).toMatchObject({ verified: false, findings: [{ path: 'checkpoint' }] })
    const both = await run('ledger', 'verify', copy, '--json')
    expect(both.code).toBe(1)
    expect(document(both)).toMatchObject({ findings: [{ path: 'checkpoint' }] })
  })

  test.concurrent('of a home, takes its log', async () => {
    expect(document(await onHome('ledger', 'verify', '--json'))).toMatchObject({ verified: true })
  })

  test('finds one flipped bit, in whichever kind of file, and says in which', async () => {
    const listed = await readdir(log, { recursive: true, withFileTypes: true })
    const files = listed
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name).slice(log.length + 1))
    expect(files).toEqual(
      expect.arrayContaining(['tile/0/000', 'tile/1/000.p/1', 'tile/entries/000', 'checkpoint']),
    )
    const verified = await keptVkey()
    for (const [n, path] of files.filter((path) => !path.startsWith('vkey')).entries()) {
      const copy = at(`logs/${n}`)
      await cp(log, copy, { recursive: true })
      // Within the first leaf of a bundle, not in its length
      await writeFile(join(copy, path), flipped(await readFile(join(copy, path)), 20))
      const ended = await run('ledger', 'verify', copy, '--vkey', verified, '--json')
      const { verified: isVerified, findings } = document(ended) as {
        verified: boolean
        findings: { path: string }[]
      }
      expect({ path, code: ended.code, isVerified }).toEqual({ path, code: 1, isVerified: false })
      const blamed = findings.map((finding) => finding.path)
      // Other entries are another tree: what tells on a bundle are the tile over it and the checkpoint
      expect(blamed).toContain(path.startsWith('tile/entries/') ? path.replace('entries', '0') : path)
      expect(ended.stderr).toContain('NOT verified')
      await rm(copy, { recursive: true })
    }
  })

  test('finds one flipped bit in a key beside the log, where that is believed', async () => {
    for (const [n, name] of ['vkey', 'vkey-ecdsa-p256'].entries()) {
      const copy = at(`logs/key-${n}`)
      await cp(log, copy, { recursive: true })
      await writeFile(join(copy, name), flipped(await readFile(join(copy, name)), 60))
      const ended = await run('ledger', 'verify', copy, '--json')
      expect(ended.code).toBe(1)
      expect(document(ended)).toMatchObject({ code: 'NOT_VERIFIED', findings: [{ path: name }] })
    }
  })

  test.concurrent('holds the log against checkpoints that somebody kept', async () => {
    const names = (await readdir(join(log, 'checkpoints'))).toSorted()
    const kept = join(log, archivedCheckpointPath(Number(names[0])))
    const grown = await run('ledger', 'verify', log, '--against', kept, '--json')
    expect(grown.code).toBe(0)
    const forked = await run('ledger', 'verify', log, '--against', kept, at('forked'), '--json')
    expect(forked.code).toBe(1)
    expect(document(forked)).toMatchObject({
      ...{ verified: false, findings: [{ code: 'ROOT_WRONG', path: at('forked') }] },
    })
  })

  test.concurrent('believes no log of another key', async () => {
    const stranger = formatVerifierKey(verifierKey(LOG, 'ed25519', signerOf('stranger').verifierKey))
    const ended = await run('ledger', 'verify', log, '--vkey', stranger, '--json')
    expect(ended.code).toBe(1)
    expect(document(ended)).toMatchObject({
      code: 'NOT_VERIFIED',
      verified: false,
      witnesses: [],
      findings: [{ code: 'SIGNER_UNKNOWN', path: 'checkpoint' }],
    })
  })

  test.concurrent('asks for as many witnesses as the policy does', async () => {
    const witness = verifierKey('witness.example', 'cosignature', signerOf('witness.example').verifierKey)
    const lines = [`log ${await keptVkey()}`, `witness w ${formatVerifierKey(witness)}`]
    await writeFile(at('strict.policy'), `${[...lines, 'quorum w'].join('\n')}\n`)
    await writeFile(at('mild.policy'), `${[...lines, 'quorum none'].join('\n')}\n`)
    const strict = await run('ledger', 'verify', log, '--policy', at('strict.policy'), '--json')
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining('QUORUM_MISSING') })
    expect(document(strict)).toMatchObject({ verified: false, quorum: 'missing', findings: [] })
    const mild = await run('ledger', 'verify', log, '--policy', at('mild.policy'), '--json')
    expect(mild.code).toBe(0)
  })

  test.concurrent('verifies a log that is served, with nothing but its address and key', async () => {
    const server = start('credit-fusion.ts', ['serve', '--home', home, '--port', '0'])
    try {
      const [, address = ''] = await server.said(/serving (http:\/\/127\.0\.0\.1:\d+)/)
      const ended = await run('ledger', 'verify', `${address}/ledger/`, '--vkey', await keptVkey(), '--json')
      expect(ended.code).toBe(0)
      expect(document(ended)).toMatchObject({ verified: true, origin: LOG })
    } finally {
      server.signal('SIGTERM')
    }
    await server.ended
  })

  test.concurrent.for([
    [
      'no key that is one',
      () => [log, '--vkey', 'key'],
      2,
      /VERIFIER_KEY_MALFORMED: --vkey: .* Nor is there such a file/,
    ],
    [
      'no policy that is one',
      () => [log, '--policy', example('case-request.json')],
      2,
      /POLICY_MALFORMED: .* line 1/,
    ],
    ['a policy that is not there', () => [log, '--policy', at('none')], 2, /FILE_UNREADABLE/],
    ['a checkpoint that is not there', () => [log, '--against', at('none')], 2, /FILE_UNREADABLE/],
    ['a directory for a key', () => [log, '--vkey', directory.path], 2, /FILE_UNREADABLE/],
    ['a directory without a log or a key', () => [at('none')], 2, /VKEY_MISSING/],
    ['an address where nobody is', () => ['http://127.0.0.1:1/ledger'], 1, /LOG_UNREACHABLE/],
  ] as const)('given %s says so', async ([, args, code, message], { expect }) => {
    const ended = await run('ledger', 'verify', ...args())
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).not.toMatch(/^\s+at /m)
  })
})

test.concurrent.for(['checkpoints', 'tile/entries/000'])(
  'a log whose %s cannot be read is neither verified nor called forged',
  async (path, { expect }) => {
    const copy = at(`unreadable-${path.replaceAll('/', '-')}`)
    await cp(log, copy, { recursive: true })
    await rm(join(copy, path), { recursive: true })
    // A link to itself is there, and can be read by nobody, not even by root
    await symlink(join(copy, path), join(copy, path))
    const ended = await run('ledger', 'verify', copy, '--vkey', await keptVkey(), '--json')
    expect({ exit: ended.code, ...document(ended) }).toMatchObject({ exit: 2, code: 'FILE_UNREADABLE' })
  },
)

describe('ledger export', () => {
  test.concurrent('of a submission verifies with nothing but the key', async () => {
    const out = at('submission.zip')
    const exported = await onHome(
      'ledger',
      'export',
      '--submission',
      `${BUREAU}/first`,
      '--out',
      out,
      '--json',
    )
    expect(exported.code).toBe(0)
    expect(document(exported)).toEqual({ file: out, entries: [{ id: ENTRY, number: expect.any(Number) }] })
    const verified = await run('ledger', 'verify-export', out, '--vkey', await keptVkey(), '--json')
    expect(verified).toMatchObject({ code: 0, stderr: '' })
    expect(document(verified)).toEqual({
      verified: true,
      entries: [
        {
          ...{ id: ENTRY, kind: 'submission-received', at: expect.any(String), number: expect.any(Number) },
          ...{ verified: true, opened: true },
        },
      ],
    })
  })

  test.concurrent('of a case has all that was done about it, and any change of it is found', async () => {
    const out = at('case.zip')
    const exported = await onHome('ledger', 'export', '--case', caseId, '--out', out, '--json')
    expect(document(exported)).toMatchObject({ entries: [{ id: `case:${caseId}:1` }] })
    const files = unzipSync(await readFile(out))
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        'README.txt',
        'evidence.json',
        expect.stringMatching(/^leaves\/\d+$/),
        expect.stringMatching(/^proofs\/\d+$/),
      ]),
    )
    const text = strFromU8(files['evidence.json'] ?? new Uint8Array())
    expect(text).not.toContain('91330203YY0000079F')
    const changes = [
      ['another payload', text.replace('demo-public-security', 'demo-public-safety'), 'OPENING_WRONG'],
      ['another kind', text.replace('"case-submitted"', '"case-released"'), 'OPENING_WRONG'],
      ['another number', text.replace(/"number": (\d+)/, '"number": 1$1'), 'NUMBER_WRONG'],
      ['another leaf', text.replace(/c\\":\\"./, 'c\\":\\"='), 'INCLUSION_NOT_PROVEN'],
      ['no shape', '[{}]', 'ARCHIVE_MALFORMED'],
      ['no entries', '[]', 'NOT all proven'],
    ] as const
    for (const [n, [change, changed, code]] of changes.entries()) {
      expect(changed, change).not.toBe(text)
      const file = at(`case-${n}.zip`)
      await writeFile(file, zipSync({ ...files, 'evidence.json': strToU8(changed) }))
      const ended = await run('ledger', 'verify-export', file, '--vkey', await keptVkey())
      expect({ change, code: ended.code, stdout: ended.stdout }).toEqual({ change, code: 1, stdout: '' })
      expect(ended.stderr).toContain(code)
    }
  })

  test.concurrent('wants a case or a submission, and an archive is to be one', async () => {
    expect(await onHome('ledger', 'export', '--out', at('x.zip'))).toMatchObject({
      ...{ code: 2, stdout: '', stderr: expect.stringContaining('EXPORT_OF_WHAT') },
    })
    const both = ['--case', caseId, '--submission', `${BUREAU}/first`, '--out', at('x.zip')]
    expect(await onHome('ledger', 'export', ...both)).toMatchObject({ code: 2 })
    expect(await onHome('ledger', 'export', '--submission', 'first', '--out', at('x.zip'))).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('SUBMISSION_INVALID') },
    })
    const file = example('case-request.json')
    expect(await run('ledger', 'verify-export', file, '--vkey', await keptVkey())).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('ARCHIVE_MALFORMED') },
    })
    expect(await run('ledger', 'verify-export', file)).toMatchObject({ code: 1 })
    const folder = await run('ledger', 'verify-export', directory.path, '--json')
    expect({ exit: folder.code, ...document(folder) }).toMatchObject({ exit: 2, code: 'FILE_UNREADABLE' })
  })
})

describe('receipt', () => {
  test.concurrent('that was delivered verifies as it is, and not with one digit changed that no entry tells', async () => {
    const delivered = await readFile(join(home, 'receipts', BUREAU, 'first.json'), 'utf8')
    const key = await keptVkey()
    const file = at('delivered.json')
    await writeFile(file, delivered)
    expect(await run('receipt', 'verify', file, '--vkey', key)).toMatchObject({ code: 0 })
    const changed = delivered.replace(/("sizeBytes":)\d/, '$19')
    expect(changed).not.toBe(delivered)
    await writeFile(file, changed)
    const ended = await run('receipt', 'verify', file, '--vkey', key)
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('RECEIPT_CHANGED') })
  })

  test.concurrent('is kept in a file that verifies with nothing but the key; any change of it is found', async () => {
    const out = at('receipt.json')
    const shown = await onHome('receipt', 'show', BUREAU, 'first', '--out', out, '--json')
    expect(shown.code).toBe(0)
    expect(document(shown)).toMatchObject({ receipt: { received: 51 }, evidence: { id: ENTRY } })
    const key = await keptVkey()
    const verified = await run('receipt', 'verify', out, '--vkey', key, '--json')
    expect(verified).toMatchObject({ code: 0, stderr: '' })
    expect(document(verified)).toMatchObject({ verified: true, entries: [{ id: ENTRY, opened: true }] })
    const text = await readFile(out, 'utf8')
    const { receipt, evidence, sha256 } = JSON.parse(text)
    const changes = [
      ['a count', { receipt: { ...receipt, accepted: 51, refused: 0 }, evidence }, 'RECEIPT_DIFFERS'],
      ['the content', { receipt: { ...receipt, sha256: 'a'.repeat(64) }, evidence }, 'RECEIPT_DIFFERS'],
      ['the time', { receipt: { ...receipt, receivedAt: receipt.sentAt }, evidence }, 'RECEIPT_DIFFERS'],
      ['the parts', { receipt: { ...receipt, parts: [] }, evidence }, 'RECEIPT_DIFFERS'],
      ['the entry', { receipt: { ...receipt, entryId: 'other' }, evidence }, 'RECEIPT_DIFFERS'],
      [
        'that it was refused',
        { receipt: { ...receipt, refusal: { code: 'LAYOUT_UNKNOWN', path: '', reason: '' } }, evidence },
        'RECEIPT_DIFFERS',
      ],
      [
        'a count, in the entry as well',
        {
          receipt: { ...receipt, received: 52 },
          evidence: {
            ...evidence,
            opening: { ...evidence.opening, payload: { ...evidence.opening.payload, received: 52 } },
          },
        },
        'OPENING_WRONG',
      ],
      [
        'what the entry says, left out',
        { receipt, evidence: { ...evidence, opening: undefined } },
        'RECEIPT_DIFFERS',
      ],
      ['what no entry tells', { receipt: { ...receipt, sizeBytes: 1 }, evidence }, 'RECEIPT_CHANGED'],
      ['how it is written', { receipt, evidence }, 'RECEIPT_CHANGED'],
      ['all of it', {}, 'RECEIPT_MALFORMED'],
    ] as const
    for (const [n, [change, changed, code]] of changes.entries()) {
      const file = at(`receipt-${n}.json`)
      await writeFile(file, JSON.stringify({ ...changed, sha256 }))
      const ended = await run('receipt', 'verify', file, '--vkey', key)
      expect({ change, code: ended.code, stdout: ended.stdout }).toEqual({ change, code: 1, stdout: '' })
      expect(ended.stderr, change).toContain(code)
    }
  })

  test('of which one byte is another is found out wherever it is', async () => {
    const out = at('whole.json')
    await onHome('receipt', 'show', BUREAU, 'first', '--out', out)
    const bytes = await readFile(out)
    for (const place of [0, 0.2, 0.4, 0.6, 0.8].map((part) => Math.floor(part * bytes.length))) {
      await writeFile(at('flipped.json'), flipped(bytes, place))
      const ended = await run('receipt', 'verify', at('flipped.json'), '--vkey', await keptVkey())
      expect({ place, code: ended.code }).toEqual({ place, code: 1 })
      expect(ended.stderr).toMatch(/^[A-Z_]+: /m)
    }
  })

  test.concurrent('is held against the file that was sent, and against no other', async () => {
    const out = at('receipt-with-records.json')
    await onHome('receipt', 'show', BUREAU, 'first', '--out', out)
    const key = await keptVkey()
    const verify = (file: string, ...args: readonly string[]) =>
      run('receipt', 'verify', out, '--vkey', key, '--records', file, ...args)
    expect(await verify(example('penalties-2018.csv'))).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: expect.stringMatching(/^48 records kept: those of penalties-2018.csv$/m),
    })
    const shown = await verify(example('penalties-2018.csv'), '--json')
    expect(document(shown)).toMatchObject({ verified: true, records: 'shown' })
    const without = await run('receipt', 'verify', out, '--vkey', key, '--json')
    expect(document(without)).not.toHaveProperty('records')
    const text = await readFile(example('penalties-2018.csv'), 'utf8')
    const other = at('other-penalties.csv')
    await writeFile(other, text.replace('超标', '超额'))
    for (const file of [other, example('registration.csv')]) {
      expect(await verify(file), file).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('RECORDS_DIFFER'),
      })
    }
  })

  test.concurrent('is not overwritten, and not shown to another authority', async () => {
    await writeFile(at('taken.json'), 'taken')
    const taken = await onHome('receipt', 'show', BUREAU, 'first', '--out', at('taken.json'))
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('FILE_UNWRITABLE') })
    const other = await onHome('receipt', 'show', BUREAU, 'first', '--as', 'demo-housing-bureau', '--json')
    expect(other.code).toBe(3)
    expect(await onHome('receipt', 'show', BUREAU, 'none')).toMatchObject({ code: 3 })
  })
})

describe('ledger erase', () => {
  const reason = ['--reason', 'An objection of the organisation concerned was upheld']

  test('takes what an entry said, and its records; the log verifies, and so does the proof of the entry', async () => {
    const rows = await onHome('ledger', 'erase', ENTRY, '--rows', '0', '1', ...reason, '--json')
    expect(rows.code).toBe(0)
    expect(document(rows)).toEqual({ erasure: expect.stringContaining(`entry-erased:${ENTRY}:`), records: 2 })
    const whole = await onHome('ledger', 'erase', ENTRY, ...reason, '--json')
    // The two are gone already
    expect(document(whole)).toEqual({ erasure: `entry-erased:${ENTRY}`, records: 46 })
    const shown = document(await onHome('ledger', 'show', ENTRY, '--json'))
    expect(shown).not.toHaveProperty('opening')
    const told = document(await onHome('ledger', 'show', `entry-erased:${ENTRY}`, '--json'))
    expect(told).toMatchObject({ opening: { payload: { entry: ENTRY, whole: true, by: 'operator' } } })
    expect((await onHome('ledger', 'verify')).code).toBe(0)
    const out = at('erased.zip')
    await onHome('ledger', 'export', '--submission', `${BUREAU}/first`, '--out', out)
    const verified = await run('ledger', 'verify-export', out, '--vkey', await keptVkey(), '--json')
    expect(verified.code).toBe(0)
    expect(document(verified)).toMatchObject({ verified: true, entries: [{ opened: false }] })
  })

  test.concurrent.for([
    ['without a reason', [ENTRY], 2, /--reason/],
    ['for a reason of a word', [ENTRY, '--reason', 'why'], 3, /\/reason/],
    ['for a reason with a person’s number', [ENTRY, '--reason', 'asked for by 13900000000'], 3, /\/reason/],
    ['of a row that is no number', [ENTRY, '--rows', 'one', ...reason], 2, /ROW_INVALID/],
    ['of an entry that there is not', ['submission:nobody:none', ...reason], 3, /NOT_FOUND/],
    ['of an erasure', [`entry-erased:${ENTRY}`, ...reason], 3, /ENTRY_NOT_ERASABLE/],
    ['by an auditor', [ENTRY, '--as', 'auditor', ...reason], 3, /FORBIDDEN/],
  ] as const)('is refused %s', async ([, args, code, message], { expect }) => {
    const ended = await onHome('ledger', 'erase', ...args)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).not.toContain('13900000000')
  })
})

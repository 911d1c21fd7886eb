import { readFile, stat, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { download } from '../../bin/commands/case.ts'
import type { ApiAnswer, Session } from '../../bin/session.ts'
import { type CommandHome, ORGANISATION, openPushedHome, pushArgs } from './pushed-home.ts'
import { document, example, run } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let opened: CommandHome
const onHome = (...args: readonly string[]) => opened.onHome(...args)
const inDirectory = (name: string) => opened.inDirectory(name)

beforeAll(async () => {
  opened = await openPushedHome()
})
afterAll(() => opened.remove())

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

function sessionThat(call: () => Promise<ApiAnswer>): Session {
  return {
    call,
    submit: async () => ({ sha256: '' }),
    submitMinimised: async () => ({ sha256: '' }),
    token: async () => '',
    work: () => undefined,
    close: async () => undefined,
  }
}

test('a download that breaks off leaves no file, and can be tried again at once', async () => {
  const out = inDirectory('broken-off.jwe')
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

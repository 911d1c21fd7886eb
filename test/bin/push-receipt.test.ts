import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BUREAU, type CommandHome, openPushedHome, pushArgs } from './pushed-home.ts'
import { document, example } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let opened: CommandHome
const onHome = (...args: readonly string[]) => opened.onHome(...args)
const inDirectory = (name: string) => opened.inDirectory(name)

beforeAll(async () => {
  opened = await openPushedHome()
})
afterAll(() => opened.remove())

const HEADER = 'CF_XDR_MC,CF_XDR_SHXYM,CF_XDR_GSZC,CF_WSH,CF_CFLB,CF_JDRQ,CF_CFJG,CF_GSJZQ'

describe('push', () => {
  test.concurrent('prints one receipt as JSON; what it is at goes to stderr', async () => {
    const ended = await onHome(...pushArgs(example('penalties-2018.csv'), '--submission', 'first', '--json'))
    const receipt = document(ended)
    expect(ended.code).toBe(0)
    expect(ended.stderr).toMatch(/^reading \d+ bytes\nreceived as first, waiting until applied\n$/)
    expect(receipt).toEqual({
      submissionId: 'first',
      authority: BUREAU,
      layout: 'penalty-2018@1',
      received: 51,
      accepted: 48,
      repeated: 0,
      refused: 3,
      unresolved: 0,
      entry: expect.any(Number),
      applied: { new: 48, known: 0 },
      correctionsUntil: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
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
      code: 'AUTHORITY_UNKNOWN',
      message: expect.stringMatching(/no such authority; --authority names one: .*demo-housing-bureau/),
    })
  })
})

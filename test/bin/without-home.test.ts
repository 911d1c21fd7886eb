import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { type CommandHome, openPushedHome, pushArgs } from './pushed-home.ts'
import { document, example, run } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let opened: CommandHome
const onHome = (...args: readonly string[]) => opened.onHome(...args)
const inDirectory = (name: string) => opened.inDirectory(name)

beforeAll(async () => {
  opened = await openPushedHome()
})
afterAll(() => opened.remove())

describe('what needs no home', () => {
  test.concurrent('a dry run says what would become of a file, and makes nothing', async ({ expect }) => {
    const unmade = inDirectory('dry')
    const args = [...pushArgs(example('penalties-2018.csv'), '--dry-run'), '--home', unmade]
    const dry = document(await run(...args, '--json'))
    const sent = document(await onHome(...pushArgs(example('penalties-2018.csv'), '--json')))
    const { received, accepted, repeated, refused, unresolved, records } = sent
    const reasons = { SUBJECT_NATURAL_PERSON: 1, TEXT_PERSONAL_DATA: 1, AMOUNT_INVALID: 1 }
    expect(dry).toEqual({
      dryRun: true,
      file: 'penalties-2018.csv',
      layout: 'penalty-2018',
      admission: { outcome: 'unchecked' },
      received,
      accepted,
      repeated,
      refused,
      unresolved,
      reasons,
      records,
    })
    expect((await run(...args)).stdout).toMatch(
      /^penalties-2018\.csv: penalty-2018; nothing was sent; it would be\n {2}51 received = 48 accepted/,
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

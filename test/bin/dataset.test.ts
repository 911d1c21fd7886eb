import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Instant } from '../../shared/base/instant.ts'
import { publish } from '../../shared/datasets/publish.ts'
import { openHome } from '../../shared/embedded/home.ts'
import { workRound } from '../../shared/embedded/worker.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { BUREAU, type CommandHome, ORGANISATION, openPushedHome } from './pushed-home.ts'
import { document, example, run } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let opened: CommandHome
const onHome = (...args: readonly string[]) => opened.onHome(...args)
const inDirectory = (name: string) => opened.inDirectory(name)

beforeAll(async () => {
  opened = await openPushedHome()
})
afterAll(() => opened.remove())

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

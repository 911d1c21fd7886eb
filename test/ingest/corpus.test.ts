import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'
import { detectLayouts } from '../../shared/ingest/detect.ts'
import { parseFileName } from '../../shared/ingest/file-name.ts'
import { findLayout, layouts } from '../../shared/ingest/layouts/registry.ts'
import { takeFile } from './sample.ts'

const CORPUS = fileURLToPath(new URL('corpus', import.meta.url))

// What each comes to lies beside it, as JSON: npm run corpus writes what is missing or another, and somebody reads it
const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter(
  (path) => extname(path) !== '.json' && parseFileName(path) !== undefined,
)

describe('each file of the corpus comes to the outcomes and records beside it', () => {
  test.each(files)('%s', async (path) => {
    const layout = dirname(path)
    const format = parseFileName(path)?.format
    const { draft, outcomes, records } = await takeFile(readFileSync(join(CORPUS, path)), format, { layout })
    const found = {
      ...(draft.refusal && { refusal: draft.refusal.code }),
      outcomes: outcomes.map(({ outcome, code, path: at }) => (code ? `${code} ${at}` : outcome)),
      records,
    }
    const expected = join(CORPUS, layout, `${basename(path, extname(path))}.json`)
    await expect(`${JSON.stringify(found, null, 2)}\n`).toMatchFileSnapshot(expected)
  })
})

describe('by its header', () => {
  const tables = files.filter((path) => extname(path) === '.csv')
  const rowsOf = (path: string) => Papa.parse<string[]>(readFileSync(join(CORPUS, path), 'utf8')).data

  test.each(tables)('%s is known for what it is, unless it lacks what its layout requires', (path) => {
    const own = findLayout(dirname(path))
    const detected = detectLayouts(rowsOf(path))
    if (path.endsWith('undated.csv')) return expect(detected).not.toContain(own)
    expect(detected.map(({ recordType }) => recordType)).toContain(own?.recordType)
    expect(new Set(detected.map(({ recordType }) => recordType)).size).toBe(1)
  })

  test.each(tables)('%s is taken for no registration, which asks for a name alone', async (path) => {
    const { draft } = await takeFile(readFileSync(join(CORPUS, path)), 'csv', { layout: 'registration' })
    expect(draft.refusal === undefined).toBe(dirname(path) === 'registration')
  })

  test('a file that fits another layout is refused with the name of that', async () => {
    const list = readFileSync(join(CORPUS, 'abnormal-listing/report.csv'))
    const { draft } = await takeFile(list, 'csv', { layout: 'registration' })
    expect(draft.refusal).toMatchObject({
      code: 'LAYOUT_DISAGREES',
      reason: expect.stringContaining('The header fits abnormal-listing.'),
    })
  })
})

test('of two kinds of lists, one is refused under the name of the other for the one word that tells them apart', async () => {
  const header = '企业名称,统一社会信用代码,列入严重违法失信名单原因,列入日期,作出决定机关'
  const { draft } = await takeFile(`${header}\r\n`, 'csv', { layout: 'abnormal-listing' })
  expect(draft.refusal).toMatchObject({
    code: 'LAYOUT_DISAGREES',
    reason: expect.stringContaining('The header fits serious-listing.'),
  })
})

test('every layout has a file in the corpus, and every folder of it a layout', () => {
  const folders = new Set(files.map((path) => dirname(path)))
  expect([...folders].filter((folder) => findLayout(folder) === undefined)).toEqual([])
  expect(layouts.map(({ name }) => name).filter((name) => !folders.has(name))).toEqual([])
})

test('of every layout some record of the corpus is kept and some row is refused', () => {
  for (const { name } of layouts) {
    const told = files
      .filter((path) => dirname(path) === name)
      .map((path) => JSON.parse(readFileSync(join(CORPUS, path.replace(/\.\w+$/, '.json')), 'utf8')))
    const outcomes: readonly string[] = told.flatMap((each) => each.outcomes)
    expect(outcomes, name).toContain('accepted')
    expect(
      outcomes.some((outcome) => /^[A-Z]/.test(outcome)),
      name,
    ).toBe(true)
  }
})

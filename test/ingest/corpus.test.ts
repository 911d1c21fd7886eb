import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseFileName } from '../../shared/ingest/file-name.ts'
import { findLayout, layouts } from '../../shared/ingest/layouts/registry.ts'
import { takeFile } from './sample.ts'

const CORPUS = fileURLToPath(new URL('corpus', import.meta.url))

// What each comes to lies beside it, as JSON
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

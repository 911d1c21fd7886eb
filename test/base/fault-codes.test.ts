import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** What the first column of the runbook's table says of codes, whole or by their ends. */
const explained = read('docs/runbook.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...(line.split('|')[1]?.matchAll(/`([A-Z_]+)`/g) ?? [])].map(([, code = '']) => code))

function isExplained(code: string): boolean {
  return explained.some((each) => (each.startsWith('_') ? code.endsWith(each) : code === each))
}

const codes = globSync('{shared,bin,functions}/**/*.ts', { cwd: ROOT })
  .flatMap((path) => [...read(path).matchAll(/new Failure\(\s*'([A-Z_]+)'/g)])
  .map(([, code = '']) => code)

test('the runbook says what every fault means that is no bug', () => {
  const unexplained = new Set(codes.filter((code) => !isExplained(code)))
  expect(codes.length).toBeGreaterThan(60)
  expect([...unexplained].sort()).toEqual([
    'BUCKET_NOT_PLANNED',
    'BUNDLE_WIDTH_WRONG',
    'INDEX_OUTSIDE_TREE',
    'LEAF_HASHES_MALFORMED',
    'SALT_LENGTH_WRONG',
    'SIZES_NOT_IN_ORDER',
    'TEXT_NOT_WELL_FORMED',
    'TILE_WIDTH_WRONG',
    'VALUE_NOT_JSON',
    'WRITE_KEY_TWICE',
  ])
})

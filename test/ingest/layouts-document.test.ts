import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { layoutsDocument } from '../../docs/generate.ts'
import { usccCheck } from '../../shared/identity/uscc.ts'
import { type Layout, refusalsOf } from '../../shared/ingest/layouts/layout.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { minimiseRow } from '../../shared/ingest/minimise.ts'
import type { RefusalCode } from '../../shared/ingest/refusal.ts'
import { recordRows } from '../../shared/ingest/rows.ts'
import { policySchema } from '../../shared/settings.ts'
import { day } from '../fusion/records.ts'
import { codeOf } from '../records/world.ts'
import { MOBILE_NUMBER, minimalRow, RESIDENT_ID, type SampleRow } from './sample.ts'

test('docs/layouts.md is what the layouts say: npm run docs writes it', () => {
  const written = readFileSync(fileURLToPath(new URL('../../docs/layouts.md', import.meta.url)), 'utf8')
  expect(written).toBe(layoutsDocument())
})

test('README’s table of layouts names each, and no other', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
  const [, table = ''] = /\| layouts +\|\n((?:\|.*\n)+)/.exec(readme) ?? []
  const named = [...table.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name)
  expect(named.toSorted()).toEqual(layouts.map(({ name }) => name).toSorted())
})

const wrongInside = `${codeOf(1).slice(0, 16)}${codeOf(1).charAt(16) === '0' ? '1' : '0'}`
/** Passes as a code and as a resident ID; division 999999 does not exist. */
const ambiguous = '99999919730101006X'

/** Each is refused by some kind of column. */
const cells = [
  '',
  'x',
  '2999-01-01',
  '个体工商户',
  '自然人',
  '行政拘留',
  '\ud800',
  '甲'.repeat(30_000),
  `电话 ${MOBILE_NUMBER}`,
  RESIDENT_ID,
  codeOf(1, '92'),
  codeOf(2),
  `${codeOf(1).slice(0, 17)}${codeOf(1).endsWith('0') ? '1' : '0'}`,
  codeOf(1, 'B1'),
  wrongInside + usccCheck(wrongInside),
  ambiguous,
]

describe.each(layouts)('of $name', (layout) => {
  const found = new Set(
    layout.columns.flatMap(({ code }) => cells.map((cell) => refusalOf(layout, { [code]: cell }))),
  )
  found.add(refusalOf(layout, Object.fromEntries(identifiersOf(layout).map((code) => [code, '']))))
  found.delete(undefined)

  test('no record is refused for another reason than is told, and for each that is told some record is', () => {
    expect([...found].sort()).toEqual([...refusalsOf(layout)].sort())
  })
})

function refusalOf(layout: Layout, other: SampleRow): RefusalCode | undefined {
  const [row] = recordRows(layout, [{ ...minimalRow(layout), ...other }])
  if (row === undefined) return undefined
  const context = {
    layout,
    authority: 'authority-0',
    policy: policySchema.parse({}),
    today: day('2026-06-01'),
  }
  const read = minimiseRow(row, context)
  return 'code' in read ? read.code : undefined
}

function identifiersOf({ columns }: Layout): readonly string[] {
  const kinds = ['uscc', 'identifier', 'organisation-code', 'registration-number', 'tax-number']
  return columns.filter(({ kind }) => kinds.includes(kind)).map(({ code }) => code)
}

import { describe, expect, test } from 'vitest'
import type { Layout } from '../../shared/ingest/layouts/layout.ts'
import { findLayout, layoutId, layoutNameOf } from '../../shared/ingest/layouts/registry.ts'
import { checkPins, readPins } from './layout-pins.ts'

const layout = findLayout('licence-2018') ?? expect.fail('no layout')
const [id, last] = [layoutId(layout), layout.version]
const [first, ...others] = layout.columns
if (first === undefined) expect.fail('no column')

test('every version of a layout is the mapping that it was', () => {
  expect(checkPins(readPins())).toEqual([])
})

describe('a layout of a pinned version', () => {
  test.each<[string, Partial<Layout>]>([
    [
      'one more spelling of a header',
      { columns: [{ ...first, headers: [...first.headers, '另称'] }, ...others] },
    ],
    ['a column of another kind', { columns: [{ ...first, kind: 'code' }, ...others] }],
    ['a column less', { columns: others }],
    ['documents named otherwise', { documentKeys: [] }],
    ['revisions ordered otherwise', { revisionFact: 'decidedOn' }],
    ['a fact that it says by being what it is', { fixedFacts: { status: 'valid' } }],
  ])('with %s is told, and what to do', (_, change) => {
    expect(checkPins(readPins(), [{ ...layout, ...change }])).toEqual([
      expect.stringMatching(`^${id} is not the mapping that is pinned: .*npm run pin.*025-`),
    ])
  })

  test('under another title, or of another standard, maps the same', () => {
    const renamed = { ...layout, title: { zh: '许可', en: 'Licence' }, standard: '另一标准' }
    expect(checkPins(readPins(), [renamed])).toEqual([])
  })
})

test('the next version of a layout asks for a pin of its own, and one after that for those between', () => {
  const pins = readPins()
  const [next, second] = [`licence-2018@${last + 1}`, `licence-2018@${last + 2}`]
  expect(checkPins(pins, [{ ...layout, version: last + 1 }])).toEqual([
    expect.stringMatching(`^${next} has no pin: npm run pin`),
  ])
  expect(checkPins({ ...pins, [second]: 'x' }, [{ ...layout, version: last + 2 }])).toEqual([
    expect.stringMatching(`^${next} has no pin, and ${second} came after it`),
    expect.stringMatching(`^${second} is not the mapping`),
  ])
})

test('every pin is of a layout that there is', () => {
  expect(Object.keys(readPins()).filter((id) => findLayout(layoutNameOf(id)) === undefined)).toEqual([])
})

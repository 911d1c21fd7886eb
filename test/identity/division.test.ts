import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Division, findDivision } from '../../shared/identity/division.ts'

/** The file's rows by code, as its maker wrote them. */
const rows = Map.groupBy(
  readFileSync(new URL('../../shared/identity/divisions.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')),
  ([code]) => code ?? '',
)

describe('a division', () => {
  test.each<[code: string, division: Omit<Division, 'code'>]>([
    ['330203', { name: '浙江省 宁波市 海曙区', status: 'in-use', from: 1983, successors: [] }],
    ['330000', { name: '浙江省', status: 'in-use', from: 1981, successors: [] }],
    ['110101', { name: '北京市 东城区', status: 'in-use', from: 1981, successors: [] }],
    ['429004', { name: '湖北省 仙桃市', status: 'in-use', from: 1994, successors: [] }],
    // In use, though a part of it went to another in 1992
    ['130121', { name: '河北省 石家庄市 井陉县', status: 'in-use', from: 1983, successors: ['130107'] }],
    ['100000', { name: '国家', status: 'in-use', from: 1981, successors: [] }],
  ])('%s is in use: %j', (code, division) => {
    expect(findDivision(code)).toEqual({ code, ...division })
  })

  test.each<[code: string, name: string, to: number, successors: readonly string[]]>([
    ['110103', '北京市 崇文区', 2010, ['110101']],
    ['132201', '河北省 邢台地区 南宫市', 1993, ['130581']],
    // Abolished with nothing in its place
    ['132100', '河北省 邯郸地区', 1993, []],
  ])('%s, %s, was abolished in %s and is known still', (code, name, to, successors) => {
    expect(findDivision(code)).toMatchObject({ code, name, status: 'retired', to, successors })
  })

  test.each([
    // 东郊区 until 1992
    ['120110', '天津市 东丽区', 'in-use'],
    // 完县 until 1993, and abolished under its later name
    ['132426', '河北省 保定地区 顺平县', 'retired'],
  ])('whose code %s was given twice is the later one, %s', (code, name, status) => {
    expect(findDivision(code)).toMatchObject({ name, status })
  })

  test.each(['440101', '220201', '320594', '999999', '000000', '', '33020', '3302030', 'X30203', '代码'])(
    '%j was never one',
    (code) => {
      expect(findDivision(code)).toBeUndefined()
    },
  )
})

describe('of the divisions in GB/T 2260', () => {
  test('each is found, as in use if it is and else as it was last', () => {
    expect(rows.size).toBeGreaterThan(6_000)
    for (const [code, uses] of rows) {
      const [latest = []] = uses.toSorted((one, other) => Number(other[6]) - Number(one[6]))
      const current = uses.find((use) => use[5] === '在用') ?? latest
      expect(findDivision(code)).toMatchObject({
        code,
        status: current[5] === '在用' ? 'in-use' : 'retired',
        from: Number(current[6]),
      })
      expect(findDivision(code)?.name.split(' ').at(-1)).toBe(current[3])
    }
  })

  test('each that succeeds another is known itself', () => {
    const successors = [...rows.keys()].flatMap((code) => findDivision(code)?.successors ?? [])
    expect(successors.length).toBeGreaterThan(3_000)
    expect(successors.filter((code) => findDivision(code) === undefined)).toEqual([])
  })
})

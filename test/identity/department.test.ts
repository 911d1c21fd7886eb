import { describe, expect, test } from 'vitest'
import { departments } from '../../shared/identity/department.ts'
import { identify } from '../../shared/identity/identify.ts'
import { completed, USCC_CHARACTERS } from './check-digits.ts'

/** GB 32100-2015 with Amendment 1, table 1: each department's categories. */
const categoriesOf: Readonly<Record<string, string>> = {
  '1': '1239',
  '2': '19',
  '3': '123459',
  '4': '19',
  '5': '1239',
  '6': '129',
  '7': '129',
  '8': '19',
  '9': '123',
  A: '19',
  N: '1239',
  Y: '1',
}

describe('the first two characters of a USCC', () => {
  test.each([...USCC_CHARACTERS])('beginning with %s name what the standard has them name', (department) => {
    const categories = categoriesOf[department]
    for (const category of USCC_CHARACTERS) {
      const found = identify(completed({ prefix: `${department}${category}` }))
      const isCategory = categories?.includes(category) ?? false
      expect(found.valid).toBe(categories !== undefined)
      expect(found.findings.includes('DEPARTMENT_UNKNOWN')).toBe(categories === undefined)
      expect(found.findings.includes('CATEGORY_UNKNOWN')).toBe(categories !== undefined && !isCategory)
      expect(found.department?.code).toBe(categories === undefined ? undefined : department)
      expect(found.category?.code).toBe(isCategory ? category : undefined)
    }
  })

  test.each([
    ['11', '机构编制', '机关'],
    ['35', '司法行政', '仲裁委员会'],
    ['52', '民政', '民办非企业单位'],
    ['91', '市场监管', '企业'],
    ['92', '市场监管', '个体工商户'],
    ['93', '市场监管', '农民专业合作社'],
    ['A1', '中央军委改革和编制办公室', '军队事业单位'],
    ['N1', '农业', '组级集体经济组织'],
    ['N3', '农业', '乡镇级集体经济组织'],
    ['Y1', '其他', '其他'],
  ])('%s are %s, %s', (prefix, department, category) => {
    const found = identify(completed({ prefix }))
    expect([found.valid, found.department?.zh, found.category?.zh]).toEqual([true, department, category])
  })
})

test('departments and categories are named in Chinese and in English', () => {
  const names = Object.values(departments).flatMap((department) => [
    [department.zh, department.en],
    ...Object.values(department.categories),
  ])
  for (const [zh, en] of names) {
    expect(zh).toMatch(/^\p{Script=Han}+$/u)
    expect(en).toMatch(/^[A-Z][A-Za-z', -]+$/)
  }
})

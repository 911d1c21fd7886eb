import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCalendarDate } from '../../shared/base/instant.ts'
import {
  foldDocumentNumber,
  readCapital,
  readDate,
  readEndDate,
  readEndOrPeriod,
  readText,
  readYuan,
  readYuanFromWan,
} from '../../shared/ingest/cell.ts'
import { moneySchema } from '../../shared/records/types/fact.ts'

const blanks = [
  '',
  ' ',
  '\u3000',
  '-',
  '--',
  '—',
  '——',
  '/',
  '\\',
  '无',
  '暂无',
  '空',
  'null',
  'NULL',
  'N/A',
  '\\N',
]

describe('a cell of text', () => {
  test.each(blanks)('%j says nothing', (cell) => {
    expect(readText(cell)).toBeUndefined()
    expect(readDate(cell)).toEqual({ value: undefined })
    expect(readEndDate(cell)).toEqual({ value: undefined })
    expect(readYuanFromWan(cell)).toEqual({ value: undefined })
  })

  test('is trimmed at both ends and left alone inside', () => {
    expect(readText('\u3000 罚款 - 1 \r\n')).toBe('罚款 - 1')
  })
})

describe('a date', () => {
  test.each([
    ['2017-07-07', '2017-07-07'],
    ['2017-7-7', '2017-07-07'],
    ['2017/7/7', '2017-07-07'],
    ['2017.07.07', '2017-07-07'],
    ['20170707', '2017-07-07'],
    ['20170707 12:30:00', '2017-07-07'],
    ['201707071230', '2017-07-07'],
    ['20170707123000', '2017-07-07'],
    ['631123200000', '1990-01-01'],
    ['2017年7月7日', '2017-07-07'],
    [' 2017-07-07 ', '2017-07-07'],
    ['2017-07-07 00:00:00', '2017-07-07'],
    ['2017/7/7 0:00', '2017-07-07'],
    ['2017-07-07T23:59:59.999', '2017-07-07'],
    ['1499356800000', '2017-07-07'],
    ['2024-02-29', '2024-02-29'],
    ['２０１７－０７－０７', '2017-07-07'],
    ['2017 年 7 月 7 日', '2017-07-07'],
    ['2017. 7. 7', '2017-07-07'],
    ['9999-12-31', '9999-12-31'],
    ['9999-12-31T23:59:59Z', '9999-12-31'],
    ['99991231235959', '9999-12-31'],
    ['21010101', '2101-01-01'],
  ])('%j is %s', (cell, day) => {
    expect(readDate(cell)).toEqual({ value: day })
  })

  test.each([
    // Midnight in China is 16:00 UTC of the day before, which is what exports in UTC say
    ['2017-07-06T16:00:00Z', '2017-07-07'],
    ['2017-07-06T16:00:00.000Z', '2017-07-07'],
    ['2017-07-06T15:59:59Z', '2017-07-06'],
    // 2017-07-07T00:00+08:00 and a millisecond before
    ['1499356800000', '2017-07-07'],
    ['1499356799999', '2017-07-06'],
    ['2017-07-07T00:00:00+08:00', '2017-07-07'],
    ['2017-07-07T00:00:00.000+0800', '2017-07-07'],
    ['2017-07-07 00:30:00+09:00', '2017-07-06'],
    ['2017-07-06T15:59:59+00:00', '2017-07-06'],
    ['2017-07-06T16:00:00+00:00', '2017-07-07'],
  ])('%s, which is an instant, is the day it falls in in China: %s', (cell, day) => {
    expect(readDate(cell)).toEqual({ value: day })
  })

  test.each([
    '1900-01-01',
    '1900/1/1',
    '19000101',
    '1900-01-01 00:00:00',
    '0000-00-00',
    '0000-00-00 00:00:00',
    '0001-01-01T00:00:00',
    '1899-12-30',
    '1900-01-00',
    '1900/1/0',
    '1899/12/31',
  ])('%s is the official unknown, or a database’s', (cell) => {
    expect(readDate(cell)).toEqual({ value: undefined })
    expect(readEndDate(cell)).toEqual({ value: undefined })
  })

  test.each([
    '2025-02-29',
    '2025-13-01',
    '2025-00-10',
    '25-01-01',
    '2025-01',
    '2025',
    '2025-01-01x',
    '昨天',
    '2025-01-01T25:00:00Z',
    '2025–01–01',
    '2025-01-01T00:00:00+25:00',
    '1899-12-32',
    '43164',
    '3/5/2018',
  ])('%s is none', (cell) => {
    expect(readDate(cell)).toEqual({ fault: 'DATE_INVALID' })
    expect(readEndDate(cell)).toEqual({ fault: 'DATE_INVALID' })
  })

  test.each([
    '无处罚期限',
    '无期限',
    '无固定期限',
    '长期',
    '长期有效',
    '永久',
    '永久有效',
    '无限期',
    '永续经营',
    '至今',
    '2099-12-31',
    '2099/12/31',
    '9999-12-31',
    '20991231',
    '9999-12-31T23:59:59Z',
  ])('of an end, %s is no end', (cell) => {
    expect(readEndDate(cell)).toEqual({ value: undefined })
  })

  test('of an end is a day like any other before 2099', () => {
    expect(readEndDate('2098-12-31')).toEqual({ value: '2098-12-31' })
  })
})

describe('an end that may be a period', () => {
  const from = parseCalendarDate('2024-02-29')

  test.each([
    ['3年', '2027-02-28'],
    ['三年', '2027-02-28'],
    ['１年', '2025-02-28'],
    ['四年', '2028-02-29'],
    ['半年', '2024-08-29'],
    ['六个月', '2024-08-29'],
    ['12个月', '2025-02-28'],
    ['十二个月', '2025-02-28'],
    ['36个月', '2027-02-28'],
    ['2024年12月31日', '2024-12-31'],
    ['长期', undefined],
    ['', undefined],
  ])('of a decision of 2024-02-29, %s, lasts to %s', (cell, end) => {
    expect(readEndOrPeriod(cell, from)).toEqual({ value: end })
  })

  test.each(['3', '1', '0年', '百年', '三年以内', '十十年', '3月'])('%s is none', (cell) => {
    expect(readEndOrPeriod(cell, from)).toEqual({ fault: 'DATE_INVALID' })
  })

  test('is none where nothing says from when it runs', () => {
    expect(readEndOrPeriod('3年', undefined)).toEqual({ fault: 'DATE_INVALID' })
  })
})

describe('an amount in 万元', () => {
  test.each([
    ['1', '10000'],
    ['0', '0'],
    ['0.00', '0'],
    ['0.5', '5000'],
    ['.5', '5000'],
    ['0.1234', '1234'],
    ['0.12345', '1234.5'],
    ['0.00001', '0.1'],
    ['1.10', '11000'],
    ['0010', '100000'],
    ['1,234.5', '12345000'],
    ['1,234,567', '12345670000'],
    ['2.5万元', '25000'],
    ['2.5万', '25000'],
    ['50000元', '50000'],
    ['50000.50 元', '50000.5'],
    ['１，２３４．５', '12345000'],
    ['5万元整', '50000'],
    ['人民币5000元整', '5000'],
    ['￥5,000.00元', '5000'],
    ['0.5（万元）', '5000'],
    ['99999999999999999999.9999', '999999999999999999999999'],
  ])('%s is %s yuan', (cell, yuan) => {
    expect(readYuanFromWan(cell)).toEqual({ value: yuan })
  })

  test.each([
    '伍万',
    '-1',
    '+1',
    '1e3',
    '1,23',
    '12,34.5',
    '1.',
    '.',
    '1 2',
    '约5',
    '5万元1',
    '5万元不整',
    '5美元',
    'NaN',
    'Infinity',
  ])('%s is none', (cell) => {
    expect(readYuanFromWan(cell)).toEqual({ fault: 'AMOUNT_INVALID' })
  })

  test('is exact to the last digit: ten thousand times as many yuan, by whole numbers', () => {
    const digits = (most: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: most })
    fc.assert(
      fc.property(digits(20), digits(12), (whole, fraction) => {
        fc.pre(whole !== '')
        const reading = readYuanFromWan(fraction === '' ? whole : `${whole}.${fraction}`)
        const yuan = 'value' in reading ? String(reading.value) : ''
        expect(moneySchema.safeParse(yuan).success).toBe(true)
        const [yuanWhole = '', yuanFraction = ''] = yuan.split('.')
        const trillionths = BigInt(yuanWhole + yuanFraction.padEnd(12, '0'))
        expect(trillionths).toBe(BigInt(whole + fraction.padEnd(12, '0')) * 10_000n)
      }),
      { numRuns: 500 },
    )
  })
})

test.each([
  ['5000', '5000'],
  ['5000.50', '5000.5'],
  ['0.5万元', '5000'],
])('under a header in 元, %s is %s yuan', (cell, yuan) => {
  expect(readYuan(cell)).toEqual({ value: yuan })
})

describe('a registered capital', () => {
  test.each([
    ['500', '5000000', undefined],
    ['５００', '5000000', undefined],
    ['500.5', '5005000', undefined],
    ['1,000', '10000000', undefined],
    ['500万元', '5000000', undefined],
    ['500 万元', '5000000', undefined],
    ['500万元人民币', '5000000', '人民币'],
    ['500.000000万人民币', '5000000', '人民币'],
    ['500万元（人民币）', '5000000', '人民币'],
    ['人民币500万元整', '5000000', '人民币'],
    ['30万美元', '300000', '美元'],
    ['1.5亿元', '150000000', undefined],
    ['100000元', '100000', undefined],
    ['1,000.00（万元）', '10000000', undefined],
    ['500万（元）', '5000000', undefined],
    ['300(万)', '3000000', undefined],
    ['9,999(万)', '99990000', undefined],
    ['102(万元人民币)', '1020000', '人民币'],
    ['150.1600(万元人民币)', '1501600', '人民币'],
    ['227,299.7710(万元)', '2272997710', undefined],
    ['10(万美元)', '100000', '美元'],
    ['100(万港币)', '1000000', '港币'],
    ['50(万新西兰元)', '500000', '新西兰元'],
    ['500 万 人民币元', '5000000', '人民币'],
    ['0', '0', undefined],
  ])('%s is %s, in %s', (cell, amount, currency) => {
    expect(readCapital(cell)).toEqual(currency === undefined ? { amount } : { amount, currency })
  })

  test.each([
    '伍佰万元',
    '500至800万',
    '',
    '无',
    '500万元，其中货币300万元',
    '-5',
    '1.2.3',
    '139 0000 0000',
    '(139)00000000',
    '5 0万元',
  ])('%j is no number', (cell) => {
    expect(readCapital(cell)).toBeUndefined()
  })
})

test.each([
  ['示罚〔2025〕1号', '示罚[2025]1号'],
  ['示罚〔2025〕1号', '示罚（2025）1号'],
  ['示罚〔2025〕1号', '示罚【2025】1号'],
  ['示罚〔2025〕1号', ' 示罚 ［２０２５］ 1 号 '],
  ['abc-1', 'ＡＢＣ-１'],
])('%s and %s are one document', (left, right) => {
  expect(foldDocumentNumber(left)).toBe(foldDocumentNumber(right))
})

test.each([
  ['示罚〔2025〕1号', '示罚〔2025〕2号'],
  ['示罚〔2025〕11号', '示罚〔2025〕1-1号'],
  ['示罚〔2025〕O1号', '示罚〔2025〕01号'],
])('%s and %s are two', (left, right) => {
  expect(foldDocumentNumber(left)).not.toBe(foldDocumentNumber(right))
})

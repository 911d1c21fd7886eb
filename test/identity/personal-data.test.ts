import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDivision } from '../../shared/identity/division.ts'
import {
  findPersonalData,
  findPersonalDataInId,
  isNumberOfDivision,
  type PersonalData,
} from '../../shared/identity/personal-data.ts'
import {
  aResidentId,
  completed,
  organisationCodeCheckOf,
  registrationNumberCheckOf,
  residentIdCheckOf,
} from './check-digits.ts'

/** Division 999999 does not exist: the numbers are nobody's. */
const residentId = `99999919700101001${residentIdCheckOf('99999919700101001')}`
const endingInX = residentIdsOf('19800101').find((id) => id.endsWith('X')) ?? ''
const mobile = '13900000000'
/** Fails both checks of other numbers of fifteen digits, which 330203700101001 does not. */
const oldResidentId = '330203700101002'

describe('a resident ID', () => {
  test.each([
    residentId,
    endingInX,
    '身份证号330203700101001',
    '公民身份号码：330203 700101 001',
    oldResidentId,
    `某某（${oldResidentId}）`,
    `某某${oldResidentId}，`,
    fullWidth(oldResidentId),
    '330203 700101 002',
    '证件330203-700101-002',
    '330203300101002',
    '330203991231002',
    endingInX.toLowerCase(),
    fullWidth(residentId),
    fullWidth(endingInX),
    fullWidth(endingInX.toLowerCase()),
    grouped(residentId, ' '),
    grouped(residentId, '-'),
    grouped(residentId, '－'),
    grouped(residentId, '—'),
    grouped(residentId, '−'),
    grouped(residentId, '\u3000'),
    [...residentId].join(' '),
    [...residentId].join('\u200b'),
    [...residentId].join('\u200b\u200c\u200d\ufeff'),
    [...residentId].join('\u202d\u2066\u00ad\ufe0f\u2060'),
    circled(residentId),
    residentId.replace(/\d/g, (digit) => String.fromCodePoint(0x1d7ce + Number(digit))),
    `身份证号${residentId}。`,
    `某某(${residentId})`,
    `${residentId}，${residentId}`,
    `2024 ${grouped(residentId, ' ')}`,
    `1-${residentId}-1`,
    `12345678901234 ${grouped(residentId, '-')}`,
    grouped(residentId, '  '),
    grouped(residentId, '\n'),
    grouped(residentId, '.'),
    grouped(residentId, '．'),
    grouped(residentId, '/'),
    grouped(residentId, ','),
    grouped(residentId, '_'),
    grouped(residentId, ' - '),
    [...residentId].join('\u20e3'),
    [...residentId].join('\u0301'),
    [...residentId].join('\ufe0f\u20e3 '),
    `A${residentId}`,
    `身份证SFZ${residentId}`,
    `ID${residentId}ID`,
    endingInX.replace('X', '×'),
    endingInX.replace('X', 'Х'),
    inDigitsFrom(0x660, residentId),
    inDigitsFrom(0x966, residentId),
    inDigitsFrom(0x1e950, residentId),
    spelt(residentId),
    residentId.replaceAll('9', '九'),
    residentId.replaceAll('9', '玖').replaceAll('0', '零'),
    residentId.replaceAll('1', '幺'),
    dated(residentId, '年', '月', '日'),
    dated(residentId, ' 年 ', ' 月 ', ' 日 '),
    fullWidth(dated(endingInX, '年', '月', '日')),
    `${dated(endingInX, '年', '月', '日').replace('年01月01', '年1月1')}，`,
    spelt(dated(residentId, '年', '月', '日')),
    `身份证号${withWrongCheck(residentId)}`,
    `居民身份证（号码）：${grouped(withWrongCheck(residentId), ' ')}`,
    `身份证号码：${grouped(residentId, ':')}`,
    `公民身份号码${withWrongCheck(endingInX)}。`,
  ])('is found in %s', (text) => {
    expect(findPersonalData(text)).toBe('RESIDENT_ID')
  })

  test('is found however its digits are written, up to three separators and whatever does not show between them', () => {
    const unit = fc.constantFrom(
      ' ',
      '-',
      '－',
      '\u3000',
      '–',
      '−',
      '.',
      '。',
      ',',
      '，',
      '/',
      '_',
      '\n',
      '·',
      '(',
      ')',
    )
    const aSeparator = fc.oneof(fc.constant(''), fc.string({ unit, maxLength: 3 }))
    const invisible = fc.string({ unit: fc.constantFrom('\u200b', '\u20e3', '\ufeff', '\u00ad', '\u0301') })
    const aGap = fc.tuple(invisible, aSeparator, invisible).map((parts) => parts.join(''))
    const arabic = (digit: string) => inDigitsFrom(0x660, digit)
    const aWriting = fc.func(fc.constantFrom(same, fullWidth, circled, arabic))
    fc.assert(
      fc.property(
        aResidentId,
        fc.array(aGap, { minLength: 18, maxLength: 18 }),
        aWriting,
        (id, gaps, write) => {
          const written = [...id].map((digit, at) => `${write(at)(digit)}${gaps[at]}`).join('')
          expect(findPersonalData(`经办人${written}。`)).toBe('RESIDENT_ID')
        },
      ),
    )
  })
})

describe('a mobile number', () => {
  test.each([
    mobile,
    fullWidth(mobile),
    circled(mobile),
    '⑬⑨⓪⓪⓪⓪⓪⓪⓪⓪',
    [...mobile].join('\u200b\u200b\u200b\u200b\u200b'),
    '139 0000 0000',
    '139 000 00000',
    '139-000-00000',
    '+86 139 000 00000',
    '13900 000000',
    '13900-000000',
    '139000 00000',
    '139000－00000，',
    '139    0000    0000',
    '139\u3000\u3000\u3000\u30000000\u3000\u3000\u3000\u30000000',
    '139・0000・0000',
    '139･0000･0000',
    '幺三九零零零零零零零零',
    `${mobile}abc`,
    `Tel:${mobile}abc`,
    `${mobile}ＷＸ，`,
    '139-0000-0000',
    '139–0000–0000',
    `+86${mobile}`,
    `+86 ${mobile}`,
    `86${mobile}`,
    `0086-${mobile}`,
    `(+86)${mobile}`,
    `电话：${mobile}。`,
    `某某${mobile}`,
    '19900000000',
    '139.0000.0000',
    '139．0000．0000',
    '139_0000_0000',
    '139/0000/0000',
    '139·0000·0000',
    '139  0000  0000',
    '139 - 0000 - 0000',
    '139\n0000\n0000',
    '(139) 0000-0000',
    '139（0000）0000',
    '139|0000|0000',
    '139~0000~0000',
    '139 00 00 00 00',
    '（139）00000000',
    '+86 (139) 0000 0000',
    '1390 0000 000',
    '1390-000-0000',
    [...mobile].join(' '),
    [...mobile].join('--'),
    `0${mobile}`,
    `(0)${mobile}`,
    `1.${mobile}`,
    `12.${mobile}`,
    `0574-87654321-${mobile}`,
    `87654321/${mobile}`,
    `Tel${mobile}`,
    `NO${mobile}`,
    `微信号wx${mobile}`,
    `Tel139-0000-0000`,
    `+86.139.0000.0000`,
    [...mobile].join('\u20e3'),
    inDigitsFrom(0x660, mobile),
    spelt(mobile),
    '一三九零零零零零零零零',
    '壹叁玖-零零零零-零零零零',
    '139:0000:0000',
    '139：0000：0000',
    '139转0000转0000',
    `(86)${mobile}`,
    '（86）139-0000-0000',
    '+86（139）00000000',
    '联系电话：139、0000、0000',
    '手机139，0000，0000',
    'tel:139,0000,0000',
    '电话139 0000转0000',
    '手机号 139转0000-0000',
    '联系人某某1390000 0000',
    '联系方式：0086 139、00、00、00、00',
    '电话1390 0000000',
  ])('is found in %s', (text) => {
    expect(findPersonalData(text)).toBe('MOBILE_NUMBER')
  })
})

describe('nothing about a person', () => {
  test.each([
    ['no text', ''],
    ['a sentence', '未按规定公示年度报告，罚款1000元'],
    [
      'eighteen digits whose check fails',
      `${residentId.slice(0, 17)}${residentId.endsWith('0') ? '1' : '0'}`,
    ],
    ['eighteen digits without a birth date', `99999919701301001${residentIdCheckOf('99999919701301001')}`],
    ['seventeen digits', residentId.slice(0, 17)],
    ['a resident ID’s digits inside a longer number', `1${residentId}`],
    ['a resident ID’s digits before more of them', `${residentId.slice(0, 17)}${residentId.charAt(17)}1`],
    ['a resident ID’s digits parted four times', grouped(residentId, '    ')],
    ['a resident ID’s digits parted by letters', grouped(residentId, 'A')],
    ['a resident ID’s digits parted by characters', grouped(residentId, '年')],
    ['a resident ID’s digits parted by colons', grouped(residentId, ':')],
    ['a USCC', completed()],
    ['a USCC of digits only, which occurs', '911100000000184548'],
    ['a registration number', '320404000009558'],
    ['fifteen digits that pass as a registration number, though they could be an old ID', '330203700101001'],
    ['fifteen digits that pass as a tax number, though they could be an old ID', '330203700101005'],
    ['fifteen digits with a birth date and no division', '990203700101002'],
    ['fifteen digits with a division and no birth date', '330203701301002'],
    ['fifteen digits of a division, a year and a number', '330203201212345'],
    ['fifteen digits of a division, a day of 2024 and a number', '330203240512001'],
    ['fifteen digits of a production licence', 'JY330203700101002'],
    ['fifteen digits that go on', `${oldResidentId}-1`],
    ['fifteen digits that other ones come before', `2024-${oldResidentId}`],
    ['rooms in a row', '示例路1301、1302、1303室'],
    ['rooms in a row whose digits hold a check', '示例路201、202、203、205、206、208房'],
    ['the number of a certificate of a division', '示国用（2007）第13020700089号'],
    ['extensions of an office', '联系电话：0574-87654321转1301、1302'],
    ['extensions of an office in a row', '电话：15部，分机8001、8002、8003'],
    ['numbers of services', '热线电话12345、12315、12369'],
    ['an amount after a telephone', '电话费1390.00元、1380.00元'],
    ['an office’s telephones', '联系电话：010-65120000、65120001'],
    ['a free number', '客服电话400-139-0000'],
    ['fifteen digits after the word that are no old resident ID', '身份证号330203709901001'],
    ['a document’s long number', '33020320241390000000001'],
    ['a document’s number', '甬市监处罚〔2024〕139号'],
    ['a document’s number that goes on', '2024-13900000000'],
    ['a decimal', '0.13900000000'],
    ['eleven digits of no mobile network', '12900000000'],
    ['ten digits', '1390000000'],
    ['twelve digits', '139000000000'],
    ['a mobile number’s digits before a letter', '13900000000A'],
    ['a mobile number’s digits in groups of unlike separators', '139.0000/0000'],
    ['a mobile number’s digits in other groups', '13 900 000 000'],
    ['a licence’s number of a letter and one dash', 'TS1833123-2024'],
    ['a production licence’s number', 'SC13933020300123'],
    ['an invoice’s code of Hebei', '013002100104'],
    ['an amount with its thousands parted', '1,390,000,000.00元'],
    ['an amount with four decimals', '1390000.0000'],
    ['amounts in a list', '150、2000、3000元'],
    ['amounts in a list of commas', '150,2000,3000元'],
    ['a period of days', '2019-01-01 - 2020-12-31'],
    ['a period with its times', '2026-11-20 08:05 - 2027-11-20 09:05:00'],
    ['days in a row', '20190101 20200102 20210103'],
    ['a number of a division, a day and a place in the row', '3302032019010100'],
    ['chapters', '第一章、第二章、第三章、第四章、第五章、第六章、第七章、第八章、第九章、第十一章'],
    ['Chinese numbers', '二〇二四年一月三日罚款一万三千九百元'],
    ['a list of Chinese digits', '一、三、九、零、零、零、零、零、零、零、零'],
    ['the pages of a gazette', '139-140、141-150'],
    ['a telephone number abroad', '+44 20 7946 0958'],
    ['a bank’s card number', '6222020000000000000'],
    ['a landline number', '0574-87654321'],
    ['a mobile number’s digits before letters and more digits', '13900000000AB1'],
    ['a mobile number’s digits before letters that go on', '13900000000AB-1'],
    ['a mobile number’s digits among letters', 'X13900000000AB'],
    ['eleven digits of two groups that go on', '13900 000000 1'],
    ['eleven digits of two groups that other ones come before', '2024 13900 000000'],
    ['eleven digits of two groups before a part of them', '139000-00000-01'],
    ['eleven digits of three groups and one more', '139 000 000000'],
    ['eleven digits of three groups parted by two separators', '139 000-00000'],
    ['an amount to another', '15000-200000元'],
    ['an amount to another of ten thousands', '15000-200000 万元'],
    ['an amount to another with its thousands parted', '15000-200000,000'],
    ['amounts in a row of one space', '18000 150000 20000'],
    ['a licence’s number of two groups', 'XK13900-000000'],
    ['a document’s year and number', '1998-1234567'],
    ['a birth date without a person', '990101 1970年01月01日'],
    ['an ID with a date whose check fails', dated(withWrongCheck(residentId), '年', '月', '日')],
    ['a number of a permit before a day', '许可证12345620240101号2024年1月1日001号'],
    ['eighteen digits after the word that have no birth date', `身份证号99999919701301001X`],
    ['eighteen digits after the word that go on', `身份证号${withWrongCheck(residentId)}0`],
    ['a time', '2024-01-01 13:59:00.000'],
    ['a list', '1、3、9、0、0、0、0、0、0、0、0'],
  ])('is found in %s: %s', (_, text) => {
    expect(findPersonalData(text)).toBeUndefined()
  })
})

describe('an id or the name of an account', () => {
  test.each([
    residentId,
    `batch-${residentId}`,
    `ID${residentId}`,
    `x_${residentId}`,
    `2024-${residentId}`,
    `${residentId}-1`,
    grouped(residentId, '.'),
    residentId.replace(/.$/, residentId.endsWith('0') ? '1' : '0'),
    `999999-19700101-0010`,
  ])('has no form of a resident ID in it: %s', (id) => {
    expect(findPersonalDataInId(id)).toBe('RESIDENT_ID')
  })

  test.each([
    mobile,
    `a${mobile}`,
    `x-${mobile}`,
    `2024-${mobile}`,
    `${mobile}b`,
    `v1.${mobile}`,
    `139.0000.0000`,
    `139-00000000`,
  ])('has no mobile number in it: %s', (id) => {
    expect(findPersonalDataInId(id)).toBe('MOBILE_NUMBER')
  })

  test.each([
    '0'.repeat(18),
    '20261123-0001',
    '20261123080000123456',
    '2026-11-23T08:00:00.000Z',
    '1795420800',
    '1795420800000',
    '1795420800-1',
    '1795420800.123456',
    `${'a'.repeat(8)}13900000000${'b'.repeat(45)}`,
    `a1390000-0000-4000-8000-13900000000f`,
    '550e8400-e29b-41d4-a716-446655440000',
    '01J9ZQ4W6XKQ7A3T5B8C2D1E0F',
    'demo-market-regulator',
    'officer-one',
  ])('may be %s', (id) => {
    expect(findPersonalDataInId(id)).toBeUndefined()
  })
})

describe('eleven or fifteen digits', () => {
  test('that begin with a division are a number of it, whatever else they could be', () => {
    expect(['13010200123', '15020212345', oldResidentId].map(isNumberOfDivision)).toEqual([true, true, true])
    expect(
      [mobile, '19900000000', '330203123456', '3302031234', '990203700101002', ''].map(isNumberOfDivision),
    ).not.toContain(true)
  })
})

describe('what a text holds about a person', () => {
  test('is what the plain definition finds in it', () => {
    const pieces = [
      ...'0123456789X9x１９①⑬¹٣一九〇壹× -—−.．,:/_·、转A字\n\u200b\u202c\u3000\u0301\u20e3',
      ...[
        residentId,
        endingInX,
        mobile,
        '999999',
        '19700101',
        '0010',
        '139',
        '0000',
        '000',
        '+86',
        '0574-87654321',
        ...['电话', 'Tel', '330203', '700101', '002', oldResidentId],
        ...['身份证', dated(residentId, '年', '月', '日'), '1970年', '1月', '日', 'AB', '元', '    '],
        ...['13900', '000000', '139000', '00000', '幺三九', '・', withWrongCheck(residentId)],
      ],
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (some) => {
        const text = some.join('')
        expect(findPersonalData(text)).toBe(plainlyFound(text))
      }),
      { numRuns: 5_000 },
    )
  })

  // The quick look at a text before it is folded may not miss what folding would show. The planes left out hold Chinese
  // characters, private use and nothing; of the others all is tried that means something, or does not show
  test('is what the plain definition finds, whatever character stands within it or for a digit of it', () => {
    for (const character of charactersOf([0x0, 0x1ffff], [0xe0000, 0xe0fff])) {
      if (/[\p{Cn}\p{Co}]/u.test(character) && !/\p{Default_Ignorable_Code_Point}/u.test(character)) continue
      const parted = ['139', '0000', '0000'].join(character)
      for (const text of [parted, `1390000${character}0000`, `1390000${character}000`]) {
        if (findPersonalData(text) !== plainlyFound(text)) expect.fail(`not in ${JSON.stringify(text)}`)
      }
    }
  }, 300_000)
})

function charactersOf(...ranges: readonly (readonly [first: number, last: number])[]): readonly string[] {
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at)),
  )
}

/** Folds all of it and reads on from each place: no look beforehand, no pattern over the whole. */
function plainlyFound(text: string): PersonalData | undefined {
  const folded = [...text.normalize('NFKC').replace(/[\p{Default_Ignorable_Code_Point}\p{M}]/gu, '')]
    .map((character) => (/\p{Nd}/u.test(character) ? String(allDigits.indexOf(character) % 10) : character))
    .join('')
    .toUpperCase()
  const spelt = [...folded].map((character) => chineseDigits.get(character) ?? character).join('')
  return plainlyFoundIn(folded) ?? plainlyFoundIn(spelt)
}

/** Every decimal digit there is, of each script the ten in order. */
const allDigits = charactersOf([0x0, 0x1ffff]).filter((character) => /\p{Nd}/u.test(character))
const chineseDigits = new Map(
  ['零〇', '一壹幺', '二贰', '三叁', '四肆', '五伍', '六陆', '七柒', '八捌', '九玖'].flatMap(
    (digits, value) => [...digits].map((digit) => [digit, String(value)] as const),
  ),
)

function plainlyFoundIn(text: string): PersonalData | undefined {
  const places = [...text.matchAll(/[+\d]/g)].map(({ index }) => index)
  const residentIds = [isResidentIdAt, isDatedResidentIdAt, isToldResidentIdAt, isOldResidentIdAt]
  if (places.some((at) => residentIds.some((isAt) => isAt(text, at)))) return 'RESIDENT_ID'
  const mobiles = [isMobileNumberAt, isToldMobileNumberAt, isOtherwiseParted, isBeforeLetters]
  const isMobile = (at: number): boolean => mobiles.some((isAt) => isAt(text, at))
  return places.some(isMobile) ? 'MOBILE_NUMBER' : undefined
}

function isDatedResidentIdAt(text: string, start: number): boolean {
  const date = '(\\d{4}) ?年 ?(\\d{1,2}) ?月 ?(\\d{1,2}) ?日'
  const found = new RegExp(`^(\\d{6})(\\D{0,6})${date}(\\D{0,6})(\\d{3})(.)`, 's').exec(text.slice(start))
  if (found === null) return false
  const [whole, division = '', gap = '', year = '', month = '', day = '', other = '', order = '', last = ''] =
    found
  const isPart = isDigit(text.charAt(start - 1)) || isDigit(text.charAt(start + whole.length))
  if (isPart || ![gap, other].every(mayPart)) return false
  const id = division + year + month.padStart(2, '0') + day.padStart(2, '0') + order
  return isPlainlyResidentId(id + (/[×ХΧ]/.test(last) ? 'X' : last))
}

function mayPart(gap: string): boolean {
  return [...gap].length <= 3 && /^[^\p{L}\p{N}:]*$/u.test(gap)
}

function isToldResidentIdAt(text: string, start: number): boolean {
  if (!/身份[证号]\D{0,12}$/.test(text.slice(0, start)) || !isDigit(text.charAt(start))) return false
  let id = text.charAt(start)
  let end = start + 1
  while (id.length < 17) {
    const at = skip(text, end, /[^\p{L}\p{N}]/u)
    if (!isDigit(text.charAt(at))) break
    id += text.charAt(at)
    end = at + 1
    if (id.length === 15 && !isDigit(text.charAt(end)) && isOfForm(`${id.slice(0, 6)}19${id.slice(6)}`))
      return true
  }
  const last = skip(text, end, /[^\p{L}\p{N}×]/u)
  return isOfForm(id) && /[\dX×ХΧ]/.test(text.charAt(last)) && !isDigit(text.charAt(last + 1))
}

function isOfForm(first17: string): boolean {
  return first17.length === 17 && isPlainlyResidentId(first17 + residentIdCheckOf(first17))
}

function isOldResidentIdAt(text: string, start: number): boolean {
  const before = text.slice(0, start)
  const [written = '', division = '', year = '', day = '', order = ''] =
    /^(\d{6})[ -]?(\d\d)(\d{4})[ -]?(\d{3})(?![0-9A-Z]|[-.]\d)/.exec(text.slice(start)) ?? []
  const digits = division + year + day + order
  if (written === '' || /[0-9A-Z]$|\d[-.]$/.test(before) || findDivision(division) === undefined) return false
  const isOther = registrationNumberCheckOf(digits.slice(0, 14)) === digits[14] || isTaxNumber(digits)
  return year >= '30' && isDay(`19${year}${day}`) && !isOther
}

function isTaxNumber(digits: string): boolean {
  return organisationCodeCheckOf(digits.slice(6, 14)) === digits[14]
}

function isToldMobileNumberAt(text: string, start: number): boolean {
  if (!/^1[3-9]/.test(text.slice(start))) return false
  let at = start
  for (let count = 0; count < 11; count++) {
    if (count > 1) at = skip(text, at, /[^0-9A-Z\u4e00-\u9fff]|转/)
    else if (count > 0 && !isDigit(text.charAt(at))) return false
    if (!isDigit(text.charAt(at))) return false
    at++
  }
  if (/[0-9A-Z]/.test(text.charAt(at))) return false
  const before = text.slice(0, start)
  const numbers = ['', '86', '0086'].flatMap((code) =>
    [0, 1, 2, 3].map((gap) => [code, gap] as const).filter(([, gap]) => code !== '' || gap === 0),
  )
  return numbers.some(([code, gap]) => {
    const end = before.length - gap
    if (!/^\D*$/.test(before.slice(end)) || !before.slice(0, end).endsWith(code)) return false
    const rest = before.slice(0, end - code.length)
    const words = /^(?:.|\n)*(?:手机|电话|联系方式|联系人|致电|微信|TEL|PHONE|MOBILE)/.exec(rest)?.[0]
    return words !== undefined && /^\D{0,8}$/.test(rest.slice(words.length))
  })
}

function isOtherwiseParted(text: string, start: number): boolean {
  if (/[0-9A-Z]$|\d[-. ]$/.test(text.slice(0, start))) return false
  const [, number = ''] = /^(?:(?:(?:\+|00)?86)[\s\-.]{0,3})?(1[3-9].*)$/s.exec(text.slice(start)) ?? []
  const groups = /^(\d+)([ \-‐-―−])(\d+)(?:\2(\d+))?/.exec(number)
  if (groups === null) return false
  const [whole, first = '', , second = '', third] = groups
  const lengths = [first, second, third].map((group) => group?.length)
  const isTwo = third === undefined && ['5 6', '6 5'].includes(`${lengths[0]} ${lengths[1]}`)
  const isThree = lengths.join(' ') === '3 3 5'
  const rest = number.slice(whole.length)
  const isAmount = /^ ?[百千万亿元吨米斤克台件人户份个号平]/.test(rest)
  return (isTwo || isThree) && !/^(?:[A-Z]|[ \-‐-―−.,]\d)/.test(rest) && !isAmount
}

function isBeforeLetters(text: string, start: number): boolean {
  const rest = text.slice(start)
  const [whole, letters = ''] = /^(?:(?:\+|00)?86[\s\-.]{0,3})?1[3-9]\d{9}([A-Z]*)/.exec(rest) ?? []
  if (whole === undefined || letters.length < 2 || /[0-9A-Z]$|\d[-.]$/.test(text.slice(0, start)))
    return false
  return !/^(?:\d|[-.]\d)/.test(rest.slice(whole.length))
}

function isResidentIdAt(text: string, start: number): boolean {
  if (isDigit(text.charAt(start - 1)) || !isDigit(text.charAt(start))) return false
  let id = text.charAt(start)
  let at = start + 1
  while (id.length < 17) {
    at = skip(text, at, /[^\p{L}\p{N}:]/u)
    if (!isDigit(text.charAt(at))) return false
    id += text.charAt(at++)
  }
  at = skip(text, at, /[^\p{L}\p{N}:×]/u)
  const last = /[×ХΧ]/.test(text.charAt(at)) ? 'X' : text.charAt(at)
  return !isDigit(text.charAt(at + 1)) && isPlainlyResidentId(id + last)
}

/** Past as many characters of a kind as may part two digits. */
function skip(text: string, start: number, kind: RegExp): number {
  let at = start
  while (at < start + 3 && kind.test(String.fromCodePoint(text.codePointAt(at) ?? 0x41))) at++
  return at
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9' && character.length === 1
}

function isPlainlyResidentId(id: string): boolean {
  const [, birth = ''] = /^[1-9]\d{5}(\d{8})\d{3}.$/.exec(id) ?? []
  return isDay(birth) && birth >= '1850' && birth < '2030' && id[17] === residentIdCheckOf(id.slice(0, 17))
}

function isDay(digits: string): boolean {
  const day = new Date(`${digits.replace(/^(....)(..)(..)$/, '$1-$2-$3')}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10).replaceAll('-', '') === digits
}

function isMobileNumberAt(text: string, start: number): boolean {
  const [before, rest] = [text.slice(0, start), text.slice(start)]
  if (!/^[+018]/.test(rest)) return false
  if (isDigit(before.slice(-1))) return false
  const numbers = [
    rest,
    ...['86', '+86', '0086'].filter((code) => rest.startsWith(code)).flatMap(afterCountry),
  ]
  const goesOn = /\d[-.]$/.test(before)
  const isItem = /(^|[^\d.])[1-9]\d?\.$/.test(before)
  const isAfterOffice = /(^|\D)0\d\d\d?-?\d{7}\d?[-.]$/.test(before)
  if (!goesOn || isItem || isAfterOffice) {
    if (
      numbers.some((number) => isInGroups(number) || (number.startsWith('0') && isDialled(number.slice(1))))
    )
      return true
  }
  return !goesOn && !/[A-Z]$/.test(before) && numbers.some(isPartedByDashes)

  function afterCountry(code: string): readonly string[] {
    return [0, 1, 2, 3]
      .filter((length) => /^[\s\-.]*$/.test(rest.slice(code.length, code.length + length)))
      .map((length) => rest.slice(code.length + length))
  }
}

function isDialled(number: string): boolean {
  const isInvoiceCode = /^\d{11}/.test(number) && findDivision(`${number.slice(0, 4)}00`) !== undefined
  return isInGroups(number) && !isInvoiceCode
}

function isInGroups(number: string): boolean {
  const groupings = [
    [11],
    [3, 4, 4],
    [4, 4, 3],
    [4, 3, 4],
    [3, 2, 2, 2, 2],
    Array.from({ length: 11 }, () => 1),
  ]
  return groupings.some((lengths) => [1, 2, 3, 4, 5, 6, 7, 8].some((gap) => isGrouped(number, lengths, gap)))
}

function isGrouped(number: string, lengths: readonly number[], gap: number): boolean {
  const starts = lengths.map((_, at) => lengths.slice(0, at).reduce((sum, length) => sum + length + gap, 0))
  const groups = starts.map((start, at) => number.slice(start, start + (lengths[at] ?? 0)))
  const separators = new Set(starts.slice(1).map((start) => number.slice(start - gap, start)))
  const end = (starts.at(-1) ?? 0) + (lengths.at(-1) ?? 0)
  return (
    /^1[3-9]\d{9}$/.test(groups.join('')) &&
    separators.size < 2 &&
    [...separators].every((separator) => /^[\s\-‐-―−._/·•・|~:转]{1,3}$|^\s{4,8}$/.test(separator)) &&
    !/[0-9A-Z]/.test(number.charAt(end))
  )
}

function isPartedByDashes(number: string): boolean {
  return /^1[3-9]\d[ \-‐-―−]?\d{4}[ \-‐-―−]?\d{4}(?![0-9A-Z])/.test(number)
}

function residentIdsOf(birth: string): readonly string[] {
  return Array.from({ length: 100 }, (_, order) => {
    const first17 = `999999${birth}${String(order).padStart(3, '0')}`
    return `${first17}${residentIdCheckOf(first17)}`
  })
}

function withWrongCheck(id: string): string {
  return `${id.slice(0, 17)}${id.endsWith('1') ? '2' : '1'}`
}

function dated(id: string, year: string, month: string, day: string): string {
  return `${id.slice(0, 6)} ${id.slice(6, 10)}${year}${id.slice(10, 12)}${month}${id.slice(12, 14)}${day}${id.slice(14)}`
}

function grouped(id: string, separator: string): string {
  return [id.slice(0, 6), id.slice(6, 14), id.slice(14)].join(separator)
}

function same(text: string): string {
  return text
}

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0))
}

function inDigitsFrom(zero: number, text: string): string {
  return text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))
}

function spelt(text: string): string {
  return text.replace(/\d/g, (digit) => '〇一二三四五六七八九'.charAt(Number(digit)))
}

/** ⓪, ① to ⑨, Ⓧ. */
function circled(text: string): string {
  return text
    .replaceAll('0', '⓪')
    .replace(/[1-9]/g, (digit) => String.fromCharCode(0x245f + Number(digit)))
    .replaceAll('X', 'Ⓧ')
}

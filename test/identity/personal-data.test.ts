import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findPersonalData, type PersonalData } from '../../shared/identity/personal-data.ts'
import { aResidentId, completed, residentIdCheckOf } from './check-digits.ts'

/** Division 999999 does not exist: the numbers are nobody's. */
const residentId = `99999919700101001${residentIdCheckOf('99999919700101001')}`
const endingInX = residentIdsOf('19800101').find((id) => id.endsWith('X')) ?? ''
const mobile = '13900000000'

describe('a resident ID', () => {
  test.each([
    residentId,
    endingInX,
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
  ])('is found in %s', (text) => {
    expect(findPersonalData(text)).toBe('RESIDENT_ID')
  })

  test('is found however its digits are written, single separators and whatever does not show between them', () => {
    const aSeparator = fc.constantFrom('', '', ' ', '-', '－', '\u3000', '–', '−')
    const invisible = fc.string({ unit: fc.constantFrom('\u200b', '\u200e', '\ufeff', '\u00ad', '\u202c') })
    const aGap = fc.tuple(invisible, aSeparator, invisible).map((parts) => parts.join(''))
    const aWriting = fc.func(fc.constantFrom(same, fullWidth, circled))
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
    ['a resident ID’s digits after a letter', `A${residentId}`],
    ['a resident ID’s digits parted twice', grouped(residentId, '  ')],
    ['a resident ID’s digits parted by full stops', grouped(residentId, '.')],
    ['a USCC', completed()],
    ['a USCC of digits only, which occurs', '911100000000184548'],
    ['a registration number', '320404000009558'],
    ['a document’s long number', '33020320241390000000001'],
    ['a document’s number', '甬市监处罚〔2024〕139号'],
    ['a document’s number that goes on', '2024-13900000000'],
    ['a decimal', '0.13900000000'],
    ['eleven digits of no mobile network', '12900000000'],
    ['ten digits', '1390000000'],
    ['twelve digits', '139000000000'],
    ['a mobile number’s digits after a letter', 'NO13900000000'],
    ['a mobile number’s digits parted twice', '139  0000  0000'],
    ['a landline number', '0574-87654321'],
    ['a time', '2024-01-01 13:59:00.000'],
    ['a list', '1、3、9、0、0、0、0、0、0、0、0'],
  ])('is found in %s: %s', (_, text) => {
    expect(findPersonalData(text)).toBeUndefined()
  })
})

describe('what a text holds about a person', () => {
  test('is what the plain definition finds in it', () => {
    const pieces = [
      ...'0123456789X9x１９①⑬¹ -—−.,A字\u200b\u202c\u3000',
      ...[residentId, endingInX, mobile, '999999', '19700101', '0010', '139', '0000', '+86'],
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
  // characters, private use and nothing
  test('is what the plain definition finds, whatever character stands within it or for a digit of it', () => {
    for (const character of charactersOf([0x0, 0x1ffff], [0xe0000, 0xe0fff])) {
      for (const text of [`139${character}00000000`, `1390000${character}0000`, `1390000${character}000`]) {
        if (findPersonalData(text) !== plainlyFound(text)) expect.fail(`not in ${JSON.stringify(text)}`)
      }
    }
  })
})

function charactersOf(...ranges: readonly (readonly [first: number, last: number])[]): readonly string[] {
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at)),
  )
}

/** Folds all of it and reads on from each place: no look beforehand, no pattern over the whole. */
function plainlyFound(text: string): PersonalData | undefined {
  const folded = text
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
  const places = Array.from(folded, (_, at) => at)
  if (places.some((at) => isResidentIdAt(folded, at))) return 'RESIDENT_ID'
  return places.some((at) => isMobileNumberAt(folded, at)) ? 'MOBILE_NUMBER' : undefined
}

function isResidentIdAt(text: string, start: number): boolean {
  if (/[0-9A-Z]/.test(text.charAt(start - 1))) return false
  let id = ''
  let at = start
  for (; id.length < 18; at++) {
    if (id !== '' && isSeparator(text.charAt(at))) at++
    if (!/[0-9X]/.test(text.charAt(at))) return false
    id += text.charAt(at)
  }
  return !/[0-9A-Z]/.test(text.charAt(at)) && isPlainlyResidentId(id)
}

function isPlainlyResidentId(id: string): boolean {
  const [, birth = '', ...date] = /^[1-9]\d{5}((\d{4})(\d\d)(\d\d))\d{3}.$/.exec(id) ?? []
  const day = new Date(`${date.join('-')}T00:00:00Z`)
  const exists = !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10).replaceAll('-', '') === birth
  return exists && birth >= '1850' && birth < '2100' && id[17] === residentIdCheckOf(id.slice(0, 17))
}

function isMobileNumberAt(text: string, start: number): boolean {
  const before = text.slice(0, start)
  if (/[0-9A-Z]$/.test(before) || /\d[-.]$/.test(before)) return false
  const prefixes = ['', '+', '00'].flatMap((plus) => ['86', '86 ', '86-'].map((code) => `${plus}${code}`))
  return ['', ...prefixes].some(
    (prefix) =>
      text.startsWith(prefix, start) &&
      /^1[3-9]\d[ \-‐-―−]?\d{4}[ \-‐-―−]?\d{4}(?![0-9A-Z])/.test(text.slice(start + prefix.length)),
  )
}

function isSeparator(character: string): boolean {
  return character !== '' && ' -‐‑‒–—―−'.includes(character)
}

function residentIdsOf(birth: string): readonly string[] {
  return Array.from({ length: 100 }, (_, order) => {
    const first17 = `999999${birth}${String(order).padStart(3, '0')}`
    return `${first17}${residentIdCheckOf(first17)}`
  })
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

/** ⓪, ① to ⑨, Ⓧ. */
function circled(text: string): string {
  return text
    .replaceAll('0', '⓪')
    .replace(/[1-9]/g, (digit) => String.fromCharCode(0x245f + Number(digit)))
    .replaceAll('X', 'Ⓧ')
}

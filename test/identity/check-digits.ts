import fc from 'fast-check'

/** The check characters as the standards define them, by what must hold of the whole; the source computes them. */

export const USCC_CHARACTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY'
export const ORGANISATION_CODE_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** GB 32100 §5.6: with the first character weighted 1 and each next three times as much, the sum with C18 is 0 modulo 31. */
export function usccCheckOf(first17: string): string {
  const sum = [...first17].reduce(
    (total, character, at) => total + BigInt(USCC_CHARACTERS.indexOf(character)) * 3n ** BigInt(at),
    0n,
  )
  return only(USCC_CHARACTERS, (_, value) => (sum + BigInt(value)) % 31n === 0n)
}

/** GB 11714 §6: the sum of the eight characters, weighted 3, 7, 9, 10, 5, 8, 4 and 2, with C9 is 0 modulo 11; X is 10. */
export function organisationCodeCheckOf(body: string): string {
  const values = [...body].map((character) => ORGANISATION_CODE_CHARACTERS.indexOf(character))
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = values
  const sum = 3 * a + 7 * b + 9 * c + 10 * d + 5 * e + 8 * f + 4 * g + 2 * h
  return only('0123456789X', (_, value) => (sum + value) % 11 === 0)
}

/** ISO 7064 MOD 11-2 (GB 11643): the last character weighted 1 and each before it twice as much, the sum is 1 modulo 11. */
export function residentIdCheckOf(first17: string): string {
  const sum = [...first17].reverse().reduce((total, digit, at) => total + Number(digit) * 2 ** (at + 1), 0)
  return only('0123456789X', (_, value) => (sum + value) % 11 === 1)
}

/** ISO 7064 MOD 11,10: take the sum modulo 10 (0 is 10), double it modulo 11, add the next digit; end on 1 modulo 10. */
export function registrationNumberCheckOf(first14: string): string {
  let carried = 10
  for (const digit of first14) {
    const sum = (carried + Number(digit)) % 10
    carried = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return only('0123456789', (_, value) => (carried + value) % 10 === 1)
}

function only(characters: string, holds: (character: string, value: number) => boolean): string {
  const [found = '', ...more] = [...characters].filter(holds)
  if (found === '' || more.length > 0) throw new Error('a check character is one and only one')
  return found
}

/** A code with both its check characters; its organisation code begins with YY unless a test says otherwise. */
export function completed({ prefix = '91', division = '330203', body = 'YY000001' } = {}): string {
  const first17 = `${prefix}${division}${body}${organisationCodeCheckOf(body)}`
  return `${first17}${usccCheckOf(first17)}`
}

const text = (characters: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: length, maxLength: length })

/** The eight first characters of an organisation code that is nobody's, without the letters a USCC may not have. */
export const aBody = text(USCC_CHARACTERS, 6).map((rest) => `YY${rest}`)

export const aUscc = fc
  .record({
    prefix: fc.constantFrom('11', '12', '31', '52', '91', '92', '93', 'A1', 'N2', 'Y1'),
    division: fc.constantFrom('100000', '110103', '330203', '440101', '659001'),
    body: aBody,
  })
  .map(completed)

/** Authority 999999 does not exist: the number is nobody's. */
export const aRegistrationNumber = text('0123456789', 8).map((sequence) => {
  const first14 = `999999${sequence}`
  return `${first14}${registrationNumberCheckOf(first14)}`
})

/** Division 999999 does not exist: the number is nobody's. */
export const aResidentId = fc
  .record({
    day: fc.date({
      min: new Date('1900-01-01T00:00:00Z'),
      max: new Date('2025-12-31T00:00:00Z'),
      noInvalidDate: true,
    }),
    order: text('0123456789', 3),
  })
  .map(({ day, order }) => {
    const first17 = `999999${day.toISOString().slice(0, 10).replaceAll('-', '')}${order}`
    return `${first17}${residentIdCheckOf(first17)}`
  })

/** Every text that differs from this one in one place, by a character that may stand there. */
export function substitutions(
  code: string,
  characters: (at: number) => string,
): readonly { readonly at: number; readonly changed: string }[] {
  return [...code].flatMap((was, at) =>
    [...characters(at)]
      .filter((character) => character !== was)
      .map((character) => ({ at, changed: `${code.slice(0, at)}${character}${code.slice(at + 1)}` })),
  )
}

/** Every text that this one becomes when two neighbours, not the same, change places. */
export function transpositions(code: string): readonly { readonly at: number; readonly changed: string }[] {
  return [...code.slice(1)].flatMap((right, at) => {
    const left = code.charAt(at)
    return left === right ? [] : [{ at, changed: `${code.slice(0, at)}${right}${left}${code.slice(at + 2)}` }]
  })
}

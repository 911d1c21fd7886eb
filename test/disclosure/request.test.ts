import fc from 'fast-check'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { thumbprint } from '../../shared/base/digest.ts'
import { legalBases } from '../../shared/disclosure/legal-basis.ts'
import { parseRecipientKey, recipientJwkSchema } from '../../shared/disclosure/recipient-key.ts'
import { checkRequest, parseSent, type RequestCode, requestDigest } from '../../shared/disclosure/request.ts'
import { requestRules } from '../../shared/disclosure/request-rules.ts'
import { residentIdCheck } from '../../shared/identity/resident-id.ts'
import {
  alpha,
  beta,
  policy,
  recipientPrivate,
  recipientPublic,
  sampleRequest,
  start,
  syntheticUscc,
} from './sample.ts'

const context = { now: start, policy }
const instrument = sampleRequest()['instrument'] as Record<string, unknown>
const eleven = Array.from({ length: 11 }, (_, number) => syntheticUscc(number + 1))
// A birth date long ago in a division that does not exist
const person = `99999919000101001${residentIdCheck('99999919000101001')}`
const individual = syntheticUscc(7, '92')

type Row = readonly [title: string, changes: Record<string, unknown>, code: RequestCode, path: string]

const refusals: readonly Row[] = [
  ['a wildcard for an organisation', { organisations: [alpha, '91*'] }, 'SCOPE_WILDCARD', '/organisations/1'],
  ['the word for all fields', { fields: ['name', 'ALL'] }, 'SCOPE_WILDCARD', '/fields/1'],
  ['no organisation', { organisations: [] }, 'ORGANISATION_NONE', '/organisations'],
  ['eleven organisations', { organisations: eleven }, 'ORGANISATION_LIMIT', '/organisations'],
  ['a person’s number', { organisations: [alpha, person] }, 'SUBJECT_NATURAL_PERSON', '/organisations/1'],
  [
    'a code with a wrong check character',
    { organisations: [`${alpha.slice(0, 17)}${alpha[17] === '0' ? '1' : '0'}`] },
    'ORGANISATION_INVALID',
    '/organisations/0',
  ],
  [
    'a code in lower case',
    { organisations: [alpha.toLowerCase()] },
    'ORGANISATION_INVALID',
    '/organisations/0',
  ],
  [
    'a code with a space after it',
    { organisations: [beta, `${alpha} `] },
    'ORGANISATION_INVALID',
    '/organisations/1',
  ],
  [
    'the beginning of a code',
    { organisations: [alpha.slice(0, 8)] },
    'ORGANISATION_INVALID',
    '/organisations/0',
  ],
  [
    'an individual business',
    { organisations: [alpha, individual] },
    'SUBJECT_INDIVIDUAL_BUSINESS',
    '/organisations/1',
  ],
  [
    'an organisation twice',
    { organisations: [alpha, beta, alpha] },
    'ORGANISATION_REPEATED',
    '/organisations/2',
  ],
  ['no field', { fields: [] }, 'FIELD_NONE', '/fields'],
  ['a member of a field', { fields: ['licences.document_number'] }, 'FIELD_UNKNOWN', '/fields/0'],
  ['a field of the published edition alone', { fields: ['next_change_at'] }, 'FIELD_UNKNOWN', '/fields/0'],
  ['a field in other case', { fields: ['name', 'Licences'] }, 'FIELD_UNKNOWN', '/fields/1'],
  ['a field twice', { fields: ['name', 'name'] }, 'FIELD_REPEATED', '/fields/1'],
  [
    'a window that ends before it begins',
    { window: { from: '2025-02-02', to: '2025-02-01' } },
    'WINDOW_REVERSED',
    '/window/to',
  ],
  [
    'a window to tomorrow',
    { window: { from: '2025-02-02', to: '2026-11-24' } },
    'WINDOW_IN_FUTURE',
    '/window/to',
  ],
  [
    'a window of five years and two days',
    { window: { from: '2020-01-01', to: '2025-01-02' } },
    'WINDOW_TOO_LONG',
    '/window',
  ],
  [
    'a basis that is not in the table',
    { legalBasis: { code: 'CN-XXX-1' } },
    'LEGAL_BASIS_UNKNOWN',
    '/legalBasis/code',
  ],
  [
    'a foreign body’s request',
    { legalBasis: { code: 'CN-DSL-36' } },
    'CONFLICT_REVIEW_REQUIRED',
    '/legalBasis/code',
  ],
  [
    'an instrument whose dates are reversed',
    { instrument: { ...instrument, expiresOn: '2026-11-19' } },
    'INSTRUMENT_DATES_REVERSED',
    '/instrument/expiresOn',
  ],
  [
    'an instrument of tomorrow',
    { instrument: { ...instrument, issuedOn: '2026-11-24' } },
    'INSTRUMENT_NOT_YET_ISSUED',
    '/instrument/issuedOn',
  ],
  [
    'an instrument that has expired',
    { instrument: { ...instrument, expiresOn: '2026-11-22' } },
    'INSTRUMENT_EXPIRED',
    '/instrument/expiresOn',
  ],
  [
    'a mobile number in the purpose',
    { purpose: 'Call the witness on 13900000000 about it' },
    'PERSONAL_DATA',
    '/purpose',
  ],
  [
    'a mobile number in the issuer',
    { instrument: { ...instrument, issuedBy: '某局 13900000000' } },
    'PERSONAL_DATA',
    '/instrument/issuedBy',
  ],
  ['a person’s number in its key', { idempotencyKey: `case-${person}` }, 'PERSONAL_DATA', '/idempotencyKey'],
  [
    'a mobile number glued to letters in its key',
    { idempotencyKey: 'tel13900000000' },
    'PERSONAL_DATA',
    '/idempotencyKey',
  ],
  ['a private key', { recipientKey: recipientPrivate }, 'RECIPIENT_KEY_PRIVATE', '/recipientKey/d'],
  [
    'a point off the curve',
    { recipientKey: { ...recipientPublic, y: 'A'.repeat(43) } },
    'RECIPIENT_KEY_INVALID',
    '/recipientKey',
  ],
  [
    'a point of low order',
    { recipientKey: { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) } },
    'RECIPIENT_KEY_INVALID',
    '/recipientKey',
  ],
  [
    'a key for signing',
    { recipientKey: { ...recipientPublic, use: 'sig' } },
    'REQUEST_MALFORMED',
    '/recipientKey/use',
  ],
  [
    'a symmetric key',
    { recipientKey: { kty: 'oct', k: 'c2VjcmV0' } },
    'REQUEST_MALFORMED',
    '/recipientKey/crv',
  ],
  ['a member that is not known', { similarTo: alpha }, 'REQUEST_MALFORMED', ''],
  ['no window', { window: undefined }, 'REQUEST_MALFORMED', '/window'],
  [
    'a day that does not exist',
    { window: { from: '2025-02-30', to: '2025-03-01' } },
    'REQUEST_MALFORMED',
    '/window/from',
  ],
  ['no purpose to speak of', { purpose: '          ' }, 'REQUEST_MALFORMED', '/purpose'],
  [
    'an instrument without its hash',
    { instrument: { ...instrument, sha256: '' } },
    'REQUEST_MALFORMED',
    '/instrument/sha256',
  ],
]

/** What becomes of a request that is new. */
function judge(sent: unknown, at = context): ReturnType<typeof parseSent> {
  const parsed = parseSent(sent)
  return parsed.outcome === 'refused' ? parsed : (checkRequest(parsed.request, at) ?? parsed)
}

describe('a request for disclosure', () => {
  test('is read when it names organisations, fields, window, basis, instrument, purpose and key', () => {
    expect(judge(sampleRequest(), context).outcome).toBe('parsed')
  })

  test.each(refusals)('with %s is refused with its code and path', (_title, changes, code, path) => {
    expect(judge(sampleRequest(changes), context)).toMatchObject({ outcome: 'refused', code, path })
  })

  test('has a sample for every rule', () => {
    const seen = new Set(refusals.map(([, , code]) => code))
    expect(requestRules.map((rule) => rule.code).filter((code) => !seen.has(code))).toEqual([])
  })

  test('is not refused for a window of exactly five years, nor for one that ends today in China', () => {
    const window = { from: '2021-11-23', to: '2026-11-23' }
    expect(judge(sampleRequest({ window }), context).outcome).toBe('parsed')
  })

  test('counts days in China: what is tomorrow there is refused though it is near', () => {
    const late = { ...context, now: '2026-11-23T15:59:59.999Z' as typeof start }
    const midnight = { ...context, now: '2026-11-23T16:00:00.000Z' as typeof start }
    const request = sampleRequest({ window: { from: '2026-01-01', to: '2026-11-24' } })
    expect(judge(request, late)).toMatchObject({ code: 'WINDOW_IN_FUTURE' })
    expect(judge(request, midnight).outcome).toBe('parsed')
  })

  test('says which rule its form breaks, and nothing of a form beside', () => {
    const refused = judge(sampleRequest({ instrument: { ...instrument, sha256: '' } }), context)
    if (refused.outcome !== 'refused') throw new Error(refused.outcome)
    expect(refused.reason.match(/form/gi)).toEqual(['form'])
  })

  test('never quotes what was sent, whatever it was', () => {
    const secret = '机密文字'
    const hole = fc.constantFrom(
      'organisations',
      'fields',
      'window',
      'legalBasis',
      'instrument',
      'purpose',
      'recipientKey',
      'idempotencyKey',
    )
    const value = fc.constantFrom<unknown>(
      secret,
      [secret],
      { [secret]: secret },
      { code: secret },
      { kty: secret, crv: secret },
    )
    fc.assert(
      fc.property(hole, value, (member, wrong) => {
        const result = judge(sampleRequest({ [member]: wrong }), context)
        expect(result.outcome).toBe('refused')
        expect(JSON.stringify(result)).not.toContain(secret)
      }),
    )
  })

  test('has one digest, in whatever order its organisations and fields came, and another for each change', () => {
    const digest = (changes: Record<string, unknown>): string => {
      const parsed = judge(sampleRequest(changes), context)
      return parsed.outcome === 'parsed' ? requestDigest(parsed.request, 'nanjing-bureau') : parsed.code
    }
    const turned = { organisations: [beta, alpha], fields: ['penalties', 'name', 'licences'] }
    expect(digest(turned)).toBe(digest({}))
    const changed = [
      { organisations: [alpha] },
      { fields: ['name'] },
      { purpose: 'Another purpose' },
      { idempotencyKey: 'request-0002' },
    ]
    expect(new Set([{}, ...changed].map(digest)).size).toBe(5)
  })

  test('rests on a basis that tells its source', () => {
    for (const basis of legalBases) expect(basis.source).toMatch(/第.+条/)
  })
})

describe('a recipient’s key', () => {
  test.each(['P-256', 'X25519'])('on %s has the thumbprint of RFC 7638', async (crv) => {
    const { publicKey } = await generateKeyPair('ECDH-ES', { crv, extractable: true })
    const jwk = await exportJWK(publicKey)
    const key = parseRecipientKey(recipientJwkSchema.parse({ ...jwk, use: 'enc', kid: 'desk' }))
    expect(key && thumbprint(key)).toBe(await calculateJwkThumbprint(jwk))
  })

  test('has one spelling: spare bits of its last character change nothing', () => {
    const { x = '', y = '' } = recipientPublic
    const spare = (text: string): string => {
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      return `${text.slice(0, 42)}${letters[letters.indexOf(text[42]!) + 1]}`
    }
    const respelt = recipientJwkSchema.parse({ kty: 'EC', crv: 'P-256', x: spare(x), y })
    expect(parseRecipientKey(respelt)).toEqual({ kty: 'EC', crv: 'P-256', x, y })
  })
})

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { stagesOf } from '../../bin/home-session.ts'
import { createApi } from '../../shared/api/app.ts'
import { openTokenVerifier } from '../../shared/principals/token.ts'
import { type ApiHome, answerOf, openApiHome, openHeldHome, requestOf } from './home.ts'

let api: ApiHome
let issuer: {
  readonly name: string
  readonly clientId: string
  readonly key: KeyObject
  readonly kid: string
}

beforeAll(async () => {
  api = await openApiHome()
  const { trusted } = api.home.issuer
  const pem = await readFile(join(api.home.directory, 'issuer.pem'))
  const [key] = (await trusted.fetchJwks()).keys
  const kid = String(key && 'kid' in key && key.kid)
  issuer = { name: trusted.issuer, clientId: trusted.clientId, key: createPrivateKey(pem), kid }
})

afterAll(() => api.close())

type Changes = {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: KeyObject | Uint8Array
}

/** A token as the issuer makes them, but for what is changed; a claim set to undefined is left out. */
function tokenWith({ claims = {}, header = {}, key = issuer.key }: Changes = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const usual = { token_use: 'access', client_id: issuer.clientId, username: 'operator', sub: 'operator' }
  return new SignJWT({ ...usual, iss: issuer.name, iat: now, exp: now + 60, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: issuer.kid, ...header })
    .sign(key)
}

const bearer = async (changes?: Changes) => `Bearer ${await tokenWith(changes)}`
const ask = (authorization: string | undefined) =>
  api.send({ path: '/v1/principals', headers: authorization === undefined ? {} : { authorization } })
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

test('a token as the issuer makes them is let in, whatever the case of its scheme', async () => {
  expect(await ask(await bearer())).toMatchObject({ status: 200 })
  expect(await ask(`bearer ${await tokenWith()}`)).toMatchObject({ status: 200 })
  expect(await ask(`Bearer ${await api.home.issuer.issue('operator')}`)).toMatchObject({ status: 200 })
})

/** Signed with the issuer's public key as if that were a secret both sides know. */
function signedWithPublicKey(form: 'pem' | 'raw'): Promise<string> {
  const key = createPublicKey(issuer.key)
  const secret =
    form === 'pem'
      ? Buffer.from(key.export({ format: 'pem', type: 'spki' }))
      : Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url')
  return bearer({ header: { alg: 'HS256' }, key: new Uint8Array(secret) })
}

async function unsigned(alg: string): Promise<string> {
  const [, claims] = (await tokenWith()).split('.')
  return `Bearer ${Buffer.from(JSON.stringify({ alg, kid: issuer.kid })).toString('base64url')}.${claims}.`
}

async function withClaimsOf(other: Changes): Promise<string> {
  const [header, , signature] = (await tokenWith()).split('.')
  return `Bearer ${header}.${(await tokenWith(other)).split('.')[1]}.${signature}`
}

const strangersKey = generateKeyPairSync('ed25519').privateKey

// biome-ignore format: a table reads by rows
const failing: readonly (readonly [string, () => Promise<string | undefined>])[] = [
  ['there is none', async () => undefined],
  ['the header is empty', async () => ''],
  ['the scheme is another', async () => `Basic ${Buffer.from('operator:operator').toString('base64')}`],
  ['it stands there without a scheme', () => tokenWith()],
  ['there is nothing after the scheme', async () => 'Bearer '],
  ['there are two', async () => `${await bearer()} ${await tokenWith()}`],
  ['it is garbage', async () => 'Bearer garbage'],
  ['it is three parts of garbage', async () => 'Bearer a.b.c'],
  ['its signature is cut off', async () => (await bearer()).slice(0, -20)],
  ['its claims were changed after signing', () => withClaimsOf({ claims: { username: 'steward' } })],
  ['it has expired', () => bearer({ claims: { exp: inSeconds(-1) } })],
  ['it never expires', () => bearer({ claims: { exp: undefined } })],
  ['it does not hold yet', () => bearer({ claims: { nbf: inSeconds(60) } })],
  ['it is for another client', () => bearer({ claims: { client_id: 'another' } })],
  ['it is for no client', () => bearer({ claims: { client_id: undefined } })],
  ['it is an identity token', () => bearer({ claims: { token_use: 'id', aud: issuer.clientId } })],
  ['another issuer made it', () => bearer({ claims: { iss: 'https://issuer.invalid' } })],
  ['nobody says to have made it', () => bearer({ claims: { iss: undefined } })],
  ['another key signed it under this key’s id', () => bearer({ key: strangersKey })],
  ['its key id is unknown', () => bearer({ header: { kid: 'another' } })],
  ['its key id is missing', () => bearer({ header: { kid: undefined } })],
  ['it is not signed (alg none)', () => unsigned('none')],
  ['it is not signed, and says it is', () => unsigned('EdDSA')],
  ['it is signed by HS256 with the public key as PEM', () => signedWithPublicKey('pem')],
  ['it is signed by HS256 with the public key’s bytes', () => signedWithPublicKey('raw')],
  ['it names nobody', () => bearer({ claims: { username: undefined } })],
  ['it names nobody but in sub', () => bearer({ claims: { username: undefined, sub: 'operator' } })],
  ['what it names is no text', () => bearer({ claims: { username: ['operator'] } })],
  ['it names an unknown principal', () => bearer({ claims: { username: 'nobody' } })],
  ['it names a key of the store', () => bearer({ claims: { username: 'principals#operator' } })],
  ['it names a principal in other letters', () => bearer({ claims: { username: 'Operator' } })],
]

describe('a token does not hold, and every answer is the same 401, when', () => {
  test.each(failing)('%s', async (_title, authorization) => {
    const answer = await ask(await authorization())
    expect(answer).toMatchObject({ status: 401, body: { code: 'TOKEN_INVALID' } })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.text).toBe((await ask(undefined)).text)
    expect(api.faults).toEqual([])
  })
})

test('a principal that is revoked is out at once, with a token issued before', async () => {
  const send = (path: string, as: string) => api.send({ path, as })
  expect(await send('/v1/datasets', 'analyst')).toMatchObject({ status: 200 })
  await api.send({ method: 'POST', path: '/v1/principals/analyst/revocation', as: 'operator' })
  const answer = await send('/v1/datasets', 'analyst')
  expect(answer).toMatchObject({ status: 401, body: { code: 'TOKEN_INVALID' } })
  expect(answer.headers.get('www-authenticate')).toBe('Bearer')
})

test('what a token says of a role is not read: the stored principal has it', async () => {
  const authorization = await bearer({
    claims: { username: 'steward', role: 'operator', 'cognito:groups': ['operator'] },
  })
  expect(await ask(authorization)).toMatchObject({ status: 403 })
})

test('every route under /v1 wants a token, those there are not as well', async () => {
  const routes = new Set(api.api.routes.map(({ method, path }) => `${method} ${path}`))
  const open = ['GET /healthz', 'GET /openapi.json', 'GET /ledger/*']
  expect([...routes]).toEqual(expect.arrayContaining(open))
  const closed = [...routes, 'GET /v1/none'].filter(
    (route) => !open.includes(route) && !route.startsWith('ALL'),
  )
  expect(closed.length).toBeGreaterThan(15)
  for (const route of closed) {
    const [method = '', path = ''] = route.split(' ')
    expect({ route, status: (await api.send({ method, path })).status }).toEqual({ route, status: 401 })
  }
  await api.work()
  for (const route of open) {
    const path = route.slice(4).replace('*', 'checkpoint')
    expect(await api.send({ path })).toMatchObject({ status: 200 })
  }
})

test('while the issuer’s keys cannot be had, nobody is told that their token is bad', async () => {
  const faults: unknown[] = []
  const fetchJwks = () => Promise.reject(new Error('no route to host'))
  const verifyToken = openTokenVerifier({ ...api.home.issuer.trusted, fetchJwks })
  const cut = createApi({
    ...{ world: api.home, verifyToken, stages: stagesOf(api.home) },
    onFault: (fault) => faults.push(fault),
  })
  const answer = await answerOf(await cut.request(requestOf({ path: '/v1/principals' }, await tokenWith())))
  expect(answer).toMatchObject({
    status: 503,
    body: { code: 'TEMPORARILY_UNAVAILABLE', detail: 'TOKEN_KEYS_UNAVAILABLE' },
  })
  expect(faults).toHaveLength(1)
})

test('an approval of an officer who is revoked releases nothing, and the case says why', async () => {
  const held = await openHeldHome()
  onTestFinished(() => held.close())
  const { caseId, scopeSha256 } = held.held
  const act = (as: string, path: string, json: object = {}) => held.send({ method: 'POST', path, as, json })
  for (const officer of ['officer-one', 'officer-two']) {
    await act(officer, `/v1/cases/${caseId}/approve`, { scopeSha256 })
  }
  await act('operator', '/v1/principals/officer-one/revocation')
  const answer = await act('officer-two', `/v1/cases/${caseId}/release`)
  expect(answer).toMatchObject({ status: 409, body: { code: 'APPROVER_REVOKED' } })
})

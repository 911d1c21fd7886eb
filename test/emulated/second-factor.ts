import { createHmac, randomUUID } from 'node:crypto'
import {
  AssociateSoftwareTokenCommand,
  CognitoIdentityProviderClient,
  SetUserMFAPreferenceCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { expect, test } from 'vitest'
import { openStackSession } from '../../bin/stack-session.ts'
import { createAccounts } from '../../emulator/accounts.ts'
import type { EmulatedStack } from '../../emulator/stack.ts'
import { sessionOf } from './deployed.ts'

/** Signing in by a password and by what a phone shows. */
export function secondFactor(opened: () => EmulatedStack): void {
  test('who has turned a second factor on signs in by its code, and by the password alone no more', async () => {
    const { outputs, password } = opened()
    const name = `officer-${randomUUID().slice(0, 8)}`
    await createAccounts(outputs, [name], password)
    const json = { name, role: 'compliance' }
    const adding = { method: 'POST', path: '/v1/principals', as: 'operator', json } as const
    expect(await sessionOf(opened()).call(adding)).toMatchObject({ status: 200 })
    const secret = await turnOn(await sessionOf(opened()).token(name))
    const listCases = (code?: string) => {
      const signIn = { password, ...(code && { oneTimeCode: async () => code }) }
      return openStackSession({ outputs, signIn }).call({ method: 'GET', path: '/v1/cases', as: name })
    }
    expect(await listCases(codeOf(secret))).toMatchObject({ status: 200 })
    await expect(listCases()).rejects.toMatchObject({ document: { code: 'ONE_TIME_CODE_MISSING' } })
    const wrong = codeOf(secret, Date.now() - 24 * 60 * 60 * 1000)
    await expect(listCases(wrong)).rejects.toMatchObject({ document: { code: 'SIGN_IN_REFUSED' } })
  })
}

/** As docs/deploying.md has people do it; answers the secret that their phone takes over. */
async function turnOn(AccessToken: string): Promise<string> {
  const client = new CognitoIdentityProviderClient()
  const { SecretCode = '' } = await client.send(new AssociateSoftwareTokenCommand({ AccessToken }))
  await client.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: codeOf(SecretCode) }))
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
  await client.send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings }))
  return SecretCode
}

/** What is shown for a secret (RFC 6238): six digits of each half minute. */
function codeOf(secret: string, atMs = Date.now()): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)))
  const digest = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = digest.readUInt8(19) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function fromBase32(text: string): Buffer {
  const bits = [...text.replaceAll('=', '')].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  const bytes = bits.join('').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}

import { createPrivateKey, createPublicKey } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { JWK } from 'jose'
import { z } from 'zod'
import { parseInstant, systemClock } from '../../shared/base/instant.ts'
import { CommandEnd } from '../command-end.ts'
import { endUnreadable, readText } from '../file.ts'
import type { Sender } from './collect.ts'

const member = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const privateJwkSchema = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: member,
  d: member,
})

type Signing = { readonly authority: string; readonly key?: string; readonly sentAt?: string }

/** Who sends: signed where a file with a key is named, and as of a moment where one is told. */
export async function openSender({ authority, key, sentAt }: Signing): Promise<Sender> {
  const at = sentAt === undefined ? undefined : parseInstant(sentAt)
  const now = at === undefined ? systemClock : () => at
  return { authority, key: key === undefined ? undefined : await readSigningKey(key), now }
}

/** Reads the private half of an authority's signing key; ends the command with 2 where others could read it too. */
async function readSigningKey(file: string): Promise<JWK> {
  const { mode } = await stat(file).catch(endUnreadable(file))
  if ((mode & 0o077) !== 0) {
    const reason = `${file} is open to others than its owner: chmod 600, or make a new key`
    throw new CommandEnd(2, 'KEY_FILE_OPEN', reason)
  }
  const jwk = parsePrivateJwk(await readText(file))
  if (jwk === undefined) {
    throw new CommandEnd(2, 'KEY_MALFORMED', `${file} is not the private half of a key (JWK, Ed25519)`)
  }
  return jwk
}

function parsePrivateJwk(text: string): JWK | undefined {
  try {
    const { kty, crv, x, d } = privateJwkSchema.parse(JSON.parse(text))
    const key = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' })
    // The two halves of one key: the name that goes with a signature comes from the public one
    const isOne = createPublicKey(key).export({ format: 'jwk' }).x === x
    return isOne ? { kty, crv, x, d } : undefined
  } catch {
    // What the parsers throw may quote the key
    return undefined
  }
}

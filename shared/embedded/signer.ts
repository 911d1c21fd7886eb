import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Failure } from '../base/failure.ts'
import type { EcdsaSigner, Signer } from '../ports.ts'
import { createFile, errnoOf, makeDirectory } from './durable-file.ts'

/** Signs with the key in a file, made at the first opening. Throws what `readOrCreateKey` throws. */
export async function openSigner(file: string): Promise<Signer> {
  const key = createPrivateKey(await readOrCreateKey(file))
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return {
    verifierKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: async (message) => new Uint8Array(sign(null, message, key)),
  }
}

/** As `openSigner`, with ECDSA. */
export async function openEcdsaSigner(file: string): Promise<EcdsaSigner> {
  const key = createPrivateKey(await readOrCreateKey(file, 'ecdsa-p256'))
  return {
    verifierKey: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    sign: async (message) => sign('sha256', message, key),
  }
}

type KeyType = 'ed25519' | 'ecdsa-p256'

/**
 * The key in a file (PKCS #8 PEM, RFC 5958), made when there is none; processes that do so at the same
 * time end with the same key. Throws `SIGNER_KEY_EXPOSED` when the file's mode lets anybody but its owner at it,
 * `SIGNER_KEY_INVALID` when it holds no key of this type; neither is retryable.
 */
export async function readOrCreateKey(file: string, type: KeyType = 'ed25519'): Promise<string> {
  const pem = (await readKeyFile(file)) ?? (await createKeyFile(file, type))
  if (typeOf(pem) !== type) throw new Failure('SIGNER_KEY_INVALID', { retryable: false })
  return pem
}

async function readKeyFile(file: string): Promise<string | undefined> {
  const handle = await open(file, 'r').catch((fault: unknown) => {
    if (errnoOf(fault) === 'ENOENT') return undefined
    throw fault
  })
  if (handle === undefined) return undefined
  try {
    // Of the open handle, not of the path: what is checked is what is read
    const { mode } = await handle.stat()
    if ((mode & 0o077) !== 0) throw new Failure('SIGNER_KEY_EXPOSED', { retryable: false })
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

// Linked under its name when whole: a crash leaves no half key, and of two racing processes one link wins
async function createKeyFile(file: string, type: KeyType): Promise<string> {
  const { privateKey } =
    type === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
  const directory = dirname(resolve(file))
  await makeDirectory(directory, dirname(directory))
  await createFile(file, Buffer.from(pem))
  const stored = await readKeyFile(file)
  if (stored === undefined) throw new Failure('SIGNER_KEY_INVALID', { retryable: false })
  return stored
}

function typeOf(pem: string): KeyType | undefined {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem)
    if (asymmetricKeyType === 'ed25519') return 'ed25519'
    return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ecdsa-p256' : undefined
  } catch {
    // Without the cause: the parser's message may quote the file, and a key file's content belongs in no log
    return undefined
  }
}

import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEcdsaSigner, openSigner } from '../../shared/embedded/signer.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { startProcess } from './other-process.ts'

test('makes its key once, for its owner alone, and leaves nothing beside it', async () => {
  const directory = await temporaryDirectory()
  const file = join(directory, 'keys', 'ledger.pem')
  const first = await openSigner(file)
  const second = await openSigner(file)
  expect(second.verifierKey).toEqual(first.verifierKey)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  expect(await readdir(join(directory, 'keys'))).toEqual(['ledger.pem'])
})

test('those who open at the same moment, in one process or several, end with one key', async () => {
  const file = join(await temporaryDirectory(), 'ledger.pem')
  const others = [1, 2, 3].map(() => startProcess('sign', file).ended)
  const ours = await Promise.all(Array.from({ length: 10 }, () => openSigner(file)))
  const keys = ours.map((signer) => Buffer.from(signer.verifierKey).toString('hex'))
  expect(new Set([...keys, ...(await Promise.all(others)).flat()]).size).toBe(1)
})

test.each([0o640, 0o604, 0o620, 0o601])('refuses a key file of mode %o', async (mode) => {
  const file = join(await temporaryDirectory(), 'ledger.pem')
  await openSigner(file)
  await chmod(file, mode)
  await expect(openSigner(file)).rejects.toMatchObject({ code: 'SIGNER_KEY_EXPOSED', retryable: false })
})

test('an ECDSA key is made like it, and refused in the place of the other kind', async () => {
  const directory = await temporaryDirectory()
  const [file, other] = [join(directory, 'ecdsa.pem'), join(directory, 'ed25519.pem')]
  const signer = await openEcdsaSigner(file)
  expect((await openEcdsaSigner(file)).verifierKey).toEqual(signer.verifierKey)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const key = createPublicKey({ key: Buffer.from(signer.verifierKey), format: 'der', type: 'spki' })
  expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  const signature = await signer.sign(Buffer.from('message'))
  expect(verify('sha256', Buffer.from('message'), key, signature)).toBe(true)
  expect(verify('sha256', Buffer.from('massage'), key, signature)).toBe(false)
  await openSigner(other)
  const invalid = { code: 'SIGNER_KEY_INVALID', retryable: false, cause: undefined }
  await expect(openEcdsaSigner(other)).rejects.toMatchObject(invalid)
  await expect(openSigner(file)).rejects.toMatchObject(invalid)
  await writeFile(file, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export(PEM))
  await expect(openEcdsaSigner(file)).rejects.toMatchObject(invalid)
  await chmod(file, 0o640)
  await expect(openEcdsaSigner(file)).rejects.toMatchObject({ code: 'SIGNER_KEY_EXPOSED' })
})

const PEM = { format: 'pem', type: 'pkcs8' } as const

test.each([
  ['no key', 'hello'],
  ['nothing', ''],
  ['a key of another kind', generateKeyPairSync('x25519').privateKey.export(PEM)],
])('refuses a file that holds %s, and tells nothing of it', async (_, content) => {
  const file = join(await temporaryDirectory(), 'ledger.pem')
  await writeFile(file, content, { mode: 0o600 })
  const refused = await openSigner(file).catch((fault: unknown) => fault)
  expect(refused).toMatchObject({ code: 'SIGNER_KEY_INVALID', retryable: false, cause: undefined })
  expect(await readFile(file, 'utf8')).toBe(content)
})

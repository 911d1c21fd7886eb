import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

/** Makes a home in which one authority signs, and has to, and no other. */
export async function makeSignedHome(home: string, authority: string, publicJwk: string): Promise<void> {
  await run('principal', 'add', 'another', '--role', 'auditor', '--home', home)
  const file = join(home, 'authorities.json')
  const declared = JSON.parse(await readFile(file, 'utf8'))
  for (const each of declared.authorities) each.requireSignature = each.code === authority
  await writeFile(file, JSON.stringify(declared))
  const { code, stderr } = await run('authority', 'rotate-key', authority, '--jwk', publicJwk, '--home', home)
  if (code !== 0) throw new Error(stderr)
}

/** Makes a key pair, `key.jwk` and `public.jwk` in a directory. */
export async function makeKeyFiles(
  directory: string,
): Promise<{ readonly key: string; readonly jwk: string }> {
  const [key, jwk] = [join(directory, 'key.jwk'), join(directory, 'public.jwk')]
  const made = await run('authority', 'make-key', '--out', key)
  await writeFile(jwk, made.stdout)
  return { key, jwk }
}

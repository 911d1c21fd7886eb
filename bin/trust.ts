import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Trust } from '../shared/ledger/checkpoint.ts'
import { parsePolicy, type WitnessPolicy } from '../shared/ledger/policy.ts'
import { parseVerifierKey } from '../shared/ledger/verifier-key.ts'
import { CommandEnd } from './outcome.ts'

export type TrustOptions = { readonly vkey?: string; readonly policy?: string }

/** Whom a verifier believes, and how many witnesses are to have seen a checkpoint. */
export type Believed = { readonly trust: Trust; readonly policy?: WitnessPolicy }

/** Reads a verifier key, or the file that has one, and a witness policy. Ends the command with 2 for what is neither. */
export async function readTrust({ vkey, policy: file }: TrustOptions): Promise<Believed> {
  const policy = file === undefined ? undefined : await readPolicy(file)
  const keys = vkey === undefined ? [] : [await readKey(vkey)]
  const [key] = [...keys, ...(policy?.logs ?? [])]
  if (key === undefined)
    throw new CommandEnd(2, 'VKEY_MISSING', '--vkey or a --policy with the log is wanted')
  const believed = [...keys, ...(policy?.logs ?? [])].filter(({ name }) => name === key.name)
  const witnesses = policy?.witnesses.map(({ key: witness }) => witness) ?? []
  return { trust: { origin: key.name, keys: believed, witnesses }, ...(policy && { policy }) }
}

async function readKey(text: string) {
  const line = existsSync(text) ? (await readFile(text, 'utf8')).trim() : text
  const parsed = parseVerifierKey(line)
  if (parsed.outcome === 'refused') throw new CommandEnd(2, parsed.code, '--vkey')
  return parsed.key
}

async function readPolicy(file: string): Promise<WitnessPolicy> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CommandEnd(2, 'FILE_UNREADABLE', `${file} cannot be read`)
  })
  const parsed = parsePolicy(text)
  if (parsed.outcome === 'refused') throw new CommandEnd(2, 'POLICY_MALFORMED', `${file} line ${parsed.line}`)
  return parsed.policy
}

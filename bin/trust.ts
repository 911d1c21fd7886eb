import { existsSync } from 'node:fs'
import { Option } from 'commander'
import type { Trust } from '../shared/ledger/checkpoint.ts'
import { parsePolicy, type WitnessPolicy } from '../shared/ledger/policy.ts'
import { refusalReasons } from '../shared/ledger/refusal.ts'
import { parseVerifierKey } from '../shared/ledger/verifier-key.ts'
import { CommandEnd } from './command-end.ts'
import { readText } from './file.ts'

export type TrustOptions = { readonly vkey?: readonly string[]; readonly policy?: string }

/** Whom a verifier believes, and how many witnesses are to have seen a checkpoint. */
export type Believed = { readonly trust: Trust; readonly policy?: WitnessPolicy }

/** Reads verifier keys of one log, or files that have one each, and a witness policy. Ends the command with 2 for what is neither. */
export async function readTrust({ vkey = [], policy: file }: TrustOptions): Promise<Believed> {
  const policy = file === undefined ? undefined : await readPolicy(file)
  const keys = [...(await Promise.all(vkey.map(readKey))), ...(policy?.logs ?? [])]
  const [key] = keys
  if (key === undefined)
    throw new CommandEnd(2, 'VKEY_MISSING', '--vkey or a --policy with the log is wanted')
  const believed = keys.filter(({ name }) => name === key.name)
  const witnesses = policy?.witnesses.map(({ key: witness }) => witness) ?? []
  return { trust: { origin: key.name, keys: believed, witnesses }, ...(policy && { policy }) }
}

/** The option that names a key; it may be given again, for a second one. */
export function vkeyOption(otherwise = ''): Option {
  const told = `the key of the log, or a file that has it; again for a second one${otherwise}`
  const collect = (key: string, before: readonly string[] = []) => [...before, key]
  return new Option('--vkey <key>', told).argParser(collect)
}

async function readKey(text: string) {
  const line = existsSync(text) ? (await readText(text)).trim() : text
  const parsed = parseVerifierKey(line)
  if (parsed.outcome === 'refused') {
    const noFile = existsSync(text) ? '' : ' Nor is there such a file.'
    throw new CommandEnd(2, parsed.code, `--vkey: ${refusalReasons[parsed.code]}${noFile}`)
  }
  return parsed.key
}

async function readPolicy(file: string): Promise<WitnessPolicy> {
  const parsed = parsePolicy(await readText(file))
  if (parsed.outcome === 'refused') throw new CommandEnd(2, 'POLICY_MALFORMED', `${file} line ${parsed.line}`)
  return parsed.policy
}

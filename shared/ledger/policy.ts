import { type Cosigner, isCosigner } from './cosignature.ts'
import { parseVerifierKey, type VerifierKey } from './verifier-key.ts'

/** Whom a verifier believes, and which witnesses together are enough (tlog-policy). */
export type WitnessPolicy = {
  /** A checkpoint signed by any of them is a log's. */
  readonly logs: readonly VerifierKey[]
  readonly witnesses: readonly PolicyWitness[]
  readonly groups: readonly PolicyGroup[]
  /** The name of a witness or a group; 'none' where no witness is asked for. */
  readonly quorum: string
}

export type PolicyWitness = { readonly name: string; readonly key: Cosigner; readonly url?: string }
export type PolicyGroup = {
  readonly name: string
  readonly threshold: number
  readonly members: readonly string[]
}

/** Of the file, counted from 1, the line that is not as tlog-policy has it; past the end where a quorum lacks. */
export type PolicyRefusal = { readonly outcome: 'refused'; readonly line: number }

/** Reads a policy file (tlog-policy, "Policy file syntax and structure"). */
export function parsePolicy(
  text: string,
): { readonly outcome: 'parsed'; readonly policy: WitnessPolicy } | PolicyRefusal {
  const draft: Draft = { logs: [], witnesses: [], groups: [], quorum: undefined, members: new Set() }
  const lines = text.split('\n')
  for (const [at, line] of lines.entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '')
    const isIgnored = words.length === 0 || words[0]?.startsWith('#') === true
    if (hasControl(line) || !(isIgnored || readLine(draft, words)))
      return { outcome: 'refused', line: at + 1 }
  }
  const { logs, witnesses, groups, quorum } = draft
  if (quorum === undefined) return { outcome: 'refused', line: lines.length + 1 }
  return { outcome: 'parsed', policy: { logs, witnesses, groups, quorum } }
}

type Draft = {
  readonly logs: VerifierKey[]
  readonly witnesses: PolicyWitness[]
  readonly groups: PolicyGroup[]
  quorum: string | undefined
  /** Names that are in a group: each counts in one way only. */
  readonly members: Set<string>
}

function hasControl(line: string): boolean {
  return /[^\t\x20-\x7e\x80-\u{10ffff}]/u.test(line)
}

function readLine(draft: Draft, [keyword, ...words]: readonly string[]): boolean {
  switch (keyword) {
    case 'log':
      return readLog(draft, words)
    case 'witness':
      return readWitness(draft, words)
    case 'group':
      return readGroup(draft, words)
    case 'quorum':
      return readQuorum(draft, words)
    default:
      return false
  }
}

function readLog({ logs }: Draft, [vkey = '', ...rest]: readonly string[]): boolean {
  const parsed = parseVerifierKey(vkey)
  if (parsed.outcome === 'refused' || parsed.key.type === 'cosignature' || rest.length > 1) return false
  return isNewKey(logs, parsed.key) && logs.push(parsed.key) > 0
}

function readWitness(draft: Draft, [name = '', vkey = '', ...rest]: readonly string[]): boolean {
  const parsed = parseVerifierKey(vkey)
  if (parsed.outcome === 'refused' || !isCosigner(parsed.key) || rest.length > 1) return false
  const { key } = parsed
  const [url] = rest
  const isNew =
    isNewName(draft, name) &&
    isNewKey(
      draft.witnesses.map(({ key }) => key),
      key,
    )
  return isNew && draft.witnesses.push({ name, key, ...(url !== undefined && { url }) }) > 0
}

function readGroup(draft: Draft, [name = '', count = '', ...members]: readonly string[]): boolean {
  const threshold =
    count === 'any' ? 1 : count === 'all' ? members.length : Number(/^[1-9]\d*$/.test(count) ? count : 0)
  const isMember = (member: string) => isDefined(draft, member) && !draft.members.has(member)
  const holds = threshold >= 1 && threshold <= members.length && members.every(isMember)
  if (!holds || new Set(members).size < members.length || !isNewName(draft, name)) return false
  for (const member of members) draft.members.add(member)
  return draft.groups.push({ name, threshold, members }) > 0
}

function readQuorum(draft: Draft, [name = '', ...rest]: readonly string[]): boolean {
  if (draft.quorum !== undefined || rest.length > 0) return false
  draft.quorum = name
  return name === NONE || isDefined(draft, name)
}

const NONE = 'none'

function isDefined({ witnesses, groups }: Draft, name: string): boolean {
  return [...witnesses, ...groups].some((each) => each.name === name)
}

function isNewName(draft: Draft, name: string): boolean {
  return name !== '' && name !== NONE && !isDefined(draft, name)
}

function isNewKey(known: readonly VerifierKey[], key: VerifierKey): boolean {
  return !known.some(({ publicKey }) => Buffer.compare(publicKey, key.publicKey) === 0)
}

/** Whether these witnesses together are enough (tlog-policy, "Defining a witness group"). */
export function isQuorum(policy: WitnessPolicy, cosigners: readonly Cosigner[]): boolean {
  const hasSeen = (name: string): boolean => {
    const witness = policy.witnesses.find((each) => each.name === name)
    if (witness !== undefined) return cosigners.includes(witness.key)
    const group = policy.groups.find((each) => each.name === name)
    return group !== undefined && group.members.filter(hasSeen).length >= group.threshold
  }
  return policy.quorum === NONE || hasSeen(policy.quorum)
}

import { type Evidence, verifyEvidence } from '../shared/ledger/evidence.ts'
import { isQuorum } from '../shared/ledger/policy.ts'
import { refusalReasons } from '../shared/ledger/refusal.ts'
import { print } from './command.ts'
import { CommandEnd } from './command-end.ts'
import type { Believed } from './trust.ts'

type Verdict = { readonly document: object; readonly text: string }

/** Verifies each piece of evidence; ends the command with 1 if any does not hold. */
export function verifyEvidences(list: readonly Evidence[], { trust, policy }: Believed): Verdict {
  const entries = list.map((evidence) => {
    const { id, kind, at, number } = evidence
    const verified = verifyEvidence(evidence, trust)
    const isProven = verified.outcome === 'verified'
    const cosigners = isProven ? verified.seen.map(({ witness }) => witness) : []
    const code = isProven
      ? policy !== undefined && !isQuorum(policy, cosigners)
        ? ('QUORUM_MISSING' as const)
        : undefined
      : verified.code
    return {
      id,
      kind,
      at,
      number,
      verified: code === undefined,
      opened: isProven && verified.opened,
      ...(code && { code }),
    }
  })
  const document = { verified: entries.length > 0 && entries.every(({ verified }) => verified), entries }
  const lines = entries.map(
    ({ number, id, verified, opened, code }) =>
      `  ${verified ? 'proven' : 'NOT proven'}  ${number}  ${id}${opened ? '' : '  (what it says is not shown)'}${code === undefined ? '' : `  ${code}: ${reasonOf(code)}`}`,
  )
  const text = [
    `${entries.length} entries, ${document.verified ? 'all proven' : 'NOT all proven'}`,
    ...lines,
  ].join('\n')
  if (!document.verified) throw new CommandEnd(1, 'NOT_PROVEN', text, { document })
  return { document, text }
}

export async function printVerified(
  { document, text }: Verdict,
  { json }: { readonly json?: boolean },
): Promise<void> {
  await print(json ? JSON.stringify(document) : text)
}

function reasonOf(code: keyof typeof refusalReasons | 'QUORUM_MISSING'): string {
  return code === 'QUORUM_MISSING'
    ? 'Too few of the witnesses have signed the checkpoint.'
    : refusalReasons[code]
}

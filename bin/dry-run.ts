import { chinaDate, systemClock } from '../shared/base/instant.ts'
import { type DryRun, dryRunFile } from '../shared/ingest/dry-run.ts'
import type { Layout } from '../shared/ingest/layouts/layout.ts'
import type { Outcome } from '../shared/ingest/outcomes.ts'
import { policySchema } from '../shared/settings.ts'
import { type Admission, type AdmissionOf, describeAdmission, wholeRefusal } from './admission.ts'
import { openProgressBar } from './collector/progress-bar.ts'
import { print } from './command.ts'
import { CommandEnd } from './command-end.ts'
import type { LocalFile } from './local-file.ts'
import { describeOutcomes } from './pushed.ts'

/** What would become of a file that was read here: of its rows, and of the whole by whom it is from. */
export type FileDryRun = DryRun & {
  readonly dryRun: true
  readonly file: string
  readonly layout: string
  readonly admission: Admission
}

type Listing = {
  readonly admissionOf: AdmissionOf
  readonly outcomes: readonly Outcome[] | undefined
  readonly limit: number
}

/** By the policy that admits least: what a deployment admits besides is for its own to say. */
export async function dryRun(
  { name, format, sizeBytes, open }: LocalFile,
  layout: Layout,
  { admissionOf, ...listing }: Listing,
): Promise<FileDryRun> {
  const admission = await admissionOf(layout)
  const progress = openProgressBar(sizeBytes)
  try {
    const file = { format, bytes: progress.through(open()) }
    const today = chinaDate(systemClock())
    const found = await dryRunFile(layout, file, { ...listing, policy: policySchema.parse({}), today })
    return { dryRun: true, file: name, layout: layout.name, admission, ...found }
  } finally {
    progress.end()
  }
}

/** Places that are listed to people; a file may have as many faults as rows. */
export const LISTED_PLACES = 20

/** How what would become of a file begins. */
export const WOULD_BE = 'nothing was sent; it would be'

export function describeDryRun(dryRun: FileDryRun): string {
  const { file, layout, admission } = dryRun
  const first = `${file}: ${layout}; ${WOULD_BE}`
  const refusal = wholeRefusal(dryRun)
  if (refusal !== undefined) {
    const { code, path, reason } = refusal
    return `${first} refused whole: ${new CommandEnd(3, code, reason, { path }).message}`
  }
  const reasons = Object.entries(dryRun.reasons).map(([code, count]) => `  ${count} refused: ${code}`)
  return [first, ...describeOutcomes(dryRun), ...reasons, describeAdmission(admission)].join('\n')
}

/** Ends the command with 3 where the whole would be refused. */
export async function printDryRun(
  dryRun: FileDryRun,
  { json }: { readonly json?: boolean | undefined },
): Promise<void> {
  const text = describeDryRun(dryRun)
  const refusal = wholeRefusal(dryRun)
  if (refusal === undefined) return print(json ? JSON.stringify(dryRun) : text)
  const { code, path, reason } = refusal
  throw new CommandEnd(3, code, reason, { path, document: dryRun, text })
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { type ReplayReportBody, replayStepSchema } from '../../shared/api/replays.ts'
import { parseCalendarDate } from '../../shared/base/instant.ts'
import { type ClientOptions, clientCommand, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../command-end.ts'
import { report, type Session } from '../session.ts'

type ReplayOptions = ClientOptions & {
  readonly from: number | string
  readonly to?: number | string
  readonly authority?: string
  readonly yes?: boolean
}

type Done = { readonly dryRun: boolean; readonly submissions: readonly Submission[] }
type Submission = ReplayReportBody & { readonly entryId?: string | undefined }

export function replayCommand(): Command {
  const summary = 'Read the rows of submissions again by the mappings of today, and say what would change'
  return clientCommand('replay', summary, { may: 'submission:replay', as: 'operator' })
    .requiredOption(
      '--from <entry|day>',
      'the first entry, by number or by the day it was sealed',
      parseEntryOrDay,
    )
    .option('--to <entry|day>', 'the first entry left out (default: the end of the ledger)', parseEntryOrDay)
    .option('--authority <code>', 'submissions of this authority alone')
    .option('--yes', 'write it; without this nothing is written')
    .action((options: ReplayOptions) => runClient(options, (session) => replay(session, options), describe))
}

function parseEntryOrDay(text: string): number | string {
  if (/^\d{1,12}$/.test(text)) return Number(text)
  if (parseCalendarDate(text) !== undefined) return text
  throw new InvalidArgumentError('The number of an entry, or a day such as 2026-06-01.')
}

async function replay(
  session: Session,
  { as, from, to, authority, yes = false }: ReplayOptions,
): Promise<Done> {
  session.work()
  const submissions: Submission[] = []
  const began = performance.now()
  for (let next: number | string | undefined = from; next !== undefined; ) {
    const json = { from: next, to, authority, dryRun: !yes }
    const answer = await session.call({ method: 'POST', path: '/v1/ledger/replays', as, json })
    const step: z.infer<typeof replayStepSchema> = expectDone(answer, replayStepSchema)
    if (step.outcome === 'pending') {
      if (performance.now() - began > PENDING_TIMEOUT_MS)
        throw new CommandEnd(1, 'NOT_APPLIED_YET', 'an entry before is still to be applied; nothing is lost')
      await sleep(PENDING_POLL_MS)
    }
    if (step.report !== undefined) {
      submissions.push({ ...step.report, ...(step.entryId !== undefined && { entryId: step.entryId }) })
      report(`${submissions.length} submissions read`)
    }
    next = step.next
  }
  return { dryRun: !yes, submissions }
}

const PENDING_POLL_MS = 250
const PENDING_TIMEOUT_MS = 600_000

function describe({ dryRun, submissions }: Done): string {
  const lines = submissions.flatMap(({ differences, reasons, ...each }) => [
    `${each.authority}/${each.submissionId} by ${each.layout}: ${each.unchanged} unchanged, ${each.changed} changed, ${each.refused} refused now, ${each.repeated} equal to another now, ${each.accepted} accepted again, ${each.missing} without their rows`,
    ...Object.entries(differences).map(([fact, count]) => `  ${fact} differs in ${count}`),
    ...Object.entries(reasons).map(([code, count]) => `  ${code}: ${count}`),
  ])
  const total = `${submissions.length} submissions`
  return [...lines, dryRun ? `${total}; nothing was written, --yes writes it` : total].join('\n')
}

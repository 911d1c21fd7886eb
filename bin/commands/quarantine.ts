import { Command, InvalidArgumentError, Option } from 'commander'
import type { z } from 'zod'
import {
  type quarantinedSchema,
  quarantinePageSchema,
  quarantineSummarySchema,
} from '../../shared/api/quarantine.ts'
import { statusSchema } from '../../shared/api/receipts.ts'
import { layoutNameOf } from '../../shared/ingest/layouts/registry.ts'
import { placesSchema } from '../../shared/ingest/mends.ts'
import { quarantineStates } from '../../shared/ingest/quarantine-list.ts'
import { reasonGroupNames, reasonGroups } from '../../shared/ingest/reason-groups.ts'
import { type ClientOptions, clientCommand, parseSeconds, runClient } from '../command.ts'
import { expectDone } from '../command-end.ts'
import { ENDINGS } from '../local-file.ts'
import { KEY_OPTION, pushFile } from '../push-file.ts'
import { describePushed, placesIn, TIMEOUT_SECONDS } from '../pushed.ts'
import type { Session } from '../session.ts'

const READ = { may: 'quarantine:read', as: 'steward' } as const

type ListOptions = ClientOptions & {
  readonly authority?: string
  readonly group?: string
  readonly state?: string
}

type Quarantined = z.infer<typeof quarantinedSchema>

export function quarantineCommand(): Command {
  return new Command('quarantine')
    .description('Records that were refused and can be mended: where they were and why')
    .addCommand(listCommand())
    .addCommand(summaryCommand())
    .addCommand(showCommand())
    .addCommand(resubmitCommand())
}

function listCommand(): Command {
  return clientCommand('list', 'Each such record, by authority, submission and place', READ)
    .option('--authority <code>', "this authority's alone")
    .addOption(new Option('--group <name>', 'of these reasons').choices(reasonGroupNames))
    .addOption(new Option('--state <state>', 'in this state').choices(quarantineStates).default('open'))
    .action((options: ListOptions) =>
      runClient(options, (session) => readAll(session, options, options), describeRecords),
    )
}

function showCommand(): Command {
  return clientCommand('show', 'Those of one submission, in whatever state', {
    may: 'quarantine:read',
    otherwise: 'the authority',
  })
    .argument('<authority>')
    .argument('<submission>')
    .action((authority: string, submissionId: string, { as = authority, ...options }: ListOptions) =>
      runClient(
        { ...options, as },
        (session) => readAll(session, { as }, { authority, submissionId }),
        describeRecords,
      ),
    )
}

function summaryCommand(): Command {
  return clientCommand('summary', 'How many there are for each reason', READ)
    .option('--authority <code>', "this authority's alone")
    .action(({ authority, ...options }: ListOptions) =>
      runClient(
        options,
        async (session) => {
          const path = `/v1/quarantine/summary?${new URLSearchParams(authority === undefined ? {} : { authority })}`
          const answer = await session.call({ method: 'GET', path, as: options.as })
          return expectDone(answer, quarantineSummarySchema)
        },
        ({ reasons }) =>
          reasons.length === 0
            ? 'nothing is in quarantine'
            : reasons
                .map(
                  ({ authority: of, group, code, open, mended, lapsed }) =>
                    `${of}  ${code}: ${open} open, ${mended} mended, ${lapsed} lapsed  (${reasonGroups[group].title.en})`,
                )
                .join('\n'),
      ),
    )
}

type Wanted = {
  readonly authority?: string
  readonly submissionId?: string
  readonly group?: string
  readonly state?: string
}

async function readAll(
  session: Session,
  { as }: { readonly as: string },
  { authority, submissionId, group, state }: Wanted,
): Promise<readonly Quarantined[]> {
  const stated = Object.entries({ authority, submissionId, group, state })
  const query = stated.filter((each): each is [string, string] => each[1] !== undefined)
  const records: Quarantined[] = []
  for (let next: string | undefined = ''; next !== undefined; ) {
    const from: readonly [string, string][] = next === '' ? [] : [['from', next]]
    const path = `/v1/quarantine?${new URLSearchParams([...query, ...from])}`
    const page: z.infer<typeof quarantinePageSchema> = expectDone(
      await session.call({ method: 'GET', path, as }),
      quarantinePageSchema,
    )
    records.push(...page.records)
    next = page.next
  }
  return records
}

function describeRecords(records: readonly Quarantined[]): string {
  if (records.length === 0) return 'nothing is in quarantine'
  return records
    .map(
      ({ authority, submissionId, layout, path, code, reason, state, until, mendedBy }) =>
        `${authority}/${submissionId} ${placesIn(layout)(path)}: ${code}: ${reason}  ${mendedBy === undefined ? `${state}, until ${until}` : `mended by ${mendedBy}`}`,
    )
    .join('\n')
}

type ResubmitOptions = Omit<ClientOptions, 'as'> & {
  readonly as?: string
  readonly places?: number[]
  readonly submission?: string
  readonly key?: string
  readonly timeout: number
}

function resubmitCommand(): Command {
  return clientCommand('resubmit', 'Send mended records as a submission that names the one it mends', {
    may: 'submission:send',
    otherwise: 'the authority',
  })
    .argument('<authority>')
    .argument('<submission>', 'whose records they were')
    .argument('<file>', `the mended records: ${ENDINGS}; each also as .gz`)
    .option(
      '--places <list>',
      'which they are, in order, such as 3,17 (default: all that are open, if these are as many)',
      parsePlaces,
    )
    .option('--submission <id>', 'names this content for good (default: from its SHA-256 and what it mends)')
    .option('--key <file>', KEY_OPTION)
    .option('--timeout <seconds>', 'how long to wait until it is applied', parseSeconds, TIMEOUT_SECONDS)
    .action(
      (
        authority: string,
        id: string,
        file: string,
        { as = authority, places, ...options }: ResubmitOptions,
      ) =>
        runClient(
          { ...options, as },
          async (session) => {
            const path = `/v1/receipts/${encodeURIComponent(authority)}/${encodeURIComponent(id)}`
            const { receipt } = expectDone(await session.call({ method: 'GET', path, as }), statusSchema)
            const layout = layoutNameOf(receipt.layout)
            const mends = { submissionId: id, ...(places !== undefined && { places }) }
            return pushFile(session, file, { ...options, as, authority, layout, mends })
          },
          describePushed,
        ),
    )
}

function parsePlaces(text: string): number[] {
  const places = placesSchema.safeParse(text)
  if (places.success) return places.data
  throw new InvalidArgumentError('Places of records, from 0, with commas between.')
}

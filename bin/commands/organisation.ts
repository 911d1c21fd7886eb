import { Command } from 'commander'
import type { z } from 'zod'
import { organisationSchema } from '../../shared/api/organisations.ts'
import { type ClientOptions, clientCommand, runClient } from '../command.ts'
import { expectDone } from '../command-end.ts'

type ShowOptions = ClientOptions & { readonly provenance?: boolean }

/** The principal that reads organisations and datasets when no other is named. */
const READER = 'steward'

export function organisationCommand(): Command {
  const signIn = { may: 'organisation:read', as: READER } as const
  const show = clientCommand('show', "One organisation's golden record", signIn)
    .argument('<uscc>', 'its unified social credit code')
    .option(
      '--provenance',
      'with where each field comes from, and what lost to it for those who may see that',
    )
    .action((uscc: string, options: ShowOptions) =>
      runClient(
        options,
        async (session) => {
          const path = `/v1/organisations/${encodeURIComponent(uscc)}?provenance=${options.provenance === true}`
          return expectDone(await session.call({ method: 'GET', path, as: options.as }), organisationSchema)
        },
        describeOrganisation,
      ),
    )
  return new Command('organisation').description('Read what is held about an organisation').addCommand(show)
}

/** A field a line; below each, where it comes from. */
export function describeOrganisation(organisation: z.infer<typeof organisationSchema>): string {
  const { record, provenance, asOf } = organisation
  const lines = [`${organisation.uscc} as of ledger size ${asOf.ledgerSize}, valid at ${asOf.validAt}`]
  for (const [name, value] of Object.entries(record)) {
    if (value === null || (Array.isArray(value) && value.length === 0)) continue
    const trace = provenance?.[name]
    const from = trace?.won.map(({ authority, entry }) => `${authority} entry ${entry}`).join(', ')
    const lost = trace?.lost?.length ? `; ${trace.lost.length} lost` : ''
    const origin = trace === undefined || from === '' ? '' : `   (${trace.rule}: ${from}${lost})`
    lines.push(`  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}${origin}`)
  }
  return lines.join('\n')
}

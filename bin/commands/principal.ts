import { Command } from 'commander'
import { type ClientOptions, clientCommand, runClient } from '../command.ts'
import { expectDone } from '../outcome.ts'

const OPERATOR = 'operator'
const PATH = '/v1/principals'

type Row = {
  readonly name: string
  readonly role: string
  readonly authority?: string
  readonly revoked?: boolean
}

export function principalCommand(): Command {
  return new Command('principal')
    .description('Manage who may sign in')
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(revokeCommand())
}

function listCommand(): Command {
  return clientCommand('list', 'Who may sign in, and as what').action((options: ClientOptions) =>
    runClient(
      options,
      async (session) => {
        const answer = await session.call({ method: 'GET', path: PATH, as: options.as ?? OPERATOR })
        return expectDone(answer) as unknown as Row[]
      },
      (rows) => rows.map(describe).join('\n'),
    ),
  )
}

function addCommand(): Command {
  return clientCommand('add', 'Register a principal')
    .argument('<name>')
    .requiredOption('--role <role>', 'agency, dataset-user, compliance, steward, auditor or operator')
    .option('--authority <code>', "the authority of an agency's principal")
    .action((name: string, options: ClientOptions & { role: string; authority?: string }) =>
      runClient(
        options,
        async (session) => {
          const { role, authority, as = OPERATOR } = options
          const json = { name, role, ...(authority === undefined ? {} : { authority }) }
          return expectDone(await session.call({ method: 'POST', path: PATH, as, json })) as unknown as Row
        },
        describe,
      ),
    )
}

function revokeCommand(): Command {
  return clientCommand('revoke', "End a principal's access at once")
    .argument('<name>')
    .action((name: string, options: ClientOptions) =>
      runClient(
        options,
        async (session) => {
          const path = `${PATH}/${encodeURIComponent(name)}/revocation`
          return expectDone(await session.call({ method: 'POST', path, as: options.as ?? OPERATOR }))
        },
        () => `${name} is revoked`,
      ),
    )
}

function describe({ name, role, authority, revoked }: Row): string {
  return `${name}  ${role}${authority === undefined ? '' : ` of ${authority}`}${revoked ? '  (revoked)' : ''}`
}

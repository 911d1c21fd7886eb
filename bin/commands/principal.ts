import { Command } from 'commander'
import { homeCommand, type HomeOptions, runOnHome } from '../command.ts'
import { expectDone } from '../outcome.ts'

const OPERATOR = 'operator'

type Row = { readonly name: string; readonly role: string; readonly authority?: string; readonly revoked?: boolean }

export function principalCommand(): Command {
  const list = homeCommand('list', 'Who may sign in, and as what').action((options: HomeOptions) =>
    runOnHome(
      options,
      async (session) =>
        expectDone(await session.call({ method: 'GET', path: '/v1/principals', as: options.as ?? OPERATOR })) as unknown as Row[],
      (rows) => rows.map(describe).join('\n'),
    ),
  )
  const add = homeCommand('add', 'Register a principal')
    .argument('<name>')
    .requiredOption('--role <role>', 'agency, dataset-user, compliance, steward, auditor or operator')
    .option('--authority <code>', "the authority of an agency's principal")
    .action((name: string, options: HomeOptions & { role: string; authority?: string }) =>
      runOnHome(
        options,
        async (session) => {
          const { role, authority } = options
          const json = { name, role, ...(authority === undefined ? {} : { authority }) }
          const call = { method: 'POST', path: '/v1/principals', as: options.as ?? OPERATOR, json } as const
          return expectDone(await session.call(call)) as unknown as Row
        },
        describe,
      ),
    )
  const revoke = homeCommand('revoke', "End a principal's access at once")
    .argument('<name>')
    .action((name: string, options: HomeOptions) =>
      runOnHome(
        options,
        async (session) => {
          const path = `/v1/principals/${encodeURIComponent(name)}/revocation`
          return expectDone(await session.call({ method: 'POST', path, as: options.as ?? OPERATOR }))
        },
        () => `${name} is revoked`,
      ),
    )
  return new Command('principal')
    .description('Manage who may sign in')
    .addCommand(list)
    .addCommand(add)
    .addCommand(revoke)
}

function describe({ name, role, authority, revoked }: Row): string {
  return `${name}  ${role}${authority === undefined ? '' : ` of ${authority}`}${revoked ? '  (revoked)' : ''}`
}

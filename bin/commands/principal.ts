import { Command, Option } from 'commander'
import { z } from 'zod'
import { revocationSchema, storedPrincipalSchema } from '../../shared/api/principals.ts'
import { roles } from '../../shared/base/actor.ts'
import { type Principal, principalSchema } from '../../shared/principals/principal.ts'
import { type ClientOptions, clientCommand, runClient } from '../command.ts'
import { expectDone } from '../command-end.ts'

const OPERATOR = 'operator'
const PATH = '/v1/principals'
const MANAGE = { may: 'principal:manage', as: OPERATOR } as const

export function principalCommand(): Command {
  return new Command('principal')
    .description('Manage who may sign in')
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(revokeCommand())
}

function listCommand(): Command {
  return clientCommand('list', 'Who may sign in, and as what', {
    may: 'principal:read',
    as: OPERATOR,
  }).action((options: ClientOptions) =>
    runClient(
      options,
      async (session) => {
        const answer = await session.call({ method: 'GET', path: PATH, as: options.as })
        return expectDone(answer, z.array(storedPrincipalSchema))
      },
      (rows) => rows.map(describe).join('\n'),
    ),
  )
}

function addCommand(): Command {
  return clientCommand('add', 'Register a principal', { ...MANAGE, makesHome: true })
    .argument('<name>')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--authority <code>', "the authority of an agency's principal")
    .action((name: string, options: ClientOptions & { role: string; authority?: string }) =>
      runClient(
        options,
        async (session) => {
          const { role, authority, as } = options
          const json = { name, role, ...(authority === undefined ? {} : { authority }) }
          return expectDone(await session.call({ method: 'POST', path: PATH, as, json }), principalSchema)
        },
        describe,
      ),
    )
}

function revokeCommand(): Command {
  return clientCommand('revoke', "End a principal's access at once", MANAGE)
    .argument('<name>')
    .action((name: string, options: ClientOptions) =>
      runClient(
        options,
        async (session) => {
          const path = `${PATH}/${encodeURIComponent(name)}/revocation`
          return expectDone(await session.call({ method: 'POST', path, as: options.as }), revocationSchema)
        },
        () => `${name} is revoked`,
      ),
    )
}

function describe({ name, role, authority, revoked }: Principal & { readonly revoked?: boolean }): string {
  return `${name}  ${role}${authority === undefined ? '' : ` of ${authority}`}${revoked ? '  (revoked)' : ''}`
}

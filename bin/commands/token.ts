import type { Command } from 'commander'
import { type ClientOptions, clientCommand, runClient } from '../command.ts'

export function tokenCommand(): Command {
  return clientCommand('token', 'A bearer token for the HTTP API, good for an hour', {
    as: 'operator',
  }).action((options: ClientOptions) =>
    runClient(
      options,
      async (session) => ({ token: await session.token(options.as) }),
      ({ token }) => token,
    ),
  )
}

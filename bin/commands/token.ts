import type { Command } from 'commander'
import { type HomeOptions, homeCommand, runOnHome } from '../command.ts'

export function tokenCommand(): Command {
  return homeCommand('token', 'A bearer token for the HTTP API, good for an hour').action(
    (options: HomeOptions) =>
      runOnHome(
        options,
        async (session) => ({ token: await session.home.issuer.issue(options.as ?? 'operator') }),
        ({ token }) => token,
      ),
  )
}

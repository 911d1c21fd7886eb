import { once } from 'node:events'
import { serve } from '@hono/node-server'
import type { Command } from 'commander'
import { rollForward } from '../../shared/datasets/roll-forward.ts'
import { type HomeOptions, homeCommand } from '../command.ts'
import { openSession, report, type Session } from '../session.ts'

export const DEFAULT_PORT = '8787'

export function serveCommand(): Command {
  return homeCommand('serve', "Serve the HTTP API on loopback, and do the home's standing work")
    .option('--port <number>', 'the port on 127.0.0.1', DEFAULT_PORT)
    .action(async (options: HomeOptions & { port: string }) => {
      const session = await openSession(options.home)
      session.work()
      await serveUntilInterrupted(session, Number(options.port))
      await session.close()
    })
}

/** Serves until SIGINT or SIGTERM, then lets running requests end. */
export async function serveUntilInterrupted(session: Session, port: number): Promise<void> {
  await rollForward(session.home)
  const server = serve({ fetch: session.api.fetch, hostname: '127.0.0.1', port })
  await once(server, 'listening')
  report(`serving http://127.0.0.1:${port} (openapi.json tells the routes); interrupt to end`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  server.close()
}

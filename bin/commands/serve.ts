import { type EventEmitter, once } from 'node:events'
import { createServer } from 'node:net'
import { type Command, InvalidArgumentError } from 'commander'
import { rollForward } from '../../shared/datasets/roll-forward.ts'
import { errnoOf } from '../../shared/embedded/durable-file.ts'
import { type HomeOptions, homeCommand, print, run } from '../command.ts'
import { CommandEnd } from '../command-end.ts'
import { type HomeSession, openHomeSession } from '../home-session.ts'
import { interruption } from '../interruption.ts'
import { openServer } from '../server.ts'
import { report } from '../session.ts'

export const DEFAULT_PORT = 8787

export function serveCommand(): Command {
  return homeCommand('serve', "Serve the HTTP API on loopback, and do the home's standing work")
    .option('--port <number>', 'the port on 127.0.0.1; 0 for any that is free', parsePort, DEFAULT_PORT)
    .action((options: HomeOptions & { port: number }) =>
      run(options, async () => {
        const session = await openHomeSession(options.home)
        try {
          session.work()
          await serveUntilInterrupted(session, options.port, async (url) => {
            if (options.json) await print(JSON.stringify({ url }))
          })
        } finally {
          await session.close()
        }
      }),
    )
}

/** Ends the command before any work is done whose result could then not be served. */
export async function expectPortFree(port: number): Promise<void> {
  const probe = createServer().listen(port, '127.0.0.1')
  await listening(probe, port)
  probe.close()
  await once(probe, 'close')
}

async function listening(server: EventEmitter, port: number): Promise<void> {
  await once(server, 'listening').catch((fault: unknown) => {
    throw new CommandEnd(1, 'PORT_UNAVAILABLE', `${port} (${errnoOf(fault) ?? 'UNEXPECTED'})`)
  })
}

export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('A port is a number from 0 to 65535.')
}

/** Serves until SIGINT or SIGTERM, then lets running requests end; a second signal ends them too. */
export async function serveUntilInterrupted(
  session: HomeSession,
  port: number,
  onListening: (url: string) => Promise<void> = async () => undefined,
): Promise<void> {
  await rollForward(session.home)
  const server = await openServer(session.api.fetch, port).catch((fault: unknown) => {
    throw new CommandEnd(1, 'PORT_UNAVAILABLE', `${port} (${errnoOf(fault) ?? 'UNEXPECTED'})`)
  })
  // Listened for before anybody is told: whoever reads the address may interrupt at once
  const interrupted = interruption()
  report(`serving ${server.url} (openapi.json tells the routes); interrupt to end`)
  await onListening(server.url)
  await interrupted
  await server.close()
}

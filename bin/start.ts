#!/usr/bin/env node
import { Command } from 'commander'
import { endWithReader, run } from './command.ts'
import { DEFAULT_PORT, expectPortFree, parsePort, serveUntilInterrupted } from './commands/serve.ts'
import { DEFAULT_HOME, openHomeSession } from './home-session.ts'
import { walkThrough } from './walk-through.ts'

const program = new Command('start')
  .description('Walk through the main job on the example inputs, then serve the API')
  .option('--home <dir>', 'the embedded home', DEFAULT_HOME)
  .option('--port <number>', 'the port on 127.0.0.1; 0 for any that is free', parsePort, DEFAULT_PORT)
  .option('--once', 'exit after the walk-through')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse()
const options = program.opts<{ home: string; port: number; once?: boolean }>()

endWithReader()
await run({}, async () => {
  if (!options.once) await expectPortFree(options.port)
  const session = await openHomeSession(options.home)
  try {
    session.work()
    await walkThrough(session)
    if (!options.once) await serveUntilInterrupted(session, options.port)
  } finally {
    await session.close()
  }
})

#!/usr/bin/env node
import { Command } from 'commander'
import { DEFAULT_PORT, serveUntilInterrupted } from './commands/serve.ts'
import { DEFAULT_HOME, faultCode, openSession, report } from './session.ts'
import { walkThrough } from './walk-through.ts'

const program = new Command('start')
  .description('Walk through the main job on the example inputs, then serve the API')
  .option('--home <dir>', 'the embedded home', DEFAULT_HOME)
  .option('--port <number>', 'the port on 127.0.0.1', DEFAULT_PORT)
  .option('--once', 'exit after the walk-through')
  .parse()
const options = program.opts<{ home: string; port: string; once?: boolean }>()

const session = await openSession(options.home)
session.work()
try {
  await walkThrough(session)
  if (!options.once) await serveUntilInterrupted(session, Number(options.port))
} catch (fault) {
  report(fault instanceof Error && fault.name !== 'Failure' ? fault.message : faultCode(fault))
  process.exitCode = 1
} finally {
  await session.close()
}

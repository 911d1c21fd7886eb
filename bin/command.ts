import { Command } from 'commander'
import { CommandEnd } from './outcome.ts'
import { DEFAULT_HOME, faultCode, openSession, report, type Session } from './session.ts'

/** What every command that uses a home takes. */
export type HomeOptions = { readonly home: string; readonly as?: string; readonly json?: boolean }

/** A command with the options that all of them share. */
export function homeCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .option('--home <dir>', 'the embedded home', DEFAULT_HOME)
    .option('--as <principal>', 'sign in as this principal')
    .option('--json', 'one JSON document on stdout')
}

/**
 * Runs a command on an open session, prints what it answers and sets the exit code. `text` is for people, and
 * left out where the answer itself is wanted as JSON.
 */
export async function runOnHome<Answer>(
  options: HomeOptions,
  act: (session: Session) => Promise<Answer>,
  text: (answer: Answer) => string,
): Promise<void> {
  await run(options, async () => {
    const session = await openSession(options.home)
    try {
      const answer = await act(session)
      await print(options.json ? JSON.stringify(answer) : text(answer))
    } finally {
      await session.close()
    }
  })
}

/** Runs a command, and tells how it failed on stderr and by the exit code; nothing is thrown. */
export async function run(options: { readonly json?: boolean }, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (fault) {
    if (!(fault instanceof CommandEnd)) {
      report(faultCode(fault))
      process.exitCode = 1
      return
    }
    report(fault.message)
    if (options.json && fault.document !== undefined) await print(JSON.stringify(fault.document))
    process.exitCode = fault.exitCode
  }
}

export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write(`${text}\n`, () => resolve()))
}

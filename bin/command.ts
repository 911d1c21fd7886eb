import { Command } from 'commander'
import { DEFAULT_HOME, openHomeSession } from './home-session.ts'
import { CommandEnd } from './outcome.ts'
import { faultCode, report, type Session } from './session.ts'
import { openStackSession, readStackOptions } from './stack-session.ts'

/** What every command takes that works on an embedded home. */
export type HomeOptions = { readonly home: string; readonly as?: string; readonly json?: boolean }

/** What every command takes that is a client of the API, wherever that runs. */
export type ClientOptions = HomeOptions & { readonly stack?: string }

/** A command with the options that all of them share. */
export function homeCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .option('--home <dir>', 'the embedded home', DEFAULT_HOME)
    .option('--as <principal>', 'sign in as this principal')
    .option('--json', 'one JSON document on stdout')
}

/** A command that works on an embedded home or on a deployed stack. */
export function clientCommand(name: string, summary: string): Command {
  return homeCommand(name, summary).option('--stack <name>', 'a deployed stack, in place of a home')
}

/**
 * Runs a client of the API, prints what it answers and sets the exit code. `text` is for people, and
 * left out where the answer itself is wanted as JSON.
 */
export async function runClient<Answer>(
  options: ClientOptions,
  act: (session: Session) => Promise<Answer>,
  text: (answer: Answer) => string,
): Promise<void> {
  await run(options, async () => {
    const session = await openSession(options)
    try {
      const answer = await act(session)
      await print(options.json ? JSON.stringify(answer) : text(answer))
    } finally {
      await session.close()
    }
  })
}

async function openSession({ stack, home }: ClientOptions): Promise<Session> {
  return stack === undefined ? openHomeSession(home) : openStackSession(readStackOptions(stack))
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

import { Command, InvalidArgumentError, Option } from 'commander'
import { describeFault } from '../shared/base/failure.ts'
import { type Action, rolesThatMay } from '../shared/principals/may.ts'
import { CommandEnd } from './command-end.ts'
import { DEFAULT_HOME, type Opening, openHomeSession } from './home-session.ts'
import { faultCode, report, type Session } from './session.ts'
import { openStackSession, readStackOptions } from './stack-session.ts'

/** What every command takes that works on an embedded home. */
export type HomeOptions = { readonly home: string; readonly json?: boolean }

/** What every command takes that is a client of the API, wherever that runs. */
export type ClientOptions = HomeOptions & {
  readonly stack?: string
  readonly as: string
  /** Set by the command itself, not by an option. */
  readonly opening: Opening
}

export type SignIn = {
  /** What the principal has to be allowed to do. */
  readonly may?: Action
  /** Who it is if nobody is named; without it somebody has to be. */
  readonly as?: string
  /** In words, where who it is follows from the rest. */
  readonly otherwise?: string
  readonly makesHome?: true
}

/** A command with the options that all of them share. */
export function homeCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .option('--home <dir>', 'the embedded home', DEFAULT_HOME)
    .option('--json', 'one JSON document on stdout')
}

/** A command that works on an embedded home or on a deployed stack, signed in as a principal. */
export function clientCommand(name: string, summary: string, signIn: SignIn): Command {
  const { may, as, otherwise, makesHome = false } = signIn
  const roles = may === undefined ? undefined : rolesThatMay(may)
  const opening: Opening = { makesHome, ...(roles !== undefined && { roles }) }
  const wanted = roles === undefined ? '' : `, whose role is ${roles.join(' or ')}`
  const fallback = otherwise === undefined ? '' : ` (default: ${otherwise})`
  const option = new Option('--as <principal>', `sign in as this principal${wanted}${fallback}`)
  if (as !== undefined) option.default(as)
  return homeCommand(name, summary)
    .option('--stack <name>', 'a deployed stack, in place of a home')
    .addOption(option.makeOptionMandatory(as === undefined && otherwise === undefined))
    .setOptionValue('opening', opening)
}

/** How long to wait, of an option. */
export function parseSeconds(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A whole number of seconds, 1 or more.')
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

export async function openSession({ stack, home, opening }: ClientOptions): Promise<Session> {
  return stack === undefined ? openHomeSession(home, opening) : openStackSession(readStackOptions(stack))
}

/** Runs a command, and tells how it failed on stderr and by the exit code; nothing is thrown. */
export async function run(options: { readonly json?: boolean }, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (fault) {
    const { message, document, text, exitCode } = fault instanceof CommandEnd ? fault : faultEnd(fault)
    report(message)
    const told = options.json ? JSON.stringify(document) : text
    if (told !== undefined) await print(told)
    process.exitCode = exitCode
  }
}

/** How a command ends for a fault; one in a settings file has its place, as a refusal has. */
export function faultEnd(fault: unknown): Pick<CommandEnd, 'message' | 'document' | 'text' | 'exitCode'> {
  const message = faultCode(fault)
  const { code, facts } = describeFault(fault)
  const { problem, ...place } = facts
  const document = problem === undefined ? { code, message } : { code, message: problem, ...place }
  return { message, document, text: undefined, exitCode: 1 }
}

export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write(`${text}\n`, () => resolve()))
}

/** Ends quietly when the reader of stdout has gone (head, less): there is nobody left to tell. */
export function endWithReader(): void {
  process.stdout.on('error', (fault: NodeJS.ErrnoException) => process.exit(fault.code === 'EPIPE' ? 0 : 1))
}

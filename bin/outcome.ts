import type { ApiAnswer } from './session.ts'

/** How a command ends: 1 a failure, 2 bad usage, 3 a refusal of the whole request. */
export type ExitCode = 1 | 2 | 3

/** Ends a command with a message on stderr, and with `document` on stdout where JSON was asked for. */
export class CommandEnd extends Error {
  readonly exitCode: ExitCode
  readonly document: unknown

  constructor(exitCode: ExitCode, message: string, document?: unknown) {
    super(message)
    this.exitCode = exitCode
    this.document = document
  }
}

/** The body of an answer that went well; any other ends the command, a 4xx as a refusal. */
export function expectDone(answer: ApiAnswer): Record<string, unknown> {
  if (answer.status < 300) return answer.body as Record<string, unknown>
  const problem = answer.body as { code?: string; title?: string; path?: string; detail?: string }
  const place = problem.path === undefined ? '' : ` at ${problem.path}`
  const message = `${problem.code ?? answer.status}${place}: ${problem.detail ?? problem.title ?? ''}`
  throw new CommandEnd(answer.status < 500 ? 3 : 1, message, problem)
}

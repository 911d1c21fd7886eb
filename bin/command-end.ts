import type { z } from 'zod'
import type { ApiAnswer } from './session.ts'

/** How a command ends: 1 a failure, 2 bad usage, 3 a refusal of the whole request. */
export type ExitCode = 1 | 2 | 3

type Told = {
  /** JSON Pointer to the fault, where it is in something that was sent. */
  readonly path?: string | undefined
  /** What there is to be told besides, as JSON, and as text for people. */
  readonly document?: object
  readonly text?: string
}

/** Ends a command with a message on stderr, and on stdout with one JSON document where that was asked for. */
export class CommandEnd extends Error {
  readonly exitCode: ExitCode
  readonly code: string
  /** `code` and `message` whatever happened; then what else is known of it. */
  readonly document: object
  readonly text: string | undefined
  readonly #begun: readonly [ExitCode, string, string, Told]

  constructor(exitCode: ExitCode, code: string, reason: string, told: Told = {}) {
    const { path, document, text } = told
    super(`${code}${path ? ` at ${path}` : ''}: ${reason}`)
    this.#begun = [exitCode, code, reason, told]
    this.exitCode = exitCode
    this.code = code
    this.document = { code, message: reason, ...(path ? { path } : {}), ...document }
    this.text = text
  }

  /** The same end, with more said of it. */
  saying(more: string): CommandEnd {
    const [exitCode, code, reason, told] = this.#begun
    return new CommandEnd(exitCode, code, `${reason.replace(/\.$/, '')}; ${more}`, told)
  }
}

/** What an answer says that went well; any other ends the command, a 4xx as a refusal. */
export function expectDone<Schema extends z.ZodType>(answer: ApiAnswer, schema: Schema): z.infer<Schema> {
  expectWell(answer)
  const { success, data } = schema.safeParse(answer.body)
  if (success) return data
  throw new CommandEnd(1, 'ANSWER_MALFORMED', 'the API answers in a form that is not known here')
}

/** Ends the command for an answer that did not go well. */
export function expectWell(answer: ApiAnswer): void {
  if (answer.status < 300) return
  const problem = answer.body as { code?: string; title?: string; path?: string; detail?: string }
  const { code = String(answer.status), title = '', detail, path } = problem
  throw new CommandEnd(answer.status < 500 ? 3 : 1, code, detail ?? title, { path, document: problem })
}

/**
 * A fault: something that ought to work did not. An expected no is a value, never a Failure.
 * `facts` go to logs, so they hold no personal value and nothing a caller wrote.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: string
  readonly retryable: boolean
  readonly facts: Readonly<Record<string, string | number | boolean>>

  constructor(
    code: string,
    options: {
      retryable: boolean
      facts?: Readonly<Record<string, string | number | boolean>>
      cause?: unknown
    },
  ) {
    super(code, { cause: options.cause })
    this.code = code
    this.retryable = options.retryable
    this.facts = options.facts ?? {}
  }
}

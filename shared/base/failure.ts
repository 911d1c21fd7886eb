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

/**
 * What may be told of any fault. One that is not ours may quote what it was given; one of ours that came out of another
 * thread is of no class of ours any longer, but has its name.
 */
export function describeFault(fault: unknown): Pick<Failure, 'code' | 'retryable' | 'facts'> {
  if (!(fault instanceof Error) || fault.name !== 'Failure') {
    return { code: 'UNEXPECTED', retryable: false, facts: {} }
  }
  const { code, retryable, facts } = fault as Failure
  return { code, retryable, facts }
}

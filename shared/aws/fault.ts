import { Failure } from '../base/failure.ts'

/** Whose trouble it is, a port's or another function's: the first half of the failure's code. */
type Port = 'STORE' | 'OBJECTS' | 'QUEUE' | 'SIGNER' | 'STAGE'

/**
 * Runs a call of the SDK; what it throws comes out as `<PORT>_BUSY` (retryable: throttled, timed out, contended, the
 * service's own trouble) or `<PORT>_FAILED` (not: denied, malformed, gone). Messages stay in `cause`: a service may
 * quote what it was sent.
 */
export async function translated<T>(port: Port, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (fault) {
    throw failureOf(port, fault)
  }
}

function failureOf(port: Port, fault: unknown): unknown {
  if (fault instanceof Failure || !(fault instanceof Error)) return fault
  const retryable = isTransient(fault)
  const facts = { fault: faultName(fault) ?? fault.name }
  return new Failure(`${port}_${retryable ? 'BUSY' : 'FAILED'}`, { retryable, facts, cause: fault })
}

/** The service's own name for a fault, which does not depend on how a bundle was minified. */
export function faultName(fault: unknown): string | undefined {
  return fault instanceof Error ? fault.name : undefined
}

function isTransient(fault: Error): boolean {
  const { $metadata, $retryable, code } = fault as Partial<SdkFault> & Error
  if ($retryable !== undefined || TRANSIENT.has(fault.name) || TRANSIENT.has(code ?? '')) return true
  const status = $metadata?.httpStatusCode
  return status !== undefined && (status >= 500 || status === 429)
}

type SdkFault = {
  readonly $metadata: { readonly httpStatusCode?: number }
  readonly $retryable: object
  readonly code: string
}

/** Names of faults that pass; several come with status 400. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'ConditionalRequestConflict',
  'OperationAborted',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'ThrottlingException',
  'TimeoutError',
  'AbortError',
  'TransactionConflictException',
  'TransactionInProgressException',
  'KMSInternalException',
  'DependencyTimeoutException',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
])

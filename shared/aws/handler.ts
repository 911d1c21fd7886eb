import { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware'
import { Tracer } from '@aws-lambda-powertools/tracer'
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware'
import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { Failure } from '../base/failure.ts'
import { METRIC_NAMESPACE, metricNames } from '../names.ts'

const serviceName = process.env['FUNCTION_NAME'] ?? 'unnamed'
export const logger = new Logger({ serviceName })
const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName })
// Neither what comes in nor what goes out: both may hold what a log must not
const tracer = new Tracer({ serviceName, captureHTTPsRequests: false })

/** Counts something of names.ts. */
export function count(name: keyof typeof metricNames, value = 1): void {
  if (value > 0) metrics.addMetric(metricNames[name], MetricUnit.Count, value)
}

/** States how long something has taken or waited so far, in whole seconds; 0 is stated too. */
export function stateSeconds(name: keyof typeof metricNames, seconds: number): void {
  metrics.addMetric(metricNames[name], MetricUnit.Seconds, seconds)
}

/** A function's handler with logging, metrics and tracing around it; neither events nor answers are recorded. */
export function instrumented<Event, Answer>(
  handle: (event: Event, context: Context) => Promise<Answer>,
): (event: Event, context: Context) => Promise<Answer> {
  const handler = middy<Event, Answer>()
    .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
    .use(logMetrics(metrics, { throwOnEmptyMetrics: false }))
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .handler((event, context) => told(() => handle(event, context)))
  return (event, context) => handler(event, context) as Promise<Answer>
}

// What the runtime would print of an error is its message and stack, and a stranger's may quote what was sent
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (fault) {
    tell('failed', fault)
    throw fault instanceof Failure ? fault : new Failure('UNEXPECTED', { retryable: false })
  }
}

/** Logs a fault by its code and facts, and counts it. */
export function tell(what: string, fault: unknown, about: Readonly<Record<string, string>> = {}): void {
  const { code, facts } =
    fault instanceof Failure
      ? fault
      : { code: 'UNEXPECTED', facts: { fault: fault instanceof Error ? fault.name : '' } }
  logger.error(what, { code, ...facts, ...about })
  count('faults')
}

export type SqsMessage = Pick<SQSRecord, 'messageId' | 'body'> & {
  /** The queue's name, which is what says whose message it is. */
  readonly queue: string
}

export type SqsOptions = {
  /** A message is begun only while at least this much of the function's time is left. */
  readonly reserveMs: number
  readonly work: (message: SqsMessage, time: TimeLeft) => Promise<void>
}

/** How much of the function's time is left. */
export type TimeLeft = Pick<Context, 'getRemainingTimeInMillis'>

/** Works on a batch message by message; those that failed, and those not begun, are due again, alone. */
export function sqsHandler({ reserveMs, work }: SqsOptions) {
  return instrumented(async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const batchItemFailures: { itemIdentifier: string }[] = []
    for (const { messageId, body, eventSourceARN } of event.Records) {
      const queue = eventSourceARN.split(':').at(-1) ?? ''
      const hasTime = context.getRemainingTimeInMillis() >= reserveMs
      if (hasTime && (await succeeds({ messageId, body, queue }, (message) => work(message, context))))
        continue
      batchItemFailures.push({ itemIdentifier: messageId })
    }
    return { batchItemFailures }
  })
}

async function succeeds(message: SqsMessage, work: (message: SqsMessage) => Promise<void>): Promise<boolean> {
  try {
    await work(message)
    return true
  } catch (fault) {
    tell('message failed', fault, { queue: message.queue, messageId: message.messageId })
    return false
  }
}

import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Json } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import type { Queue } from '../ports.ts'
import { translated } from './fault.ts'
import { decodeValue, encodeValue, type LargeValues } from './value.ts'

export type SqsQueue = { readonly client: SQSClient; readonly url: string; readonly large: LargeValues }

/** SQS takes ten messages and 1 MiB at once; values over 300 KB lie apart, so three of the largest fit. */
const BATCH_MESSAGES = 10
const BATCH_BYTES = 1_000_000
const SEND_TRIES = 5

/** A queue on SQS. A batch that is accepted in part is sent on until all of it is, or `QUEUE_BUSY`. */
export function openQueue(queue: SqsQueue): Queue {
  return {
    send: (messages) =>
      translated('QUEUE', async () => {
        const bodies = await Promise.all(messages.map((message) => encodeMessage(message, queue.large)))
        for (const batch of batchesOf(bodies)) await sendBatch(queue, batch)
      }),
  }
}

/** A message's body as it travels: texts that begin with `=` or `@` mean what value.ts says. */
function encodeMessage(message: Json, large: LargeValues): Promise<string> {
  return encodeValue(message, large)
}

/** What a body that `send` sent holds. Throws what value.ts throws. */
export function decodeMessage(body: string, large: LargeValues): Promise<Json> {
  return decodeValue(body, large)
}

function* batchesOf(bodies: readonly string[]): Iterable<readonly string[]> {
  let batch: string[] = []
  let sizeBytes = 0
  for (const body of bodies) {
    const bytes = Buffer.byteLength(body)
    if (batch.length === BATCH_MESSAGES || (batch.length > 0 && sizeBytes + bytes > BATCH_BYTES)) {
      yield batch
      batch = []
      sizeBytes = 0
    }
    batch.push(body)
    sizeBytes += bytes
  }
  if (batch.length > 0) yield batch
}

async function sendBatch({ client, url }: SqsQueue, bodies: readonly string[]): Promise<void> {
  let waiting: SendMessageBatchRequestEntry[] = bodies.map((body, at) => ({
    Id: String(at),
    MessageBody: body,
  }))
  for (let tries = 0; waiting.length > 0; tries++) {
    // The SDK does not retry what a batch leaves unsent
    if (tries === SEND_TRIES) throw new Failure('QUEUE_BUSY', { retryable: true })
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: waiting }),
    )
    const fault = Failed.find(({ SenderFault }) => SenderFault)
    if (fault !== undefined) {
      throw new Failure('QUEUE_FAILED', { retryable: false, facts: { fault: fault.Code ?? '' } })
    }
    const failed = new Set(Failed.map(({ Id }) => Id))
    waiting = waiting.filter(({ Id }) => failed.has(Id))
  }
}

import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { canonicalJson } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import type { SendReply } from '../ingest/deliver.ts'
import { translated } from './fault.ts'

/**
 * Replies to queues that authorities hold, as canonical JSON. A queue that is gone, or shuts us out, is its authority's
 * to mend: `onRefused` is told, and the reply counts as sent, since the receipt lies under the authority's prefix all
 * the same. Throws what passes, to be tried again.
 */
export function openReplies(client: SQSClient, onRefused: (fault: Failure) => void): SendReply {
  const urls = new Map<string, string>()
  const findUrl = async (arn: string): Promise<string> => {
    const [, , , , account, name] = arn.split(':')
    const found = await client.send(
      new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }),
    )
    return found.QueueUrl ?? ''
  }
  return async (arn, reply) => {
    try {
      await translated('QUEUE', async () => {
        const url = urls.get(arn) ?? (await findUrl(arn))
        urls.set(arn, url)
        await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: canonicalJson(reply) }))
      })
    } catch (fault) {
      if (!(fault instanceof Failure) || fault.retryable) throw fault
      onRefused(fault)
    }
  }
}

import { count, type SqsMessage, sqsHandler } from '../shared/aws/handler.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { openAws } from '../shared/aws/world.ts'
import { Failure } from '../shared/base/failure.ts'
import { acceptDraft } from '../shared/ingest/accept.ts'
import { measure, type Pointer, parseMessage, refuseUnread } from '../shared/ingest/message.ts'
import { receiveSubmission } from '../shared/ingest/receive.ts'
import { landingPrefix, parseQueueName } from '../shared/names.ts'
import { type Authority, findAuthority } from '../shared/settings.ts'

const aws = await openAws()

// What an authority's queue holds is durable there: it goes on without a second queue
const world = {
  ...aws,
  queues: {
    ...aws.queues,
    inbox: {
      send: async (drafts: readonly unknown[]) => {
        for (const draft of drafts) await accept(draft)
      },
    },
  },
}

/** Takes in what authorities put into their queues, and what the API put into the inbox. */
export const handler = sqsHandler({ reserveMs: 20_000, work: receive })

async function receive({ queue, body }: SqsMessage): Promise<void> {
  const { authority: code } = parseQueueName(queue) ?? {}
  // Only our own API and splitter may write to the inbox, and they have minimised what they send
  if (code === undefined) return accept(await decodeMessage(body, aws.large))
  const authority = findAuthority(aws.settings, code)
  if (authority === undefined) throw new Failure('AUTHORITY_UNKNOWN', { retryable: false })
  const message = parseMessage(body)
  if (message.kind === 'unreadable') {
    await refuseUnread(world, { authority, ...measure(body), refusal: message.refusal })
    return count('refused')
  }
  if (message.kind === 'pointer') return forward(authority, message.pointer, body)
  const received = await receiveSubmission(world, { authority, head: message.envelope })
  if (received.outcome !== 'reused') return
  const refusal = { code: 'SUBMISSION_ID_REUSED', path: '/submissionId' } as const
  await refuseUnread(world, { authority, ...measure(body), refusal })
  count('refused')
}

async function accept(draft: unknown): Promise<void> {
  const outcome = await acceptDraft(aws, draft)
  if (outcome !== 'repeated') count(outcome === 'accepted' ? 'accepted' : 'refused')
}

async function forward(authority: Authority, pointer: Pointer, body: string): Promise<void> {
  const { object, ...head } = pointer
  if (object.key.startsWith(landingPrefix(authority.code))) {
    return aws.files.send([{ authority: authority.code, pointer }])
  }
  const refusal = { code: 'OBJECT_NOT_OWN', path: '/object/key' } as const
  await refuseUnread(world, { authority, head, ...measure(body), refusal })
  count('refused')
}

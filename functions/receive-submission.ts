import { count, type SqsMessage, sqsHandler } from '../shared/aws/handler.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { authorityOf, openAws } from '../shared/aws/world.ts'
import { acceptSubmission, type Draft } from '../shared/ingest/accept.ts'
import { measure, parseMessage, refuseUnread, type Unread } from '../shared/ingest/message.ts'
import { receiptSchema } from '../shared/ingest/receipt.ts'
import { receiveSubmission } from '../shared/ingest/receive.ts'
import { landingPrefix, parseQueueName } from '../shared/names.ts'

const aws = await openAws()

// What an authority's queue holds is durable there: its draft is committed here, and waits in no second queue
const world = { ...aws, queues: { ...aws.queues, inbox: { send: async () => undefined } } }

/** Takes in what authorities put into their queues, and what the API and the splitter put into the inbox. */
export const handler = sqsHandler({ reserveMs: 20_000, work: receive })

async function receive({ queue, body }: SqsMessage): Promise<void> {
  const { authority: code } = parseQueueName(queue) ?? {}
  // Only our own API and splitter may write to the inbox, and they have minimised what they send
  if (code === undefined) return receiveDraft(receiptSchema.parse(await decodeMessage(body, aws.large)))
  const authority = authorityOf(aws, code)
  const message = parseMessage(body)
  const unread = { authority, ...measure(body) }
  if (message.kind === 'unreadable') return refuse({ ...unread, refusal: message.refusal })
  if (message.kind === 'envelope') {
    const received = await receiveSubmission(world, { authority, head: message.envelope })
    const outcome = received.outcome === 'received' ? await accept(received.draft) : received.outcome
    return outcome === 'reused' ? refuse({ ...unread, refusal: REUSED }) : undefined
  }
  const { object, ...head } = message.pointer
  if (object.key.startsWith(landingPrefix(code))) {
    return aws.files.send([{ authority: code, pointer: message.pointer }])
  }
  await refuse({ ...unread, head, refusal: { code: 'OBJECT_NOT_OWN', path: '/object/key' } })
}

async function receiveDraft(draft: Draft): Promise<void> {
  if ((await accept(draft)) !== 'reused') return
  // Another content came first since this one was let in: without this its sender would wait for a receipt in vain
  const { sha256, sizeBytes } = draft
  await refuse({ authority: authorityOf(aws, draft.authority), sha256, sizeBytes, refusal: REUSED })
}

const REUSED = { code: 'SUBMISSION_ID_REUSED', path: '/submissionId' } as const

async function accept(draft: Draft): ReturnType<typeof acceptSubmission> {
  const outcome = await acceptSubmission(aws, draft)
  if (outcome === 'accepted') count('accepted')
  return outcome
}

async function refuse(unread: Unread): Promise<void> {
  await refuseUnread(world, unread)
  count('refused')
}

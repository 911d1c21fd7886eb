import { count, type SqsMessage, sqsHandler } from '../shared/aws/handler.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { authorityOf, openAws } from '../shared/aws/world.ts'
import { acceptDraft, commitDraft, refuseUnread, type Unread } from '../shared/ingest/accept.ts'
import { contentSha256 } from '../shared/ingest/envelope.ts'
import { measure, parseMessage } from '../shared/ingest/message.ts'
import { draftSubmission, isEarly, notTaken } from '../shared/ingest/receive.ts'
import { checkContent, checkSender } from '../shared/ingest/sender.ts'
import { landingPrefix, parseQueueName } from '../shared/names.ts'

const world = await openAws()

/** Takes in what authorities put into their queues, and what the API and the splitter put into the inbox. */
export const handler = sqsHandler({ reserveMs: 20_000, work: receive })

async function receive({ queue, body }: SqsMessage): Promise<void> {
  const { authority: code } = parseQueueName(queue) ?? {}
  // Only our own API and splitter may write to the inbox, and they have minimised what they send
  if (code === undefined) return accept(await decodeMessage(body, world.large))
  const authority = authorityOf(world, code)
  const message = parseMessage(body)
  const unread = { authority, ...measure(body) }
  if (message.kind === 'unreadable') return refuse({ ...unread, refusal: message.refusal })
  if (message.kind === 'envelope') {
    // What an authority's queue holds is durable there: its draft is committed here, and waits in no second queue
    const drafted = await draftSubmission(world, { authority, head: message.envelope })
    if (drafted.outcome === 'denied') return refuse({ ...unread, refusal: drafted.refusal })
    // Of two that claim one id at the same time, one is only now found to be second
    const outcome = drafted.outcome === 'drafted' ? await commitDraft(world, drafted.draft) : drafted.outcome
    if (outcome === 'accepted' || outcome === 'refused') return count(outcome)
    if (outcome === 'repeated') return
    // Without its head: the receipt stands under the message's hash, and the id stays whose it is
    return refuse({ ...unread, refusal: notTaken[outcome] })
  }
  const { object, signature, ...head } = message.pointer
  // Here, where the sender knows the message by its hash, and not when the file is read
  if (isEarly(world, head)) return refuse({ ...unread, refusal: notTaken.early })
  const sender = await checkSender(world, { authority, head, signature })
  const denial =
    'refusal' in sender
      ? sender.refusal
      : checkContent(sender, () => contentSha256(head.layout, object.sha256))
  if (denial !== undefined) return refuse({ ...unread, refusal: denial })
  if (object.key.startsWith(landingPrefix(code))) {
    return world.files.send([{ authority: code, pointer: message.pointer }])
  }
  await refuse({ ...unread, head, refusal: { code: 'OBJECT_NOT_OWN', path: '/object/key' } })
}

async function accept(message: unknown): Promise<void> {
  const outcome = await acceptDraft(world, message)
  if (outcome !== 'repeated') count(outcome === 'accepted' ? 'accepted' : 'refused')
}

async function refuse(unread: Unread): Promise<void> {
  await refuseUnread(world, unread)
  count('refused')
}

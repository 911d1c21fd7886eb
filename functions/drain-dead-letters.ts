import { count, type SqsMessage, sqsHandler } from '../shared/aws/handler.ts'
import { parseFiles, unreadOf } from '../shared/aws/landing.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { authorityOf, openAws } from '../shared/aws/world.ts'
import { buryDraft, refuseUnread, type Unread } from '../shared/ingest/accept.ts'
import { headOf, measure, parseMessage } from '../shared/ingest/message.ts'
import { parseQueueName } from '../shared/names.ts'
import type { Authority } from '../shared/settings.ts'

const world = await openAws()

/** Turns what crashed its receiver again and again into submissions that are listed as dead. */
export const handler = sqsHandler({ reserveMs: 10_000, work: bury })

async function bury({ queue, body }: SqsMessage): Promise<void> {
  const { kind, authority } = parseQueueName(queue) ?? {}
  if (kind === 'submissions') await buryMessage(authorityOf(world, authority), body)
  else if (kind === 'files') await buryFiles(body)
  else await buryDraft(world, await decodeMessage(body, world.large))
  count('dead')
}

async function buryMessage(authority: Authority, body: string): Promise<void> {
  await refuseDead({ authority, ...headOf(parseMessage(body)), ...measure(body) })
}

async function buryFiles(body: string): Promise<void> {
  for (const file of parseFiles(await decodeMessage(body, world.large))) {
    await refuseDead({ authority: authorityOf(world, file.authority), ...unreadOf(file) })
  }
}

async function refuseDead(unread: Omit<Unread, 'refusal'>): Promise<void> {
  await refuseUnread(world, { ...unread, refusal: { code: 'SUBMISSION_DEAD', path: '' } })
}

import { z } from 'zod'
import { count, sqsHandler, tell } from '../shared/aws/handler.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { openReplies } from '../shared/aws/replies.ts'
import { openAws } from '../shared/aws/world.ts'
import { carryOutEntry } from '../shared/ingest/deliver.ts'
import { applyEntry, type Stretch } from '../shared/records/apply.ts'
import { advanceWatermark } from '../shared/records/watermark.ts'

const world = await openAws()
const sendReply = openReplies(world.sqs, (fault) => tell('reply refused', fault))

const part = z.int().min(0)
/** An entry, as the sealer tells of it, or a stretch of one that is too much for one invocation. */
const sealedSchema = z.strictObject({
  number: z.int().min(0),
  parts: z.strictObject({ from: part, to: part }).optional(),
})

/** Applies sealed entries and delivers their receipts, in any order and any number of times. */
export const handler = sqsHandler({
  reserveMs: 60_000,
  work: async ({ body }) => {
    const { number, parts } = sealedSchema.parse(await decodeMessage(body, world.large))
    await carryOut(number, parts).finally(() => advanceWatermark(world.store))
    if (parts === undefined) count('applied')
  },
})

function carryOut(number: number, parts: Stretch | undefined): Promise<void> {
  if (parts !== undefined) return applyEntry(world, number, { parts })
  const handOn = (stretches: readonly Stretch[]) =>
    world.queues.sealed.send(stretches.map((parts) => ({ number, parts })))
  return carryOutEntry(world, number, { sendReply, handOn })
}

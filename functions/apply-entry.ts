import { z } from 'zod'
import { count, sqsHandler, tell } from '../shared/aws/handler.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { openReplies } from '../shared/aws/replies.ts'
import { openAws } from '../shared/aws/world.ts'
import { carryOutEntry } from '../shared/ingest/proven-receipt.ts'
import { advanceWatermark } from '../shared/records/watermark.ts'

const world = await openAws()
const sendReply = openReplies(world.sqs, (fault) => tell('reply refused', fault))

const sealedSchema = z.strictObject({ number: z.int().min(0) })

/** Applies sealed entries and delivers their receipts, in any order and any number of times. */
export const handler = sqsHandler({
  reserveMs: 60_000,
  work: async ({ body }) => {
    const { number } = sealedSchema.parse(await decodeMessage(body, world.large))
    await carryOutEntry(world, number, sendReply).finally(() => advanceWatermark(world.store))
    count('applied')
  },
})

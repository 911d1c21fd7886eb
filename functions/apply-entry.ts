import { z } from 'zod'
import { count, sqsHandler } from '../shared/aws/handler.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { openAws } from '../shared/aws/world.ts'
import { applyEntry } from '../shared/records/apply.ts'
import { advanceWatermark } from '../shared/records/watermark.ts'

const world = await openAws()

const sealedSchema = z.strictObject({ number: z.int().min(0) })

/** Applies sealed entries, in any order and any number of times. */
export const handler = sqsHandler({
  reserveMs: 60_000,
  work: async ({ body }) => {
    const { number } = sealedSchema.parse(await decodeMessage(body, world.large))
    await applyEntry(world, number)
    await advanceWatermark(world.store)
    count('applied')
  },
})

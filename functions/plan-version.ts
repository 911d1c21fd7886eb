import { instrumented } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { stagedOptionsSchema, stagePlan } from '../shared/datasets/staged.ts'

const world = await openAws()

/** The first step of a publication: which buckets are to be built. */
export const handler = instrumented(async (input: unknown) => {
  const options = stagedOptionsSchema.parse(input)
  return { buckets: await stagePlan(world, options) }
})

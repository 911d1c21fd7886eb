import { instrumented } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { planStep, stepsOptionsSchema } from '../shared/datasets/steps.ts'

const world = await openAws()

/** The first step of a publication: which buckets are to be built. */
export const handler = instrumented(async (input: unknown) => {
  const options = stepsOptionsSchema.parse(input)
  return { buckets: await planStep(world, options) }
})

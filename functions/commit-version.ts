import { z } from 'zod'
import { count, instrumented } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { publicationNameSchema } from '../shared/datasets/publication.ts'
import { abandonSteps, commitStep } from '../shared/datasets/steps.ts'

const world = await openAws()

const inputSchema = publicationNameSchema.extend({ abandoned: z.literal(true).optional() })

/** The last step of a publication: judges what was built and commits it, or says that it was given up. */
export const handler = instrumented(async (input: unknown) => {
  const { abandoned, ...name } = inputSchema.parse(input)
  const { outcome } = abandoned ? await abandonSteps(world, name) : await commitStep(world, name)
  if (outcome === 'gated') count('gatesClosed')
  return { outcome }
})

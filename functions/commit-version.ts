import { z } from 'zod'
import { count, instrumented } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { publicationNameSchema } from '../shared/datasets/publication.ts'
import { abandonSteps, commitStep, stepsOptionsSchema } from '../shared/datasets/steps.ts'

const world = await openAws()

const stepSchema = publicationNameSchema.extend({ abandoned: z.literal(true).optional() })

/** What is told of an execution that ended in any way but well; among it what it was given, as text. */
const endedSchema = z.object({ input: z.string() }).transform(({ input }) => {
  const { dataset, commitId } = stepsOptionsSchema.parse(JSON.parse(input))
  return { dataset, commitId, abandoned: true as const }
})

const inputSchema = z.union([stepSchema, endedSchema])

/** The last step of a publication: judges what was built and commits it, or says that it was given up. */
export const handler = instrumented(async (input: unknown) => {
  const { abandoned, ...name } = inputSchema.parse(input)
  const { outcome } = abandoned ? await abandonSteps(world, name) : await commitStep(world, name)
  if (outcome === 'gated') count('gatesClosed')
  return { outcome }
})

import { z } from 'zod'
import { instrumented } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { publicationNameSchema } from '../shared/datasets/publication.ts'
import { buildStep } from '../shared/datasets/steps.ts'

const world = await openAws()

const inputSchema = publicationNameSchema.extend({ bucket: z.int().min(0) })

/** One of the steps in the middle of a publication: builds and stores one bucket's file. */
export const handler = instrumented(async (input: unknown) => {
  const { bucket, ...name } = inputSchema.parse(input)
  await buildStep(world, name, bucket)
  return { bucket }
})

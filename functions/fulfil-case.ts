import { z } from 'zod'
import { instrumented } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { actorSchema } from '../shared/base/actor.ts'
import { releaseCase } from '../shared/disclosure/cases.ts'
import { isOfficer } from '../shared/principals/principal.ts'

const world = await openAws()

const orderSchema = z.strictObject({ actor: actorSchema, caseId: z.string() })

/** Releases a case for the API, which can read no record and sign nothing itself. Decides anew whether it may. */
export const handler = instrumented(async (input: unknown) =>
  releaseCase(world, orderSchema.parse(input), (name) => isOfficer(world.store, name)),
)

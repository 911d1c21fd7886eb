import { count, instrumented } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { sealPending } from '../shared/ledger/seal.ts'

const world = await openAws()

/** Time that one batch may take; more is left for the next run, which the clock calls each minute. */
const RESERVE_MS = 20_000

/** Seals whatever waits. What called it, an entry in the stream or the clock, does not matter. */
export const handler = instrumented(async (_: unknown, context) => {
  while (context.getRemainingTimeInMillis() >= RESERVE_MS) {
    const sealed = await sealPending(world)
    count('sealed', sealed)
    if (sealed === 0) return
  }
})

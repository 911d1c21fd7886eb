import { count, instrumented, stateSeconds } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { oldestPending } from '../shared/ledger/outbox.ts'
import { sealPending } from '../shared/ledger/seal.ts'

const world = await openAws()

/** Time that one batch may take; more is left for the next run, which the clock calls each minute. */
const RESERVE_MS = 20_000

/** Seals whatever waits. What called it, an entry in the stream or the clock, does not matter. */
export const handler = instrumented(async (_: unknown, context) => {
  while (context.getRemainingTimeInMillis() >= RESERVE_MS) {
    const sealed = await sealPending(world)
    count('sealed', sealed)
    if (sealed === 0) break
  }
  const oldest = await oldestPending(world.store, world.settings.ledger.outboxShards)
  const waitedMs = oldest === undefined ? 0 : Date.parse(world.now()) - Date.parse(oldest)
  stateSeconds('waiting', Math.max(0, Math.round(waitedMs / 1000)))
})

import { count, instrumented, logger } from '../shared/aws/handler.ts'
import { openAws } from '../shared/aws/world.ts'
import { readTrusted } from '../shared/ledger/log.ts'
import { postTo } from '../shared/ledger/post.ts'
import { watchLog } from '../shared/ledger/watch.ts'
import { cosignCheckpoint, witnessesIn } from '../shared/ledger/witness.ts'

const world = await openAws()
const witnesses = witnessesIn(world.settings)

/** Looks at the public log as a stranger would, then shows it to the witnesses. Their outage is counted, and no fault. */
export const handler = instrumented(async () => {
  const trust = await readTrusted(world.objects, world.settings.ledger.origin)
  if (trust === undefined) return
  const { findings } = await watchLog(world, trust)
  for (const { code, path } of findings.slice(0, TOLD)) logger.error('log finding', { code, path })
  count('inconsistent', findings.length)
  const asked = await cosignCheckpoint(world, witnesses, postTo)
  const failed = asked.filter(({ outcome }) => outcome !== 'cosigned')
  for (const each of failed) logger.warn('witness', { ...each })
  count('unwitnessed', failed.length)
})

const TOLD = 20

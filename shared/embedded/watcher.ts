import { setTimeout as sleep } from 'node:timers/promises'
import { describeFault } from '../base/failure.ts'
import { readTrusted } from '../ledger/log.ts'
import { postTo } from '../ledger/post.ts'
import { watchLog } from '../ledger/watch.ts'
import { cosignCheckpoint, type Post, type Witnessed, witnessesIn } from '../ledger/witness.ts'
import type { Home } from './home.ts'
import type { Trouble } from './told.ts'

export type Watching = {
  readonly signal: AbortSignal
  /** Told of what a look came to that it ought not to; the next look comes whatever it was. */
  readonly onFound: (trouble: Trouble) => void
  /** Until the first look: a home that is open for one command alone is left unwatched. */
  readonly firstMs?: number
  readonly post?: (url: string, body: string, stop: AbortSignal) => ReturnType<Post>
}

const FIRST_MS = 5_000
const MINUTE_MS = 60_000
/** Of one look. A log that is not what it was may differ in every file. */
const TOLD_LIMIT = 20

/**
 * Looks at a home's public log as a stranger would, and shows it to its witnesses, over and over until told to stop.
 * Beside the home's other work, so that nothing of that waits for it: neither for a witness that does not answer nor
 * for a look that finds the log other than it was.
 */
export async function watchHome(home: Home, watching: Watching): Promise<void> {
  const { signal, onFound, firstMs = FIRST_MS } = watching
  for (let restMs = firstMs; !signal.aborted; restMs = home.settings.ledger.watchMinutes * MINUTE_MS) {
    // A rest that is broken off is how stopping looks here
    await sleep(restMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    try {
      await look(home, watching)
    } catch (fault) {
      // Half a look is no finding, and a fault in it no reason to end the work beside it
      const { code, facts } = describeFault(fault)
      if (!signal.aborted) onFound({ where: 'watch', code, facts })
    }
  }
}

async function look(home: Home, { signal, onFound, post = postTo }: Watching): Promise<void> {
  const find: typeof home.objects.find = async (key) => {
    signal.throwIfAborted()
    return home.objects.find(key)
  }
  const world = { store: home.store, objects: { ...home.objects, find } }
  const trust = await readTrusted(world.objects, home.settings.ledger.origin)
  // Before the first entry is sealed there is nothing to look at
  if (trust === undefined) return
  const { findings } = await watchLog(world, trust)
  for (const { code, path } of findings.slice(0, TOLD_LIMIT))
    onFound({ where: 'watch', code, facts: { path } })
  const asked = await cosignCheckpoint(world, witnessesIn(home.settings), (url, body) =>
    post(url, body, signal),
  )
  for (const { outcome, ...facts } of asked) {
    if (outcome !== 'cosigned' && !signal.aborted) onFound({ where: 'watch', code: outages[outcome], facts })
  }
}

const outages = {
  unreachable: 'WITNESS_UNREACHABLE',
  declined: 'WITNESS_DECLINED',
  'not-its-signature': 'WITNESS_SIGNATURE_WRONG',
} as const satisfies Record<Exclude<Witnessed['outcome'], 'cosigned'>, string>

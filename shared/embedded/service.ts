import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describeFault } from '../base/failure.ts'
import type { HomeOptions } from './home.ts'
import type { Told } from './told.ts'

/** A home's worker, running beside whoever started it. */
export type Service = { stop(): Promise<void> }

type ServiceOptions = Pick<HomeOptions, 'directory' | 'template'>

/** Time for whoever mends the home, or for what will pass; long enough for a log to stay readable. */
const REST_MS = 5_000

/**
 * Starts a thread that works for the home, or waits for the process that does so now to end. A fault that no try of a
 * message accounts for ends the thread and nothing else, and is told of as the rest is; another begins after a rest. The
 * doors stay open, and what came in is safe in the store.
 */
export function startService(
  options: ServiceOptions,
  onTold: (told: Told) => void,
  restMs: number = REST_MS,
): Service {
  const stopping = new AbortController()
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await runThread(options, onTold, stopping.signal)
      // A rest that is broken off is how stopping looks here
      await sleep(restMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const ended = work()
  return {
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

/** One life of the thread, until it was told to stop or a fault ended it. */
function runThread(
  options: ServiceOptions,
  onTold: (told: Told) => void,
  signal: AbortSignal,
): Promise<void> {
  const { directory, template } = options
  const thread = new Worker(new URL('worker-thread.ts', import.meta.url), {
    workerData: { directory, template },
  })
  const stop = (): void => thread.postMessage('stop')
  signal.addEventListener('abort', stop)
  thread.on('message', onTold)
  thread.on('error', (fault) => {
    const { code, facts } = describeFault(fault)
    onTold({ where: 'worker', code, facts })
  })
  return new Promise((resolve) => {
    thread.once('exit', () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
  })
}

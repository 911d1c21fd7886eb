import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { HomeOptions } from './home.ts'
import type { FaultListener } from './worker.ts'

/** A home's worker, running beside whoever started it. */
export type Service = { stop(): Promise<void> }

/** Told of a try that failed, and of a worker that a fault has ended; another begins after a rest. */
export type ServiceListener = (
  fault: Parameters<FaultListener>[0] | { readonly queue: 'worker'; readonly code: string },
) => void

type ServiceOptions = Pick<HomeOptions, 'directory' | 'template'>

/** Time for whoever mends the home, or for what will pass; long enough for a log to stay readable. */
const REST_MS = 5_000

/**
 * Starts a thread that works for the home, or waits for the process that does so now to end. A fault that no try of a
 * message accounts for ends the thread and nothing else: the doors stay open, and what came in is safe in the store.
 */
export function startService(
  options: ServiceOptions,
  onFault: ServiceListener,
  restMs: number = REST_MS,
): Service {
  const stopping = new AbortController()
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await runThread(options, onFault, stopping.signal)
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
function runThread(options: ServiceOptions, onFault: ServiceListener, signal: AbortSignal): Promise<void> {
  const { directory, template } = options
  const thread = new Worker(new URL('worker-thread.ts', import.meta.url), {
    workerData: { directory, template },
  })
  const stop = (): void => thread.postMessage('stop')
  signal.addEventListener('abort', stop)
  thread.on('message', onFault)
  thread.on('error', (fault) => onFault({ queue: 'worker', code: codeOf(fault) }))
  return new Promise((resolve) => {
    thread.once('exit', () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
  })
}

// What came out of another thread is of no class of ours any longer, but of the same name
function codeOf(fault: unknown): string {
  const isFailure = fault instanceof Error && fault.name === 'Failure' && 'code' in fault
  return isFailure ? String(fault.code) : 'UNEXPECTED'
}

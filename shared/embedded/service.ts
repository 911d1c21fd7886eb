import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { HomeOptions } from './home.ts'
import type { FaultListener } from './worker.ts'

/** A home's worker, running beside whoever started it. */
export type Service = { stop(): Promise<void> }

/** Starts a thread that works for the home, or waits for the process that does so now to end. */
export function startService(
  options: Pick<HomeOptions, 'directory' | 'template'>,
  onFault: FaultListener,
): Service {
  const { directory, template } = options
  const thread = new Worker(new URL('worker-thread.ts', import.meta.url), {
    workerData: { directory, template },
  })
  const ended = once(thread, 'exit')
  thread.on('message', onFault)
  return {
    async stop() {
      thread.postMessage('stop')
      await ended
    },
  }
}

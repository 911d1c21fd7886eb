import { parentPort, workerData } from 'node:worker_threads'
import { openHome } from './home.ts'
import { runWorker } from './worker.ts'

/** The worker's thread: it writes while others read and minimise what comes in at the doors. */
const { directory, template } = workerData as { directory: string; template: string }
const home = await openHome({ directory, template })
const stop = new AbortController()
parentPort?.on('message', () => stop.abort())
await runWorker(home, stop.signal, (fault) => parentPort?.postMessage(fault))
home.close()
parentPort?.close()

import { parentPort, workerData } from 'node:worker_threads'
import { describeFault } from '../base/failure.ts'
import { receiveSubmission } from '../ingest/receive.ts'
import { openHome } from './home.ts'
import type { ReceiverAnswer, ReceiverOptions, ReceiverTask } from './receivers.ts'

/** One of the threads that read large files; it has the home open for itself, as another process would. */
const home = await openHome(workerData as ReceiverOptions)

async function receive({ delivery, bytes }: ReceiverTask): Promise<Omit<ReceiverAnswer, 'task'>> {
  try {
    return { received: await receiveSubmission(home, { ...delivery, file: { ...delivery.file, bytes } }) }
  } catch (fault) {
    return { fault: describeFault(fault) }
  }
}

parentPort?.on('message', async (message: ReceiverTask | 'stop') => {
  if (message !== 'stop') {
    parentPort?.postMessage({ task: message.task, ...(await receive(message)) })
    return
  }
  home.close()
  parentPort?.close()
})

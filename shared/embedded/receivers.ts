import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { describeFault, Failure } from '../base/failure.ts'
import type { Bytes } from '../ingest/formats/format.ts'
import { isPacked } from '../ingest/formats/registry.ts'
import { type DeliveredFile, type Delivery, type Received, receiveSubmission } from '../ingest/receive.ts'
import type { Home, HomeOptions } from './home.ts'

/** Takes submissions in at the doors of a home. */
export type Receivers = {
  receive(delivery: Delivery): Promise<Received>
  /** Ends the threads. What they are still receiving fails; nothing of it is stored. */
  stop(): Promise<void>
}

export type ReceiverOptions = Pick<HomeOptions, 'directory' | 'template' | 'settings'>

/** A file over this goes to a thread: one takes some 200 ms to start, in which two thousand rows are read here. */
const LARGE_BYTES = 256 * 1024

/**
 * Receives what is small in this thread, and files that are large or packed, which may come to anything, in others, as
 * many as there are processors: reading is what most of ingest's time goes into, and the doors are to answer others
 * meanwhile. All go by the settings of this home. A thread that dies fails the submissions it was receiving, each as
 * `RECEIVER_ENDED`; nothing of them is stored.
 */
export function openReceivers(
  home: Home,
  options: ReceiverOptions,
  limit: number = availableParallelism(),
): Receivers {
  const threads = new Set<ReceiverThread>()
  const begin = { ...options, settings: home.settings }
  const choose = (): ReceiverThread => {
    const [idlest] = [...threads].sort((left, right) => left.waiting() - right.waiting())
    if (idlest !== undefined && (idlest.waiting() === 0 || threads.size >= limit)) return idlest
    const thread = startReceiver(begin, () => threads.delete(thread))
    threads.add(thread)
    return thread
  }
  return {
    async receive(delivery) {
      if (!('file' in delivery)) return receiveSubmission(home, delivery)
      const { isSmall, bytes } = await weigh(delivery.file.bytes)
      const weighed = { ...delivery, file: { ...delivery.file, bytes } }
      return isSmall ? receiveSubmission(home, weighed) : choose().receive(weighed)
    },
    async stop() {
      await Promise.all([...threads].map((thread) => thread.stop()))
    },
  }
}

async function weigh(bytes: Bytes): Promise<{ readonly isSmall: boolean; readonly bytes: Bytes }> {
  const iterator = bytes[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  for (let sizeBytes = 0; sizeBytes <= LARGE_BYTES; ) {
    const result = await iterator.next()
    if (result.done) return { isSmall: !isPacked(Buffer.concat(first)), bytes: joined(first, iterator) }
    first.push(result.value)
    sizeBytes += result.value.length
  }
  return { isSmall: false, bytes: joined(first, iterator) }
}

async function* joined(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

type FileDelivery = Extract<Delivery, { readonly file: DeliveredFile }>

type ReceiverThread = {
  receive(delivery: FileDelivery): Promise<Received>
  waiting(): number
  stop(): Promise<void>
}

/** What a thread is asked: its bytes come as a stream, that alone of what can be handed over comes piece by piece. */
export type ReceiverTask = {
  readonly task: number
  readonly delivery: Omit<FileDelivery, 'file'> & { readonly file: Omit<DeliveredFile, 'bytes'> }
  readonly bytes: ReadableStream<Uint8Array>
}

export type ReceiverAnswer = { readonly task: number } & (
  | { readonly received: Received }
  | { readonly fault: ReturnType<typeof describeFault> }
)

type Waiting = { readonly resolve: (received: Received) => void; readonly reject: (fault: unknown) => void }

function startReceiver(options: ReceiverOptions, onEnded: () => void): ReceiverThread {
  const thread = new Worker(new URL('receiver-thread.ts', import.meta.url), { workerData: options })
  const waiting = new Map<number, Waiting>()
  const settle = ({ task, ...answer }: ReceiverAnswer): void => {
    const { resolve, reject } = waiting.get(task) ?? {}
    waiting.delete(task)
    if ('received' in answer) resolve?.(answer.received)
    else reject?.(new Failure(answer.fault.code, answer.fault))
  }
  let cause: unknown
  thread.on('message', settle)
  // What it dies of, such as a lack of memory; its end follows
  thread.on('error', (fault) => {
    cause = fault
  })
  const ended = new Promise<void>((resolve) => {
    thread.once('exit', () => {
      onEnded()
      const fault = new Failure('RECEIVER_ENDED', {
        retryable: true,
        facts: { code: describeFault(cause).code },
      })
      for (const { reject } of waiting.values()) reject(fault)
      resolve()
    })
  })
  return {
    waiting: () => waiting.size,
    receive: (delivery) =>
      new Promise((resolve, reject) => send(thread, waiting, { delivery, resolve, reject })),
    async stop() {
      // Its sender may never come to the end of it
      if (waiting.size > 0) await thread.terminate()
      else thread.postMessage('stop')
      await ended
    },
  }
}

let tasks = 0

function send(
  thread: Worker,
  waiting: Map<number, Waiting>,
  { delivery, resolve, reject }: Waiting & { readonly delivery: FileDelivery },
): void {
  const task = ++tasks
  const { bytes, ...file } = delivery.file
  let broken: { readonly fault: unknown } | undefined
  const stream = ReadableStream.from(
    watched(bytes, (fault) => {
      broken = { fault }
    }),
  )
  // A sender's connection that breaks off is told as what it is, not as what became of it in another thread
  waiting.set(task, { resolve, reject: (fault) => reject(broken === undefined ? fault : broken.fault) })
  const message: ReceiverTask = { task, delivery: { ...delivery, file }, bytes: stream }
  thread.postMessage(message, [stream as never])
}

async function* watched(bytes: Bytes, onFault: (fault: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (fault) {
    onFault(fault)
    throw fault
  }
}

import { once } from 'node:events'

/** Until SIGINT or SIGTERM. */
export async function interruption(): Promise<void> {
  const listening = new AbortController()
  const { signal } = listening
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })])
  // Nobody listens for a second one, so it ends the process as it would any other
  listening.abort()
}

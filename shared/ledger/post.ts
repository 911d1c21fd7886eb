import type { Post } from './witness.ts'

const TIMEOUT_MS = 10_000
/** Signature lines: a hundred of them would fit. */
const ANSWER_LIMIT = 100_000

/**
 * Posts a text over HTTP until told to stop; throws whatever `fetch` throws, and for an answer too long to be one.
 * A stage hands it to those who ask witnesses; nothing else of this room goes out to the world.
 */
export async function postTo(url: string, body: string, stop?: AbortSignal): ReturnType<Post> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const signal = stop === undefined ? timeout : AbortSignal.any([timeout, stop])
  const response = await fetch(url, { method: 'POST', body, signal })
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > ANSWER_LIMIT) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return { status: response.status, body: Buffer.concat(chunks).toString('utf8') }
}

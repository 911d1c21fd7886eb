import type { Post } from '../ledger/witness.ts'

const TIMEOUT_MS = 10_000
/** Signature lines: a hundred of them would fit. */
const ANSWER_LIMIT = 100_000

/** Posts a text over HTTP; throws whatever `fetch` throws, and for an answer too long to be one. */
export const postTo: Post = async (url, body) => {
  const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(TIMEOUT_MS) })
  const text = await response.text()
  if (text.length > ANSWER_LIMIT) throw new Error('the answer is too long')
  return { status: response.status, body: text }
}

import { Failure } from '../base/failure.ts'
import type { ObjectKey, Objects } from '../ports.ts'

/**
 * Stores a body under a name that its content has made. What is there already ought to be the same; where it was
 * damaged since, it is replaced, so that whoever brings the content again puts right what everybody shares.
 */
export async function putContent(objects: Objects, key: ObjectKey, body: Uint8Array): Promise<void> {
  if ((await objects.put(key, body, 'absent')) === 'stored') return
  const found = await findReadable(objects, key)
  if (found === undefined || Buffer.compare(found.body, body) === 0) return
  // 'exists' again: somebody else was first, with these same bytes
  await objects.put(key, body, { tag: found.tag })
}

// A role that may put and not read keeps to what it may: what lies in its store is checked by the store itself
async function findReadable(objects: Objects, key: ObjectKey): ReturnType<Objects['find']> {
  try {
    return await objects.find(key)
  } catch (fault) {
    if (fault instanceof Failure && !fault.retryable) return undefined
    throw fault
  }
}

import type { ObjectKey, Objects } from '../ports.ts'

/**
 * Stores a body under a name that its content has made. What is there already ought to be the same; where it was
 * damaged since, it is replaced, so that whoever brings the content again puts right what everybody shares.
 */
export async function putContent(objects: Objects, key: ObjectKey, body: Uint8Array): Promise<void> {
  if ((await objects.put(key, body, 'absent')) === 'stored') return
  const found = await objects.find(key)
  if (found === undefined || Buffer.compare(found.body, body) === 0) return
  // 'exists' again: somebody else was first, with these same bytes
  await objects.put(key, body, { tag: found.tag })
}

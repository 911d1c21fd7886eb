import { instantOf } from '../../shared/base/instant.ts'
import type { Trust } from '../../shared/ledger/checkpoint.ts'
import { logKey } from '../../shared/ledger/log.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { verifierKey } from '../../shared/ledger/verifier-key.ts'
import type { LogFiles } from '../../shared/ledger/verify.ts'
import type { TestWorld } from '../records/world.ts'

/** Commits the entries `entry-<from>` to `entry-<to>`, that one left out, and seals them as one batch. */
export async function sealEntries(world: TestWorld, from: number, to: number): Promise<void> {
  const ids = Array.from({ length: to - from }, (_, at) => `entry-${from + at}`)
  const commit = (id: string) =>
    world.store.commit([], { id, kind: 'test', at: instantOf(0), payload: { id } })
  await Promise.all(ids.map(commit))
  await sealPending(world)
}

/** Whom somebody believes who has the log's key and knows no witness. */
export function trustIn({ settings: { ledger }, signer }: TestWorld): Trust {
  const { origin } = ledger
  return { origin, keys: [verifierKey(origin, 'ed25519', signer.verifierKey)], witnesses: [] }
}

/** Every file of the log, by its path. */
export async function readFiles({ objects }: Pick<TestWorld, 'objects'>): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for await (const key of objects.list(logKey(''))) {
    const found = await objects.find(key)
    if (found !== undefined) files.set(key.path, found.body)
  }
  return files
}

/** As whoever verifies a log reads them. */
export function filesOf(files: ReadonlyMap<string, Uint8Array>): LogFiles {
  return { find: async (path) => files.get(path), list: async () => [...files.keys()] }
}

/** Puts other bytes in a file's place, as nothing of ours ever does. */
export async function overwrite(
  { objects }: Pick<TestWorld, 'objects'>,
  path: string,
  body: Uint8Array,
): Promise<void> {
  await objects.remove(logKey(path))
  await objects.put(logKey(path), body, 'absent')
}

/** The same bytes but for one bit. */
export function flipped(body: Uint8Array, at = Math.floor(body.length / 2)): Uint8Array {
  const other = Uint8Array.from(body)
  other[at] = (other[at] ?? 0) ^ 0x01
  return other
}

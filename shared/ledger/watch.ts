import { z } from 'zod'
import type { Key, World } from '../ports.ts'
import type { Trust } from './checkpoint.ts'
import { formatBase64, parseBase64 } from './encoding.ts'
import { readObjectFiles } from './log.ts'
import { type LogFinding, verifyLog } from './verify.ts'

const SEEN_KEY: Key = { table: 'ledger', partition: 'watch', sort: 'seen' }
const seenSchema = z.strictObject({ size: z.int(), root: z.string() })

export type Watched = { readonly findings: readonly LogFinding[]; readonly size: number }

/**
 * Looks at the public log as a stranger would: that the checkpoint is signed, and that the tree is the one seen last
 * time, grown by what the bundles since then say. Keeps what it has seen; what it finds wrong it goes on finding.
 */
export async function watchLog(world: Pick<World, 'store' | 'objects'>, trust: Trust): Promise<Watched> {
  const item = await world.store.find(SEEN_KEY)
  const seen = item === undefined ? undefined : seenSchema.parse(item.value)
  const since = seen && { size: seen.size, root: parseBase64(seen.root) ?? new Uint8Array() }
  const { findings, opened } = await verifyLog(readObjectFiles(world.objects), {
    trust,
    ...(since && { since }),
  })
  if (findings.length > 0 || opened === undefined) return { findings, size: since?.size ?? 0 }
  const { size, root } = opened.checkpoint
  const when = item === undefined ? ('absent' as const) : { revision: item.revision }
  // Lost to another watcher, who has seen as much
  await world.store.swap({ key: SEEN_KEY, value: { size, root: formatBase64(root) }, when })
  return { findings, size }
}

import type { Context } from 'hono'
import {
  archivedCheckpointPath,
  CHECKPOINT_PATH,
  logKey,
  SECOND_VERIFIER_KEY_PATH,
  VERIFIER_KEY_PATH,
} from '../ledger/log.ts'
import { parseTilePath } from '../ledger/tile.ts'
import type { World } from '../ports.ts'
import { problem } from './problem.ts'
import type { Routes } from './routes.ts'

/**
 * `GET /ledger/…`: the public log's files as they are (tlog-tiles), for anybody. They reveal nothing: a leaf is a salted
 * commitment, and how many there are is all that can be counted.
 */
export function addPublicLog(api: Routes, world: Pick<World, 'objects'>): void {
  api.get('/ledger/*', async (context) => {
    const path = context.req.path.slice('/ledger/'.length)
    const type = contentTypeOf(path)
    const found = type === undefined ? undefined : await world.objects.find(logKey(path))
    if (type === undefined || found === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' })
    return answer(context, found.body, { type, isFixed: path !== CHECKPOINT_PATH })
  })
}

function contentTypeOf(path: string): string | undefined {
  if (parseTilePath(path) !== undefined) return 'application/octet-stream'
  const archived = /^checkpoints\/0*(\d+)$/.exec(path)?.[1]
  const isNote = archived !== undefined && archivedCheckpointPath(Number(archived)) === path
  return isNote || [CHECKPOINT_PATH, VERIFIER_KEY_PATH, SECOND_VERIFIER_KEY_PATH].includes(path)
    ? 'text/plain; charset=utf-8'
    : undefined
}

function answer(
  context: Context,
  body: Uint8Array,
  file: { readonly type: string; readonly isFixed: boolean },
) {
  return context.body(Uint8Array.from(body), 200, {
    'content-type': file.type,
    // A checkpoint is the newest for some seconds; all else never changes
    'cache-control': file.isFixed ? 'public, max-age=31536000, immutable' : 'public, max-age=5',
  })
}

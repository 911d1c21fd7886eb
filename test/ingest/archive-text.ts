import { zstdDecompressSync } from 'node:zlib'
import type { World } from '../../shared/ports.ts'

/** What every object of the archive says, in clear. */
export async function readAll({ objects }: Pick<World, 'objects'>): Promise<readonly string[]> {
  const texts: string[] = []
  for (const path of ['parts', 'outcomes', 'quarantine']) {
    for await (const key of objects.list({ area: 'archive', path })) {
      texts.push(zstdDecompressSync((await objects.find(key))?.body ?? '').toString('utf8'))
    }
  }
  return texts
}

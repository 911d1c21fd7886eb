import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatLeaf } from '../shared/ledger/leaf.ts'

export type TesseraBench = {
  /** Seconds until its checkpoint has as many entries, each as long as a leaf of ours. */
  time(entries: number, batch: number): Promise<number>
  close(): Promise<void>
}

/** Tessera's POSIX log, built by the Go that is on this machine; why there is none where that can't be done. */
export async function openTessera(): Promise<TesseraBench | { readonly missing: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-tessera-'))
  const close = () => rm(directory, { recursive: true, force: true })
  const program = join(directory, 'tessera-bench')
  const cwd = fileURLToPath(new URL('tessera/', import.meta.url))
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd, encoding: 'utf8' })
  if (built.status !== 0) {
    await close()
    return { missing: built.error === undefined ? built.stderr.trim() : 'no Go on this machine' }
  }
  let run = 0
  return {
    close,
    async time(entries, batch) {
      const file = join(directory, 'entries')
      const leaves = Array.from({ length: entries }, () => formatLeaf(randomBytes(32)))
      await writeFile(file, Buffer.concat(leaves))
      const width = String(leaves[0]?.length)
      const log = join(directory, String(run++))
      const timed = spawnSync(program, [log, file, width, String(batch)], { encoding: 'utf8' })
      if (timed.status !== 0) throw new Error(`Tessera ended: ${timed.stderr}`)
      return JSON.parse(timed.stdout).seconds
    },
  }
}

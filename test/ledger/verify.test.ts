import { describe, expect, test } from 'vitest'
import { formatCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { archivedCheckpointPath, CHECKPOINT_PATH } from '../../shared/ledger/log.ts'
import { formatNote } from '../../shared/ledger/note.ts'
import { signText } from '../../shared/ledger/signature.ts'
import { verifierKey } from '../../shared/ledger/verifier-key.ts'
import { verifyLog } from '../../shared/ledger/verify.ts'
import { openTestWorld } from '../records/world.ts'
import { openMemorySigner } from '../signer.ts'
import { filesOf, flipped, readFiles, sealEntries, trustIn } from './sealed-log.ts'

/** A log of 300 entries, sealed in three batches. */
async function openLog() {
  const world = openTestWorld()
  await sealEntries(world, 0, 1)
  await sealEntries(world, 1, 255)
  await sealEntries(world, 255, 300)
  return { world, files: await readFiles(world), trust: trustIn(world) }
}

/** All but the key beside the log, which is trusted and not verified. */
function verified(files: ReadonlyMap<string, Uint8Array>) {
  return [...files].filter(([path]) => path !== 'vkey')
}

describe('a log', () => {
  test('that is whole is found whole, with every checkpoint it ever published', async () => {
    const { world, files, trust } = await openLog()
    const told: number[] = []
    const { findings, opened } = await verifyLog(filesOf(files), {
      trust,
      onProgress: (done) => told.push(done),
    })
    expect(findings).toEqual([])
    expect(opened?.checkpoint.size).toBe(300)
    expect([...files.keys()].toSorted()).toEqual([
      'checkpoint',
      ...[1, 255, 300].map(archivedCheckpointPath),
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/44',
      'vkey',
    ])
    expect(told).toEqual([256, 300])
    world.close()
  })

  test('of which one byte of one file is another is found out, whichever it is', async () => {
    const { world, files, trust } = await openLog()
    for (const [path, body] of verified(files)) {
      for (const at of [0, Math.floor(body.length / 2), body.length - 1]) {
        const changed = new Map(files).set(path, flipped(body, at))
        const { findings } = await verifyLog(filesOf(changed), { trust })
        expect(findings.length, `${path} at ${at}`).toBeGreaterThan(0)
      }
    }
    world.close()
  })

  test('of which a tile is longer or shorter than it says is found out, and the file named', async () => {
    const { world, files, trust } = await openLog()
    for (const path of ['tile/0/000', 'tile/0/001.p/44', 'tile/1/000.p/1']) {
      const body = files.get(path) ?? new Uint8Array()
      for (const other of [Buffer.concat([body, Buffer.alloc(32)]), body.subarray(0, -1), Buffer.of()]) {
        const { findings } = await verifyLog(filesOf(new Map(files).set(path, other)), { trust })
        expect(findings, `${path} of ${other.length} bytes`).toEqual([{ code: 'FILE_WRONG', path }])
      }
    }
    world.close()
  })

  test('that lacks a file is found out, and the file named', async () => {
    const { world, files, trust } = await openLog()
    for (const [path] of verified(files)) {
      if (path.startsWith('checkpoints/')) continue
      const lacking = new Map(files)
      lacking.delete(path)
      const { findings } = await verifyLog(filesOf(lacking), { trust })
      expect(findings).toContainEqual({ code: 'FILE_MISSING', path })
    }
    world.close()
  })
})

describe('somebody who kept a checkpoint', () => {
  test('sees that the log has only grown since', async () => {
    const { world, files, trust } = await openLog()
    const note = files.get(archivedCheckpointPath(255)) ?? new Uint8Array()
    const { findings } = await verifyLog(filesOf(files), { trust, against: [{ name: 'kept', note }] })
    expect(findings).toEqual([])
    world.close()
  })

  test('is shown another log of the same name and key: it is found out', async () => {
    const { world, files, trust } = await openLog()
    const signed = async (size: number, root: Uint8Array) => {
      const text = formatCheckpoint({ origin: trust.origin, size, root, extensions: [] })
      return formatNote({
        text,
        signatures: [await signText(text, { name: trust.origin, signer: world.signer })],
      })
    }
    for (const [size, code] of [
      [200, 'ROOT_WRONG'],
      [301, 'SIZE_BEYOND_LOG'],
    ] as const) {
      const note = await signed(size, new Uint8Array(32).fill(7))
      const { findings } = await verifyLog(filesOf(files), { trust, against: [{ name: 'kept', note }] })
      expect(findings).toEqual([{ code, path: 'kept' }])
    }
    world.close()
  })

  test('trusts another key: nothing of the log is believed', async () => {
    const { world, files, trust } = await openLog()
    const keys = [verifierKey(trust.origin, 'ed25519', openMemorySigner().verifierKey)]
    const verdict = await verifyLog(filesOf(files), { trust: { ...trust, keys } })
    expect(verdict).toEqual({
      findings: [{ code: 'SIGNER_UNKNOWN', path: CHECKPOINT_PATH }],
      opened: undefined,
    })
    world.close()
  })
})

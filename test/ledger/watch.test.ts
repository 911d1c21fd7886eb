import { describe, expect, test } from 'vitest'
import { formatCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { parseBase64 } from '../../shared/ledger/encoding.ts'
import { CHECKPOINT_PATH, logKey, readTrusted, VERIFIER_KEY_PATH } from '../../shared/ledger/log.ts'
import { formatNote } from '../../shared/ledger/note.ts'
import { findHead } from '../../shared/ledger/sealed.ts'
import { signText } from '../../shared/ledger/signature.ts'
import { watchLog } from '../../shared/ledger/watch.ts'
import type { ObjectKey } from '../../shared/ports.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { openTestWorld, type TestWorld } from '../records/world.ts'
import { openMemorySigner } from '../signer.ts'
import { flipped, overwrite, readFiles, sealEntries, trustIn } from './sealed-log.ts'

async function withLog(size: number, work: (world: TestWorld) => Promise<void>): Promise<void> {
  const world = openTestWorld()
  await sealEntries(world, 0, size)
  await work(world).finally(() => world.close())
}

const look = (world: TestWorld) => watchLog(world, trustIn(world))

/** Looks three times; what is found is found each time, and the size seen stays what it was. */
async function expectFound(world: TestWorld, code: string, path: string, size: number): Promise<void> {
  for (let time = 0; time < 3; time++) {
    const { findings, size: seen } = await look(world)
    expect(findings).toContainEqual({ code, path })
    expect(seen).toBe(size)
  }
}

async function change(world: TestWorld, path: string): Promise<void> {
  const body = (await readFiles(world)).get(path)
  if (body === undefined) throw new Error(`no ${path}`)
  // Within the first leaf, or the second hash if there is one
  await overwrite(world, path, flipped(body, 40 % body.length))
}

async function sign(world: TestWorld, size: number, root: Uint8Array): Promise<Uint8Array> {
  const { origin } = world.settings.ledger
  const text = formatCheckpoint({ origin, size, root, extensions: [] })
  return formatNote({ text, signatures: [await signText(text, { name: origin, signer: world.signer })] })
}

describe('a watcher', () => {
  test('sees the whole log at its first look, and from then on what it grew by', async () => {
    await withLog(300, async (world) => {
      expect(await look(world)).toEqual({ findings: [], size: 300 })
      for (const [from, to] of [
        [300, 301],
        [301, 512],
        [512, 800],
      ] as const) {
        await sealEntries(world, from, to)
        const asked: string[] = []
        const seeing = {
          ...world,
          objects: {
            ...world.objects,
            find: async (key: ObjectKey) => {
              asked.push(key.path)
              return world.objects.find(key)
            },
          },
        }
        expect(await watchLog(seeing, trustIn(world))).toEqual({ findings: [], size: to })
        expect(asked, 'the bundle that was full before').not.toContain('tile/entries/000')
      }
    })
  })

  test('finds nothing where nothing happened', async () => {
    await withLog(256, async (world) => {
      await look(world)
      expect(await look(world)).toEqual({ findings: [], size: 256 })
    })
  })

  test('that lost the race for its own memory has still looked', async () => {
    await withLog(3, async (world) => {
      const store = { ...world.store, swap: async () => false }
      expect(await watchLog({ ...world, store }, trustIn(world))).toEqual({ findings: [], size: 3 })
      expect(await look(world)).toEqual({ findings: [], size: 3 })
    })
  })

  test.each([
    { mode: 'failed', found: { code: 'ROOT_WRONG', path: CHECKPOINT_PATH }, size: 0 },
    { mode: 'stored', found: { code: 'BUNDLE_WRONG', path: 'tile/entries/001' }, size: 300 },
  ] as const)(
    'whose write of its memory $mode, and who died, finds later what was then changed in what it had seen',
    async ({ mode, found, size }) => {
      await withLog(300, async (world) => {
        const dying = faulty(world, faultsFrom({ crashAt: 1, mode }))
        await expect(watchLog(dying, trustIn(world))).rejects.toThrow(Crash)
        await sealEntries(world, 300, 800)
        await change(world, 'tile/entries/001')
        await expectFound(world, found.code, found.path, size)
      })
    },
  )

  test('finds a log that is not there', async () => {
    const world = openTestWorld()
    await expectFound(world, 'FILE_MISSING', CHECKPOINT_PATH, 0)
    world.close()
  })
})

describe('found at the first look is', () => {
  // A bundle that was changed is a log of other entries: other tiles, another root
  test.each([
    ['tile/entries/000', 'ROOT_WRONG', CHECKPOINT_PATH],
    ['tile/entries/001.p/44', 'ROOT_WRONG', CHECKPOINT_PATH],
    ['tile/0/000', 'FILE_WRONG', 'tile/0/000'],
    ['tile/0/001.p/44', 'FILE_WRONG', 'tile/0/001.p/44'],
    ['tile/1/000.p/1', 'FILE_WRONG', 'tile/1/000.p/1'],
  ])('a changed %s', async (path, code, place) => {
    await withLog(300, async (world) => {
      await change(world, path)
      await expectFound(world, code, place, 0)
    })
  })
})

describe('found however often one looks is', () => {
  test.each([
    ['a bundle, in what was there before', 'tile/entries/001', 'BUNDLE_WRONG', 'tile/entries/001'],
    ['a bundle', 'tile/entries/002', 'ROOT_WRONG', CHECKPOINT_PATH],
    ['a full tile, in what was there before', 'tile/0/001', 'ROOT_WRONG', CHECKPOINT_PATH],
    ['a full tile', 'tile/0/002', 'FILE_WRONG', 'tile/0/002'],
    ['a partial tile', 'tile/0/003.p/32', 'FILE_WRONG', 'tile/0/003.p/32'],
    ['a tile of a higher level', 'tile/1/000.p/3', 'FILE_WRONG', 'tile/1/000.p/3'],
  ])('%s of the growth that was changed', async (_, path, code, place) => {
    await withLog(300, async (world) => {
      await look(world)
      await sealEntries(world, 300, 800)
      await change(world, path)
      await expectFound(world, code, place, 300)
    })
  })

  test('a frontier that is not the one that was seen', async () => {
    await withLog(300, async (world) => {
      await look(world)
      await change(world, 'tile/0/001.p/44')
      await expectFound(world, 'ROOT_WRONG', CHECKPOINT_PATH, 300)
    })
  })

  test('a frontier that was cut short, or has more than it says', async () => {
    await withLog(300, async (world) => {
      await look(world)
      const body = (await readFiles(world)).get('tile/0/001.p/44') ?? new Uint8Array()
      for (const other of [body.subarray(32), Buffer.concat([body, body])]) {
        await overwrite(world, 'tile/0/001.p/44', other)
        await expectFound(world, 'FILE_WRONG', 'tile/0/001.p/44', 300)
      }
    })
  })

  test('a file that is missing', async () => {
    await withLog(300, async (world) => {
      await look(world)
      await sealEntries(world, 300, 800)
      await world.objects.remove(logKey('tile/entries/001'))
      await expectFound(world, 'FILE_MISSING', 'tile/entries/001', 300)
    })
  })

  test.each([
    [3, 9],
    [200, 300],
    [256, 512],
    [255, 800],
  ])('a checkpoint that was rolled back to %i from %i', async (before, after) => {
    await withLog(before, async (world) => {
      const old = (await readFiles(world)).get(CHECKPOINT_PATH) ?? new Uint8Array()
      await sealEntries(world, before, after)
      await look(world)
      await overwrite(world, CHECKPOINT_PATH, old)
      await expectFound(world, 'ROOT_WRONG', CHECKPOINT_PATH, after)
    })
  })

  test('a checkpoint that is signed, over another tree of the same size', async () => {
    await withLog(300, async (world) => {
      await look(world)
      await overwrite(world, CHECKPOINT_PATH, await sign(world, 300, new Uint8Array(32).fill(7)))
      await expectFound(world, 'ROOT_WRONG', CHECKPOINT_PATH, 300)
    })
  })

  test('another log in its place, whole and signed with its key, and longer', async () => {
    await withLog(300, async (world) => {
      await look(world)
      const other = { ...openTestWorld(), signer: world.signer }
      await sealEntries(other, 0, 400)
      for (const [path, body] of await readFiles(other)) await overwrite(world, path, body)
      await expectFound(world, 'ROOT_WRONG', CHECKPOINT_PATH, 300)
      other.close()
    })
  })

  test('a checkpoint that another key signed', async () => {
    await withLog(3, async (world) => {
      await look(world)
      const root = parseBase64((await findHead(world.store)).head.root) ?? new Uint8Array()
      const stranger = { ...world, signer: openMemorySigner() }
      await overwrite(world, CHECKPOINT_PATH, await sign(stranger, 3, root))
      await expectFound(world, 'SIGNER_UNKNOWN', CHECKPOINT_PATH, 3)
    })
  })
})

describe('the key that the service believes', () => {
  test('is the one beside the log, once there is a checkpoint', async () => {
    await withLog(1, async (world) => {
      const { origin } = world.settings.ledger
      expect(await readTrusted(world.objects, origin)).toEqual(trustIn(world))
      expect(await readTrusted(openTestWorld().objects, origin)).toBeUndefined()
    })
  })

  test.each([
    ['is another log’s', (own: string) => own, 'other.example'],
    ['is none', () => 'text\n', undefined],
  ])('is not believed where what lies there %s', async (_, written, name) => {
    await withLog(1, async (world) => {
      const { origin } = world.settings.ledger
      const own = Buffer.from((await readFiles(world)).get(VERIFIER_KEY_PATH) ?? []).toString('utf8')
      await overwrite(world, VERIFIER_KEY_PATH, Buffer.from(written(own)))
      await expect(readTrusted(world.objects, name ?? origin)).rejects.toMatchObject({
        code: 'VERIFIER_KEY_UNREADABLE',
      })
    })
  })
})

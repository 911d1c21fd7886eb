import fc from 'fast-check'
import { expect } from 'vitest'
import { instantOf } from '../../shared/base/instant.ts'
import { decodeBundle } from '../../shared/ledger/bundle.ts'
import { openCheckpoint, parseCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { frontierTiles } from '../../shared/ledger/frontier.ts'
import { parseLeaf } from '../../shared/ledger/leaf.ts'
import { CHECKPOINT_PATH, logKey, readTile } from '../../shared/ledger/log.ts'
import { entryKey, listPending } from '../../shared/ledger/outbox.ts'
import { type SealingWorld, sealPending } from '../../shared/ledger/seal.ts'
import { findHead, findNumber, findSealedEntry } from '../../shared/ledger/sealed.ts'
import { TILE_WIDTH } from '../../shared/ledger/tile.ts'
import { verifierKey } from '../../shared/ledger/verifier-key.ts'
import type { Signer } from '../../shared/ports.ts'
import { Crash, type Schedule as Faults, faultsFrom, faulty } from '../faults.ts'
import { openTestWorld, type TestWorld } from '../records/world.ts'
import { mth } from './definition.ts'
import { openTurnstile, turning } from './turnstile.ts'

const SHARDS = 2

/** One life of one process: it commits some entries, or seals, and may die of it. */
type Life = {
  readonly kind: 'commit' | 'seal'
  /** Of the ids there are; some are committed again and again. */
  readonly ids: readonly number[]
  readonly faults: Faults
}

export type SealingSchedule = {
  /** Entries the log has to begin with: just below a full tile, so that one is filled and its partials go. */
  readonly before: number
  readonly lives: readonly Life[]
  /** How many live at once. */
  readonly lanes: number
  readonly turns: readonly number[]
  readonly clock: readonly number[]
}

const someFaults: fc.Arbitrary<Faults> = fc.oneof(
  fc.constant({}),
  fc.record({
    crashAt: fc.integer({ min: 1, max: 14 }),
    mode: fc.constantFrom('failed' as const, 'stored' as const, 'partial' as const),
    keep: fc.nat(4),
  }),
)

// In runs of one pick, by which one process gets far while another stands still
const someTurns = fc
  .array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 8 })
  .map((runs) => runs.flatMap(([pick, length]) => Array.from({ length }, () => pick)))

export const aSealingSchedule: fc.Arbitrary<SealingSchedule> = fc.record({
  lives: fc.array(
    fc.record({
      kind: fc.constantFrom('commit' as const, 'seal' as const, 'seal' as const),
      ids: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
      faults: someFaults,
    }),
    { minLength: 2, maxLength: 14, size: 'max' },
  ),
  before: fc.constantFrom(0, 0, 0, 252, 254),
  lanes: fc.integer({ min: 1, max: 3 }),
  turns: someTurns,
  clock: fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }),
})

/** A sealer; a seeded break puts another in the place of the real one. */
export type Sealer = (world: SealingWorld) => Promise<number>

/** Plays a schedule, then seals what is left with nobody dying, and holds the log against what was committed. */
export async function playSealing(schedule: SealingSchedule, seal: Sealer = sealPending): Promise<void> {
  const memory = openTestWorld(schedule.clock)
  const { signer, texts } = recording(memory.signer)
  const world: TestWorld = { ...memory, signer }
  const told = new Set<string>()
  try {
    const first = Array.from({ length: schedule.before }, (_, at) => `before-${at}`)
    await Promise.all(first.map((id) => commitOne(world, id)))
    await seal(world)
    for (const id of first) told.add(id)
    const published = new Set<number>()
    await playLives(world, schedule, { seal, told, published })
    // Whoever was not told that it is done asks again
    await Promise.all([...told].map((id) => commitOne(world, id)))
    while ((await seal(world)) > 0);
    await expectWhole(world, told)
    expect(await archivedSizes(world)).toEqual(
      expect.arrayContaining([...published].filter((size) => size > 0)),
    )
    await expectSignedOnce(world, texts)
  } finally {
    memory.close()
  }
}

type Play = {
  readonly seal: Sealer
  readonly told: Set<string>
  /** Every size that anybody could read of the log. */
  readonly published: Set<number>
}

async function playLives(
  world: TestWorld,
  schedule: SealingSchedule,
  { seal, told, published }: Play,
): Promise<void> {
  const turnstile = openTurnstile(schedule.turns)
  const alive = new Set<Promise<void>>()
  const faults: unknown[] = []
  const look = watchCheckpoint(world, published)
  for (const { kind, ids, faults: deaths } of schedule.lives) {
    while (alive.size >= schedule.lanes) {
      await turnstile.step()
      await look()
    }
    const process = faulty(turning(world, turnstile), faultsFrom(deaths))
    const work = kind === 'seal' ? seal(process) : commitAll(process, ids, told)
    const life = Promise.resolve(work)
      .then(() => undefined)
      .catch((fault: unknown) => void (fault instanceof Crash || faults.push(fault)))
      .finally(() => alive.delete(life))
    alive.add(life)
  }
  while (alive.size > 0) {
    await turnstile.step()
    await look()
  }
  if (faults.length > 0) throw faults[0]
}

async function commitAll(
  world: Pick<TestWorld, 'store'>,
  ids: readonly number[],
  told: Set<string>,
): Promise<void> {
  for (const id of ids) {
    told.add(`entry-${id}`)
    await commitOne(world, `entry-${id}`)
  }
}

async function commitOne({ store }: Pick<TestWorld, 'store'>, id: string): Promise<void> {
  await store.commit([], { id, kind: 'test', at: instantOf(Number(id.at(-1))), payload: { id } })
}

/** A check that the checkpoint anybody can read never goes back, and that none that was archived is ahead of it. */
function watchCheckpoint(world: TestWorld, published: Set<number>): () => Promise<void> {
  let size = 0
  return async () => {
    const archived = await archivedSizes(world)
    const now = await publishedSize(world)
    expect(now, 'the published log was rolled back').toBeGreaterThanOrEqual(size)
    expect(now, 'archived before it was published').toBeGreaterThanOrEqual(archived.at(-1) ?? 0)
    size = now
    published.add(now)
  }
}

async function archivedSizes({ objects }: TestWorld): Promise<readonly number[]> {
  const sizes: number[] = []
  for await (const { path } of objects.list(logKey('checkpoints'))) sizes.push(Number(path.split('/')[1]))
  return sizes
}

async function publishedSize(world: TestWorld): Promise<number> {
  const found = await world.objects.find(logKey(CHECKPOINT_PATH))
  if (found === undefined) return 0
  const { origin } = world.settings.ledger
  const keys = [verifierKey(origin, 'ed25519', world.signer.verifierKey)]
  const opened = openCheckpoint(found.body, { origin, keys, witnesses: [] })
  if (opened.outcome === 'refused') throw new Error(opened.code)
  return opened.checkpoint.size
}

/** Each entry that was committed has one number and one leaf, and the files are those of the tree of these leaves. */
async function expectWhole(world: TestWorld, told: ReadonlySet<string>): Promise<void> {
  const { head } = await findHead(world.store)
  const leaves = await readLeaves(world, head.size)
  const ids: string[] = []
  for (const [number, leaf] of leaves.entries()) {
    const entry = await findSealedEntry(world.store, number)
    if (entry === undefined) expect.fail(`number ${number} has no entry`)
    ids.push(entry.id)
    expect(Buffer.from(parseLeaf(leaf) ?? []).toString('base64'), 'a leaf of another entry').toBe(
      entry.commitment,
    )
    expect(await findNumber(world.store, entry.id), 'an entry numbered twice').toBe(number)
    const stored = await world.store.find(entryKey(entry.id))
    expect(stored?.value, 'a leaf of another commitment').toMatchObject({ commitment: entry.commitment })
  }
  expect(ids.toSorted(), 'an entry lost or doubled').toEqual([...told].toSorted())
  expect(Buffer.from(head.root, 'base64')).toEqual(mth(leaves))
  expect(await publishedSize(world), 'the published log lags behind').toBe(head.size)
  expect(await Array.fromAsync(listPending(world.store, SHARDS)), 'still pending').toEqual([])
  for (const tile of frontierTiles(head.size)) await readTile(world.objects, tile)
}

export async function readLeaves(
  world: Pick<TestWorld, 'objects'>,
  size: number,
): Promise<readonly Uint8Array[]> {
  const leaves: Uint8Array[] = []
  for (let index = 0; leaves.length < size; index++) {
    const width = Math.min(TILE_WIDTH, size - leaves.length)
    const { tile, body } = await readTile(world.objects, { level: 'entries', index, width })
    leaves.push(...decodeBundle(body, tile.width).slice(0, width))
  }
  return leaves
}

/** Every state that was ever signed is one the log went through: no two trees of one size, no tree it left again. */
async function expectSignedOnce(world: TestWorld, texts: readonly string[]): Promise<void> {
  const leaves = await readLeaves(world, (await findHead(world.store)).head.size)
  for (const text of texts) {
    const read = parseCheckpoint(text)
    if (read.outcome === 'refused') expect.fail(read.code)
    const { size, root } = read.checkpoint
    const defined = size <= leaves.length ? mth(leaves.slice(0, size)) : undefined
    expect(defined?.equals(root), `a fork was signed at ${size}`).toBe(true)
  }
}

function recording(signer: Signer): { readonly signer: Signer; readonly texts: readonly string[] } {
  const texts: string[] = []
  const sign = (message: Uint8Array) => {
    texts.push(Buffer.from(message).toString('utf8'))
    return signer.sign(message)
  }
  return { signer: { ...signer, sign }, texts }
}

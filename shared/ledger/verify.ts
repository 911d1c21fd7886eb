import { decodeBundle } from './bundle.ts'
import { type OpenedCheckpoint, openCheckpoint, type Trust } from './checkpoint.ts'
import { emptyFrontier, type Frontier, frontierTiles, growTree, readFrontier, rootOf } from './frontier.ts'
import { CHECKPOINT_PATH, type LogState } from './log.ts'
import { HASH_BYTES, isSameHash, leafHashes } from './merkle.ts'
import type { RefusalCode } from './refusal.ts'
import { TILE_WIDTH, type Tile, type TileBody, tilePath } from './tile.ts'
import { archivedSize, verifyListed } from './verify-listed.ts'

/** What is wrong with which file of the log, or which row of the store beside it. */
export type LogFinding = {
  readonly code:
    | RefusalCode
    | 'FILE_MISSING'
    | 'FILE_WRONG'
    | 'BUNDLE_WRONG'
    | 'ENTRY_WRONG'
    | 'OUTBOX_WRONG'
    | 'ROOT_WRONG'
    | 'SIGNATURE_MISSING'
    | 'SIZE_BEYOND_LOG'
    | 'SIZE_WRONG'
  readonly path: string
}

/** Where the log's files are read from; nothing of it is believed. */
export type LogFiles = {
  find(path: string): Promise<Uint8Array | undefined>
  /** The paths of all there is; none where they can't be listed. */
  list(): Promise<readonly string[]>
}

export type VerifyOptions = {
  readonly trust: Trust
  /** Whether these are all keys of the log. Where some are not known, their signatures can't be told from others'. */
  readonly isEveryKey?: boolean
  /** Checkpoints that somebody kept from earlier: the log has to be what they saw, grown. */
  readonly against?: readonly { readonly name: string; readonly note: Uint8Array }[]
  /** A state that was verified before: what came after it is looked at, and that it is still the log's beginning. */
  readonly since?: LogState
  readonly onProgress?: (done: number, size: number) => void
}

export type LogVerdict = {
  readonly findings: readonly LogFinding[]
  /** Of the log's own checkpoint; undefined where that can't be believed. */
  readonly opened: OpenedCheckpoint | undefined
}

/**
 * Works the whole log out again from its entries, and holds every file against it: bundles, tiles, the checkpoint, the
 * archived ones and those that somebody kept, and whatever else is listed. Goes on after a fault where it can; the first
 * finding is the first fault.
 */
export async function verifyLog(files: LogFiles, options: VerifyOptions): Promise<LogVerdict> {
  // Before the checkpoint is read: a log that grows meanwhile may archive a larger one
  const paths = await files.list()
  const note = await files.find(CHECKPOINT_PATH)
  if (note === undefined) return verdict({ code: 'FILE_MISSING', path: CHECKPOINT_PATH })
  const opened = openCheckpoint(note, options.trust)
  if (opened.outcome === 'refused') return verdict({ code: opened.code, path: CHECKPOINT_PATH })
  const { size, root } = opened.checkpoint
  const states = await readStates(files, { ...options, paths, size })
  const { trust, since, isEveryKey = false, onProgress } = options
  const walk = await walkLog(files, { size, stops: states.sizes, since, onProgress })
  const findings = [...states.findings, ...walk.findings]
  if (walk.frontier === undefined) return { findings, opened }
  if (!isSameHash(rootOf(walk.frontier), root)) findings.push({ code: 'ROOT_WRONG', path: CHECKPOINT_PATH })
  for (const { path, at, expected } of states.roots) {
    const found = walk.roots.get(at)
    if (found === undefined || !isSameHash(found, expected)) findings.push({ code: 'ROOT_WRONG', path })
  }
  findings.push(...(await verifyListed(files, { paths, trust, size, isEveryKey })))
  return { findings, opened }
}

function verdict(finding: LogFinding): LogVerdict {
  return { findings: [finding], opened: undefined }
}

type States = {
  readonly findings: readonly LogFinding[]
  readonly sizes: ReadonlySet<number>
  readonly roots: readonly { readonly path: string; readonly at: number; readonly expected: Uint8Array }[]
}

/** The states that other checkpoints tell of: what the tree has to have been at their sizes. */
async function readStates(
  files: LogFiles,
  { trust, against = [], paths, size }: VerifyOptions & { paths: readonly string[]; size: number },
): Promise<States> {
  const kept: { path: string; note: Uint8Array | undefined; archived?: number }[] = against.map(
    ({ name, note }) => ({ path: name, note }),
  )
  for (const path of paths) {
    const archived = archivedSize(path)
    if (archived !== undefined) kept.push({ path, note: await files.find(path), archived })
  }
  const findings: LogFinding[] = []
  const roots: States['roots'][number][] = []
  for (const { path, note, archived } of kept) {
    const opened = note === undefined ? undefined : openCheckpoint(note, trust)
    if (opened === undefined) findings.push({ code: 'FILE_MISSING', path })
    else if (opened.outcome === 'refused') findings.push({ code: opened.code, path })
    else if (opened.checkpoint.size !== (archived ?? opened.checkpoint.size))
      findings.push({ code: 'SIZE_WRONG', path })
    else if (opened.checkpoint.size > size) findings.push({ code: 'SIZE_BEYOND_LOG', path })
    else roots.push({ path, at: opened.checkpoint.size, expected: opened.checkpoint.root })
  }
  return { findings, roots, sizes: new Set(roots.map(({ at }) => at)) }
}

type Walk = {
  readonly findings: readonly LogFinding[]
  /** Of the whole tree; undefined where a bundle could not be read. */
  readonly frontier: Frontier | undefined
  /** The roots at the sizes asked for. */
  readonly roots: ReadonlyMap<number, Uint8Array>
}

type WalkOptions = {
  readonly size: number
  readonly stops: ReadonlySet<number>
  readonly since: VerifyOptions['since']
  readonly onProgress: VerifyOptions['onProgress']
}

async function walkLog(files: LogFiles, { size, stops, since, onProgress }: WalkOptions): Promise<Walk> {
  const findings: LogFinding[] = []
  const roots = new Map([[0, rootOf(emptyFrontier)]])
  const begin = since === undefined ? emptyFrontier : await findFrontier(files, since)
  if ('code' in begin) return { findings: [begin], frontier: undefined, roots }
  let frontier: Frontier = begin
  while (frontier.size < size) {
    const index = Math.floor(frontier.size / TILE_WIDTH)
    const before = frontier.size % TILE_WIDTH
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
    const entries = await readEntries(files, { level: 'entries', index, width })
    if ('code' in entries) return { findings: [...findings, entries], frontier: undefined, roots }
    // What a bundle holds of a state seen before is that state's still
    const known = frontier.rows[0] ?? new Uint8Array()
    if (Buffer.compare(leafHashes(entries.leaves.slice(0, before)), known) !== 0)
      findings.push({ code: 'BUNDLE_WRONG', path: tilePath({ level: 'entries', index, width }) })
    for (const leaves of segmentsOf(entries.leaves.slice(before), frontier.size, stops)) {
      const grown = growTree(frontier, leafHashes(leaves))
      frontier = grown.frontier
      if (stops.has(frontier.size)) roots.set(frontier.size, grown.root)
      findings.push(...(await compareTiles(files, grown.tiles.filter(isFull))))
    }
    onProgress?.(frontier.size, size)
  }
  const partial = frontierTiles(size).map((tile) => ({
    tile,
    body: frontier.rows[tile.level] ?? new Uint8Array(),
  }))
  return { findings: [...findings, ...(await compareTiles(files, partial))], frontier, roots }
}

/** The frontier of a state that was verified before, from the files as they are now. */
async function findFrontier(files: LogFiles, { size, root }: LogState): Promise<Frontier | LogFinding> {
  const bodies: Uint8Array[] = []
  for (const tile of frontierTiles(size)) {
    const found = await findTile(files, tile)
    if (found === undefined) return { code: 'FILE_MISSING', path: tilePath(tile) }
    if (found.body.length !== found.tile.width * HASH_BYTES)
      return { code: 'FILE_WRONG', path: tilePath(found.tile) }
    bodies.push(found.body)
  }
  const frontier = readFrontier(size, bodies)
  return isSameHash(rootOf(frontier), root) ? frontier : { code: 'ROOT_WRONG', path: CHECKPOINT_PATH }
}

/** A bundle's leaves cut where somebody's checkpoint says what the root was. */
function* segmentsOf(
  leaves: readonly Uint8Array[],
  size: number,
  stops: ReadonlySet<number>,
): Iterable<readonly Uint8Array[]> {
  let begin = 0
  for (let end = 1; end <= leaves.length; end++) {
    if (end < leaves.length && !stops.has(size + end)) continue
    yield leaves.slice(begin, end)
    begin = end
  }
}

function isFull({ tile }: TileBody): boolean {
  return tile.width === TILE_WIDTH
}

/** The leaves of a bundle, or what is wrong with it. */
export async function readEntries(
  files: LogFiles,
  tile: Tile,
): Promise<{ readonly leaves: readonly Uint8Array[] } | LogFinding> {
  const found = await findTile(files, tile)
  const path = tilePath(tile)
  if (found === undefined) return { code: 'FILE_MISSING', path }
  try {
    return { leaves: decodeBundle(found.body, found.tile.width).slice(0, tile.width) }
  } catch {
    // A bundle that does not come apart is a finding of its own, whatever is wrong with it
    return { code: 'BUNDLE_WRONG', path }
  }
}

async function compareTiles(files: LogFiles, tiles: readonly TileBody[]): Promise<readonly LogFinding[]> {
  const findings: LogFinding[] = []
  for (const { tile, body } of tiles) {
    const found = await findTile(files, tile)
    const path = tilePath(tile)
    if (found === undefined) findings.push({ code: 'FILE_MISSING', path })
    else if (!isTileOf(found, body)) findings.push({ code: 'FILE_WRONG', path })
  }
  return findings
}

/** Whether these hashes are the tile's, or its first where it is a full one in a partial one's place. */
function isTileOf({ tile, body }: TileBody, hashes: Uint8Array): boolean {
  const isWhole = body.length === tile.width * HASH_BYTES
  return isWhole && Buffer.compare(body.subarray(0, hashes.length), hashes) === 0
}

/** A partial tile, or the full one that has taken its place (tlog-tiles, "Partial Tiles"). */
async function findTile(files: LogFiles, tile: Tile): Promise<TileBody | undefined> {
  for (const each of [tile, { ...tile, width: TILE_WIDTH }]) {
    const body = await files.find(tilePath(each))
    if (body !== undefined) return { tile: each, body }
  }
  return undefined
}

import { Failure } from '../base/failure.ts'
import type { EcdsaSigner, ObjectKey, Objects, Signer } from '../ports.ts'
import { type BundleEnd, decodeBundle, encodeBundle, growBundles, partialBundle } from './bundle.ts'
import { formatCheckpoint, parseCheckpoint, type Trust } from './checkpoint.ts'
import { type Frontier, frontierTiles, growTree, readFrontier, rootOf } from './frontier.ts'
import { formatLeaf } from './leaf.ts'
import { type Hash, isSameHash, leafHashes } from './merkle.ts'
import { formatNote, type Note, parseNote } from './note.ts'
import { type NamedSigner, type Signature, signText, verifierKeyOf } from './signature.ts'
import { parseTilePath, TILE_WIDTH, type Tile, type TileBody, tilePath } from './tile.ts'
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from './verifier-key.ts'

/** A size of the log with the root of its tree. */
export type LogState = { readonly size: number; readonly root: Hash }

/** What a log becomes by new leaves: its new state, and the files it has that it had not. */
export type LogGrowth = LogState & { readonly from: number; readonly files: readonly TileBody[] }

/** Every file of the log (tlog-tiles) is an object of the area `ledger` under its own path. */
export function logKey(path: string): ObjectKey {
  return { area: 'ledger', path }
}

export const CHECKPOINT_PATH = 'checkpoint'

/** The log's own key, for whoever takes the log away; it is trusted once it was had by another way as well. */
export const VERIFIER_KEY_PATH = 'vkey'

/** That of the second signer, where there is one. */
export const SECOND_VERIFIER_KEY_PATH = 'vkey-ecdsa-p256'

/** Where every published checkpoint is kept, by its size: `checkpoint` shows the last alone. */
export function archivedCheckpointPath(size: number): string {
  return `${ARCHIVE}${String(size).padStart(12, '0')}`
}

/**
 * Works out how a log of this size grows by the commitments of a batch, and writes nothing. Reads the frontier from the
 * log's own files, and holds it against the root where that is known. Throws `LEDGER_FILE_MISSING` and
 * `LEDGER_ROOT_DIFFERS`.
 */
export async function growLog(
  objects: Objects,
  { size, root }: { readonly size: number; readonly root?: Hash },
  commitments: readonly Hash[],
): Promise<LogGrowth> {
  const frontier = await readLogFrontier(objects, size)
  if (root !== undefined && !isSameHash(rootOf(frontier), root)) {
    throw new Failure('LEDGER_ROOT_DIFFERS', { retryable: false, facts: { size } })
  }
  const leaves = commitments.map(formatLeaf)
  const tree = growTree(frontier, leafHashes(leaves))
  const { bundles } = growBundles(await readBundleEnd(objects, size), leaves)
  return { from: size, size: tree.frontier.size, root: tree.root, files: [...bundles, ...tree.tiles] }
}

async function readLogFrontier(objects: Objects, size: number): Promise<Frontier> {
  const found = await Promise.all(frontierTiles(size).map((tile) => readTile(objects, tile)))
  return readFrontier(
    size,
    found.map(({ body }) => body),
  )
}

async function readBundleEnd(objects: Objects, size: number): Promise<BundleEnd> {
  const partial = partialBundle(size)
  if (partial === undefined) return { size, last: new Uint8Array() }
  const found = await readTile(objects, partial)
  return { size, last: encodeBundle(decodeBundle(found.body, found.tile.width).slice(0, partial.width)) }
}

/**
 * A tile or a bundle, or the full one in whose place a partial one was: that is what a log may have removed
 * (tlog-tiles, "Partial Tiles"). Throws `LEDGER_FILE_MISSING`.
 */
export async function readTile(objects: Objects, tile: Tile): Promise<TileBody> {
  for (const each of [tile, { ...tile, width: TILE_WIDTH }]) {
    const found = await objects.find(logKey(tilePath(each)))
    if (found !== undefined) return { tile: each, body: found.body }
  }
  throw new Failure('LEDGER_FILE_MISSING', { retryable: false, facts: { path: tilePath(tile) } })
}

/** Stores files that are never changed. What is there already has to be the same: throws `LEDGER_FILE_DIFFERS`. */
export async function putFiles(objects: Objects, files: readonly TileBody[]): Promise<void> {
  for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
    await Promise.all(files.slice(at, at + FILES_AT_ONCE).map((file) => putFile(objects, file)))
  }
}

const FILES_AT_ONCE = 16

async function putFile(objects: Objects, { tile, body }: TileBody): Promise<void> {
  const path = tilePath(tile)
  if ((await objects.put(logKey(path), body, 'absent')) === 'stored') return
  const found = await readTile(objects, tile)
  // Another finisher of the same batch put it, or a later batch has filled and swept it since: the full one begins with
  // it. Anything else there is a fork, which nothing may paper over
  const there = found.tile.width > tile.width ? found.body.subarray(0, body.length) : found.body
  if (Buffer.compare(there, body) === 0) return
  throw new Failure('LEDGER_FILE_DIFFERS', { retryable: false, facts: { path } })
}

/** Who signs the log's checkpoints, all under its origin. */
export type Signing = {
  readonly origin: string
  readonly signer: Signer
  readonly secondSigner?: EcdsaSigner
}

function signersOf({ origin: name, signer, secondSigner }: Signing): readonly NamedSigner[] {
  const second = secondSigner && { name, signer: secondSigner, type: 'ecdsa-p256' as const }
  return [{ name, signer }, ...(second ? [second] : [])]
}

/**
 * Signs a state, publishes it, forward only, and archives what was published. Only for a state that the head holds: a
 * signature over one that lost the race would be a fork that somebody could show. Archived last: until it is published
 * the log is said to be smaller, and nothing of it may tell of a larger one. Repeatable. Throws `CHECKPOINT_CONTENDED`.
 */
export async function publishCheckpoint(objects: Objects, state: LogState, signing: Signing): Promise<void> {
  const { size } = state
  let note: Uint8Array | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const published = await findPublished(objects)
    // A later batch is there only once this one was finished, and so archived
    if (published.size > size) return
    if (published.size === size) return archiveCheckpoint(objects, size, ownNote(published, signing))
    note ??= await signState(objects, state, { signing, before: published.signatures })
    const when = published.tag === undefined ? ('absent' as const) : { tag: published.tag }
    if ((await objects.put(logKey(CHECKPOINT_PATH), note, when)) === 'stored')
      return archiveCheckpoint(objects, size, note)
  }
  throw new Failure('CHECKPOINT_CONTENDED', { retryable: true, facts: { size } })
}

// Witnesses may have signed it since
function ownNote({ text, signatures }: Published, { origin }: Signing): Uint8Array {
  return formatNote({ text, signatures: signatures.filter(({ name }) => name === origin) })
}

async function archiveCheckpoint(objects: Objects, size: number, note: Uint8Array): Promise<void> {
  await objects.put(logKey(archivedCheckpointPath(size)), note, 'absent')
}

async function signState(
  objects: Objects,
  { size, root }: LogState,
  { signing, before }: { readonly signing: Signing; readonly before: readonly Signature[] },
): Promise<Uint8Array> {
  const signers = signersOf(signing)
  for (const signer of signers) await publishVerifierKey(objects, signer, before)
  const text = formatCheckpoint({ origin: signing.origin, size, root, extensions: [] })
  const signatures = await Promise.all(signers.map((signer) => signText(text, signer)))
  return formatNote({ text, signatures })
}

// Before its first signature is there to be verified; whoever has signed what is published has its key there
async function publishVerifierKey(
  objects: Objects,
  signer: NamedSigner,
  signatures: readonly Signature[],
): Promise<void> {
  const key = verifierKeyOf(signer)
  if (signatures.some(({ name, id }) => name === key.name && id === key.id)) return
  const path = key.type === 'ecdsa-p256' ? SECOND_VERIFIER_KEY_PATH : VERIFIER_KEY_PATH
  await objects.put(logKey(path), Buffer.from(`${formatVerifierKey(key)}\n`), 'absent')
}

// Each attempt is lost to somebody who moved it forward; so many in a row are a fault
const ATTEMPTS = 20

type Published = Note & { readonly size: number; readonly tag?: string }

async function findPublished(objects: Objects): Promise<Published> {
  const found = await objects.find(logKey(CHECKPOINT_PATH))
  if (found === undefined) return { size: 0, text: '', signatures: [] }
  const parsed = parseNote(found.body)
  const read = parsed.outcome === 'parsed' ? parseCheckpoint(parsed.note.text) : parsed
  if (parsed.outcome === 'refused' || read.outcome === 'refused')
    throw new Failure('CHECKPOINT_UNREADABLE', { retryable: false })
  return { size: read.checkpoint.size, ...parsed.note, tag: found.tag }
}

/**
 * Whom the service itself believes when it looks at its own log: the keys beside it, which only the sealer puts there,
 * once. Undefined before the first checkpoint. Throws `VERIFIER_KEY_UNREADABLE`.
 */
export async function readTrusted(objects: Objects, origin: string): Promise<Trust | undefined> {
  const keys: VerifierKey[] = []
  for (const path of [VERIFIER_KEY_PATH, SECOND_VERIFIER_KEY_PATH]) {
    const found = await objects.find(logKey(path))
    if (found === undefined) continue
    const parsed = parseVerifierKey(Buffer.from(found.body).toString('utf8').trim())
    if (parsed.outcome === 'refused' || parsed.key.name !== origin)
      throw new Failure('VERIFIER_KEY_UNREADABLE', { retryable: false, facts: { path } })
    keys.push(parsed.key)
  }
  return keys.length === 0 ? undefined : { origin, keys, witnesses: [] }
}

/** The log's files for whoever verifies them; what only a listing shows is left to those who verify all of it. */
export function readObjectFiles(objects: Objects) {
  return {
    find: async (path: string) => (await objects.find(logKey(path)))?.body,
    list: async () => [],
  }
}

/** Whether a file is of those that nothing may ever take away: full tiles and bundles, and archived checkpoints. */
export function isKept(path: string): boolean {
  return parseTilePath(path)?.width === TILE_WIDTH || path.startsWith(ARCHIVE)
}

const ARCHIVE = 'checkpoints/'

/**
 * Removes the partial files of tiles that are full now. Only after a published checkpoint covers the full ones: until
 * then somebody may be shown a checkpoint whose frontier they are (tlog-tiles, "Partial Tiles").
 */
export async function sweepPartials(objects: Objects, { from, files }: LogGrowth): Promise<void> {
  const full = files.filter(({ tile }) => tile.width === TILE_WIDTH && hadPartial(tile, from))
  for (const { tile } of full) {
    const partials: ObjectKey[] = []
    for await (const key of objects.list(logKey(`${tilePath(tile)}.p`))) partials.push(key)
    for (const partial of partials) await objects.remove(partial)
  }
}

// Whether the smaller log ended within this tile
function hadPartial({ level, index }: Tile, size: number): boolean {
  const hashes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level))
  return Math.floor(hashes / TILE_WIDTH) === index && hashes % TILE_WIDTH > 0
}

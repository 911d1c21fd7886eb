import { decodeBundle } from './bundle.ts'
import type { Trust } from './checkpoint.ts'
import {
  archivedCheckpointPath,
  CHECKPOINT_PATH,
  SECOND_VERIFIER_KEY_PATH,
  VERIFIER_KEY_PATH,
} from './log.ts'
import { HASH_BYTES } from './merkle.ts'
import { parseNote } from './note.ts'
import { formatSignature } from './signature.ts'
import { hashCount, parseTilePath, TILE_WIDTH, type Tile, tilePath } from './tile.ts'
import { formatVerifierKey, parseVerifierKey } from './verifier-key.ts'
import type { LogFiles, LogFinding } from './verify.ts'

export type Listed = {
  readonly paths: readonly string[]
  readonly trust: Trust
  /** Of the checkpoint. */
  readonly size: number
  /** Whether these are all keys of the log: then nobody else's line is in what it archives. */
  readonly isEveryKey: boolean
}

/**
 * Holds against the log what nothing leads to and only a listing shows: partial files of earlier sizes, signatures of
 * nobody that is known, the keys beside it. What is gone since it was listed was swept; what lies beyond the size is
 * not published yet.
 */
export async function verifyListed(files: LogFiles, listed: Listed): Promise<readonly LogFinding[]> {
  const findings: LogFinding[] = []
  for (const path of listed.paths) {
    const tile = parseTilePath(path)
    if (tile !== undefined && !(await isBeginning(files, tile, listed.size)))
      findings.push({ code: tile.level === 'entries' ? 'BUNDLE_WRONG' : 'FILE_WRONG', path })
    if (archivedSize(path) !== undefined) findings.push(...(await checkSigners(files, path, listed)))
    if (path === VERIFIER_KEY_PATH || path === SECOND_VERIFIER_KEY_PATH)
      findings.push(...(await checkKey(files, path, listed)))
  }
  return findings
}

/** The size that an archived checkpoint is of by its path; undefined for any other path. */
export function archivedSize(path: string): number | undefined {
  const size = Number(/^checkpoints\/(\d+)$/.exec(path)?.[1] ?? Number.NaN)
  return archivedCheckpointPath(size) === path ? size : undefined
}

/** Whether a partial file of an earlier size is the beginning of the one that has taken its place. */
async function isBeginning(files: LogFiles, tile: Tile, size: number): Promise<boolean> {
  const { level, index, width } = tile
  const count = hashCount(size, level === 'entries' ? 0 : level) - index * TILE_WIDTH
  const now = Math.min(TILE_WIDTH, count)
  // Those as wide as the log is now were held against it already
  if (width >= now) return true
  const body = await files.find(tilePath(tile))
  const later =
    (await files.find(tilePath({ ...tile, width: now }))) ??
    (await files.find(tilePath({ ...tile, width: TILE_WIDTH })))
  if (body === undefined || later === undefined) return true
  return isOfWidth(tile, body) && Buffer.compare(later.subarray(0, body.length), body) === 0
}

function isOfWidth({ level, width }: Tile, body: Uint8Array): boolean {
  if (level !== 'entries') return body.length === width * HASH_BYTES
  try {
    return decodeBundle(body, width).length === width
  } catch {
    // However it does not come apart, it is not a bundle of that many
    return false
  }
}

/** An archived checkpoint has the log's own signatures alone, and the newest those that are published. */
async function checkSigners(
  files: LogFiles,
  path: string,
  { trust, size, isEveryKey }: Listed,
): Promise<readonly LogFinding[]> {
  const lines = await readLines(files, path)
  const isStranger = (line: Line) => !trust.keys.some(({ name, id }) => name === line.name && id === line.id)
  if (isEveryKey && lines.some(isStranger)) return [{ code: 'SIGNER_UNKNOWN', path }]
  if (archivedSize(path) !== size) return []
  const published = await readLines(files, CHECKPOINT_PATH)
  const isThere = ({ text }: Line) => published.some((line) => line.text === text)
  return lines.every(isThere) ? [] : [{ code: 'SIGNATURE_MISSING', path: CHECKPOINT_PATH }]
}

type Line = { readonly name: string; readonly id: string; readonly text: string }

async function readLines(files: LogFiles, path: string): Promise<readonly Line[]> {
  const parsed = parseNote((await files.find(path)) ?? new Uint8Array())
  if (parsed.outcome === 'refused') return []
  return parsed.note.signatures.map((each) => ({ name: each.name, id: each.id, text: formatSignature(each) }))
}

async function checkKey(files: LogFiles, path: string, { trust }: Listed): Promise<readonly LogFinding[]> {
  const text = Buffer.from((await files.find(path)) ?? []).toString('utf8')
  const parsed = parseVerifierKey(text.trimEnd())
  if (parsed.outcome === 'refused') return [{ code: parsed.code, path }]
  const { key } = parsed
  const isOther = trust.keys.some(({ type, id }) => type === key.type && id !== key.id)
  const isWhole = text === `${formatVerifierKey(key)}\n` && key.name === trust.origin
  return isWhole && !isOther ? [] : [{ code: 'FILE_WRONG', path }]
}

import { type OpenedCheckpoint, openCheckpoint, type Trust } from './checkpoint.ts'
import { formatBase64, parseBase64, parseDecimal } from './encoding.ts'
import { verifyInclusion } from './inclusion.ts'
import { type Hash, leafHash, parseHash } from './merkle.ts'
import { NOTE_BYTES_LIMIT } from './note.ts'
import { type Refusal, refuse } from './refusal.ts'

/** That an entry is in a log, as one file that is verified without a network: `<name>.tlog-proof`. */
export type Proof = {
  /** Opaque, and vouched for by nobody. */
  readonly extra?: Uint8Array
  readonly index: number
  /** From the leaf's sibling to the child of the root. */
  readonly path: readonly Hash[]
  /** A signed note, verbatim. */
  readonly checkpoint: Uint8Array
}

/** tlog-proof, "Format". */
export function formatProof({ extra, index, path, checkpoint }: Proof): Uint8Array {
  const extraLines = extra === undefined ? [] : [`${EXTRA}${formatBase64(extra)}`]
  const lines = [HEADER, ...extraLines, `${INDEX}${index}`, ...path.map(formatBase64)]
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n\n`), checkpoint])
}

/** Reads a proof without believing it. Refuses with `PROOF_TOO_LARGE` or `PROOF_MALFORMED`. */
export function parseProof(
  bytes: Uint8Array,
): { readonly outcome: 'parsed'; readonly proof: Proof } | Refusal {
  if (bytes.length > PROOF_BYTES_LIMIT) return refuse('PROOF_TOO_LARGE')
  const file = Buffer.from(bytes)
  const end = file.indexOf('\n\n')
  // Of an empty line that is not there, no line remains
  const [header, ...lines] = file.subarray(0, Math.max(end, 0)).toString('latin1').split('\n')
  const extra = parseExtraLine(lines[0])
  const [indexLine, ...hashLines] = extra === undefined ? lines : lines.slice(1)
  const index = parseIndexLine(indexLine)
  const path = hashLines.map(parseHash)
  if (header !== HEADER || index === undefined || path.length > PATH_LIMIT) return refuse('PROOF_MALFORMED')
  if (!path.every((each) => each !== undefined)) return refuse('PROOF_MALFORMED')
  const checkpoint = file.subarray(end + 2)
  return { outcome: 'parsed', proof: { ...(extra && { extra }), index, path, checkpoint } }
}

function parseExtraLine(line = ''): Uint8Array | undefined {
  return line.startsWith(EXTRA) ? parseBase64(line.slice(EXTRA.length)) : undefined
}

function parseIndexLine(line = ''): number | undefined {
  return line.startsWith(INDEX) ? parseDecimal(line.slice(INDEX.length)) : undefined
}

const HEADER = 'c2sp.org/tlog-proof@v1'
const EXTRA = 'extra '
const INDEX = 'index '
/** As high as a tree of 2^63 leaves. */
const PATH_LIMIT = 63
/** A note, and as much again for extra data and path. */
const PROOF_BYTES_LIMIT = 2 * NOTE_BYTES_LIMIT

export type Proven = Omit<OpenedCheckpoint, 'outcome'> & {
  readonly outcome: 'proven'
  readonly index: number
}

/**
 * Whether a file proves an entry to be in a log (tlog-proof, "Verifying a tlog proof"). Refuses as `parseProof` and
 * `openCheckpoint` do, and with `INCLUSION_NOT_PROVEN`.
 */
export function verifyProof(bytes: Uint8Array, entry: Uint8Array, trust: Trust): Proven | Refusal {
  const read = parseProof(bytes)
  if (read.outcome === 'refused') return read
  const { index, path, checkpoint } = read.proof
  const opened = openCheckpoint(checkpoint, trust)
  if (opened.outcome === 'refused') return opened
  const { size, root } = opened.checkpoint
  if (!verifyInclusion({ index, size, leaf: leafHash(entry), path, root }))
    return refuse('INCLUSION_NOT_PROVEN')
  return { ...opened, outcome: 'proven', index }
}

import { Failure } from '../base/failure.ts'
import type { Cosigner } from './cosignature.ts'
import { formatBase64, parseDecimal } from './encoding.ts'
import { emptyRoot, type Hash, isSameHash, parseHash } from './merkle.ts'
import { openNote } from './note.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { VerifierKey } from './verifier-key.ts'

/** What a log says of itself at one size. */
export type Checkpoint = {
  /** Which log: a URL without scheme, the name of the log's key as well. */
  readonly origin: string
  readonly size: number
  readonly root: Hash
  /** Further lines, opaque here. */
  readonly extensions: readonly string[]
}

/** The body that is signed (tlog-checkpoint, "Note text"). Throws `CHECKPOINT_INVALID` if it can't be read back. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const lines = [origin, String(size), formatBase64(root), ...extensions]
  const body = `${lines.join('\n')}\n`
  const read = parseCheckpoint(body)
  if (read.outcome === 'parsed' && read.checkpoint.extensions.length === extensions.length) return body
  throw new Failure('CHECKPOINT_INVALID', { retryable: false })
}

/** Reads a body. Refuses with `CHECKPOINT_MALFORMED`, `SIZE_MALFORMED` or `ROOT_…`. */
export function parseCheckpoint(
  body: string,
): { readonly outcome: 'parsed'; readonly checkpoint: Checkpoint } | Refusal {
  const lines = body.split('\n')
  // What follows the last newline is nothing
  if (lines.pop() !== '' || lines.length < 3 || lines.includes('')) return refuse('CHECKPOINT_MALFORMED')
  const [origin = '', sizeLine = '', rootLine = '', ...extensions] = lines
  const size = parseDecimal(sizeLine)
  if (size === undefined) return refuse('SIZE_MALFORMED')
  const root = parseHash(rootLine)
  if (root === undefined) return refuse('ROOT_MALFORMED')
  if (size === 0 && !isSameHash(root, emptyRoot)) return refuse('ROOT_NOT_OF_EMPTY_TREE')
  return { outcome: 'parsed', checkpoint: { origin, size, root, extensions } }
}

/** Whom a verifier believes, had from the log by another way than its files. */
export type Trust = {
  readonly origin: string
  /** The log's own; several while one takes the place of another. */
  readonly keys: readonly VerifierKey[]
  readonly witnesses: readonly Cosigner[]
}

export type OpenedCheckpoint = {
  readonly outcome: 'opened'
  readonly checkpoint: Checkpoint
  /** Which witnesses saw it and when, each once. How many are enough is for the caller to say. */
  readonly seen: readonly { readonly witness: Cosigner; readonly timeSeconds: number }[]
}

/**
 * Reads a signed checkpoint of a log and verifies what the log and known witnesses signed (tlog-proof, "Verifying a
 * tlog proof", steps 2 and 3). Refuses as `openNote` and `parseCheckpoint` do, and with `ORIGIN_WRONG` or
 * `LOG_SIGNATURE_MISSING`.
 */
export function openCheckpoint(bytes: Uint8Array, trust: Trust): OpenedCheckpoint | Refusal {
  const opened = openNote(bytes, [...trust.keys, ...trust.witnesses])
  if (opened.outcome === 'refused') return opened
  if (!opened.signed.some(({ key }) => trust.keys.includes(key))) return refuse('LOG_SIGNATURE_MISSING')
  const read = parseCheckpoint(opened.note.text)
  if (read.outcome === 'refused') return read
  if (read.checkpoint.origin !== trust.origin) return refuse('ORIGIN_WRONG')
  const seen = trust.witnesses.flatMap((witness) => {
    const timeSeconds = opened.signed.find(({ key }) => key === witness)?.timeSeconds
    return timeSeconds === undefined ? [] : [{ witness, timeSeconds }]
  })
  return { outcome: 'opened', checkpoint: read.checkpoint, seen }
}

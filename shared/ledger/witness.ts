import { Failure } from '../base/failure.ts'
import type { Objects } from '../ports.ts'
import type { Settings } from '../settings.ts'
import { type Checkpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { proveConsistency } from './consistency.ts'
import { type Cosigner, isCosigner } from './cosignature.ts'
import { formatBase64, parseDecimal } from './encoding.ts'
import { CHECKPOINT_PATH, logKey, readTile } from './log.ts'
import { formatNote, type Note, parseNote } from './note.ts'
import { parseSignature, type Signature } from './signature.ts'
import { hashReader } from './tile.ts'
import { parseVerifierKey } from './verifier-key.ts'

/** Somebody who watches that the log only grows, and signs what they have seen of it. */
export type Witness = {
  readonly key: Cosigner
  /** The submission prefix (tlog-witness, "HTTP Interface"). */
  readonly url: string
}

/** The witnesses that a deployment names. Throws `SETTINGS_INVALID` for a key that is no witness's. */
export function witnessesIn(settings: Settings): readonly Witness[] {
  return settings.ledger.witnesses.map(({ url, vkey }, at) => {
    const parsed = parseVerifierKey(vkey)
    if (parsed.outcome === 'parsed' && isCosigner(parsed.key)) return { key: parsed.key, url }
    const facts = { file: 'ledger.json', path: `/witnesses/${at}/vkey`, problem: 'no key of a witness' }
    throw new Failure('SETTINGS_INVALID', { retryable: false, facts })
  })
}

/** Sends a body by HTTP POST; answers what came back. Whatever it throws is the witness's outage. */
export type Post = (url: string, body: string) => Promise<{ readonly status: number; readonly body: string }>

/** What came of asking one witness. The log goes on whatever it was. */
export type Witnessed = {
  readonly witness: string
  readonly outcome: 'cosigned' | 'unreachable' | 'declined' | 'not-its-signature'
  /** The HTTP status of one that declined. */
  readonly status?: number
}

type LogWorld = { readonly objects: Objects }

/**
 * Shows the published checkpoint to every witness that has not signed it yet, and keeps what they sign: each under
 * `cosignatures/` of the evidence, and in the checkpoint's own file while that is still the newest.
 */
export async function cosignCheckpoint(
  world: LogWorld,
  witnesses: readonly Witness[],
  post: Post,
): Promise<readonly Witnessed[]> {
  const published = await findPublished(world)
  if (published === undefined) return []
  const { signatures } = published.note
  const asked = witnesses.filter((witness) => !signatures.some((each) => isOf(witness, each)))
  return Promise.all(asked.map((witness) => askWitness(world, { published, witness, post })))
}

type Published = { readonly note: Note; readonly checkpoint: Checkpoint }

async function findPublished({
  objects,
}: LogWorld): Promise<(Published & { readonly tag: string }) | undefined> {
  const found = await objects.find(logKey(CHECKPOINT_PATH))
  if (found === undefined) return undefined
  const note = parseNote(found.body)
  const read = note.outcome === 'parsed' ? parseCheckpoint(note.note.text) : note
  if (note.outcome === 'refused' || read.outcome === 'refused')
    throw new Failure('CHECKPOINT_UNREADABLE', { retryable: false })
  return { note: note.note, checkpoint: read.checkpoint, tag: found.tag }
}

type Question = { readonly published: Published; readonly witness: Witness; readonly post: Post }

async function askWitness(world: LogWorld, question: Question): Promise<Witnessed> {
  const { key } = question.witness
  // From nothing; one that knows the log answers with the size it knows, and is shown the growth since
  const first = await addCheckpoint(world, question, 0)
  const known = first?.status === 409 ? parseDecimal(first.body.trim()) : undefined
  const answer = known === undefined ? first : await addCheckpoint(world, question, known)
  if (answer === undefined) return { witness: key.name, outcome: 'unreachable' }
  if (answer.status !== 200) return { witness: key.name, outcome: 'declined', status: answer.status }
  const signature = signatureIn(answer.body, question)
  if (signature === undefined) return { witness: key.name, outcome: 'not-its-signature' }
  await keep(world, question, signature)
  return { witness: key.name, outcome: 'cosigned' }
}

/** tlog-witness, "add-checkpoint"; undefined where nobody answered. */
async function addCheckpoint(world: LogWorld, { published, witness, post }: Question, old: number) {
  const { checkpoint, note } = published
  // It may know more than we have published: then it declines this one
  const path =
    old > checkpoint.size
      ? []
      : await proveConsistency(readerOf(world, checkpoint.size), { first: old, second: checkpoint.size })
  const lines = [`old ${old}`, ...path.map(formatBase64), '']
  const own = formatNote({ text: note.text, signatures: note.signatures })
  const body = `${lines.join('\n')}\n${Buffer.from(own).toString('utf8')}`
  try {
    return await post(`${witness.url.replace(/\/$/, '')}/add-checkpoint`, body)
  } catch {
    // Whatever keeps a witness from answering is its trouble, and no reason for the log to stop
    return undefined
  }
}

function readerOf({ objects }: LogWorld, size: number) {
  return hashReader(size, (tiles) =>
    Promise.all(tiles.map(async (tile) => (await readTile(objects, tile)).body)),
  )
}

function isOf({ key }: Witness, { name, id }: Signature): boolean {
  return name === key.name && id === key.id
}

/** The witness's own signature among the lines, if it verifies over this checkpoint; lines of others are ignored. */
function signatureIn(lines: string, { published, witness }: Question): Signature | undefined {
  const { key } = witness
  for (const line of lines.split('\n')) {
    const signature = parseSignature(line)
    if (signature === undefined || !isOf(witness, signature)) continue
    const trust = { origin: published.checkpoint.origin, keys: [], witnesses: [key] }
    const note = formatNote({ text: published.note.text, signatures: [signature] })
    // Without a key of the log the note is refused for that alone, once what the witness signed has verified
    const opened = openCheckpoint(note, trust)
    if (opened.outcome === 'refused' && opened.code === 'LOG_SIGNATURE_MISSING') return signature
  }
  return undefined
}

async function keep(
  { objects }: LogWorld,
  { published, witness }: Question,
  signature: Signature,
): Promise<void> {
  const { text } = published.note
  const { size } = published.checkpoint
  const path = `cosignatures/${String(size).padStart(12, '0')}-${witness.key.id}`
  await objects.put({ area: 'evidence', path }, formatNote({ text, signatures: [signature] }), 'absent')
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await findPublished({ objects })
    // The log has grown since: the newest is shown to the witness next time
    if (current === undefined || current.note.text !== text) return
    // Somebody else asked the same witness at the same time
    if (current.note.signatures.some((each) => isOf(witness, each))) return
    const body = formatNote({ text, signatures: [...current.note.signatures, signature] })
    if ((await objects.put(logKey(CHECKPOINT_PATH), body, { tag: current.tag })) === 'stored') return
  }
}

// Each is lost to another witness's signature or to growth
const ATTEMPTS = 10
